"""The tool that says what a method is, and how it has fared in the experiences. Knows no task at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.statistics import overview
from metapeft_core.selection.cases import Case, Cell, cases_of
from metapeft_core.types import PEFTMethod
from tools.registry import tool
from tools.workbench import Workbench, default_workbench


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """What a method is, and what was measured of it here."""

    method: PEFTMethod
    how: str
    """What is trained."""
    strong: str
    """Where it is usually a good choice."""
    weak: str
    source: str
    runs: int
    """Runs of it that are known."""
    best_share: Mapping[str, float]
    """By train size: how often it was best of the five on the same rows and model."""
    near_share: Mapping[str, float]
    """Likewise: how often it was best or within the noise floor of the best."""
    seconds_ratio: float | None
    """Median of what it took beside LoRA on the same rows and model; none where the two were never run so."""
    memory_ratio: float | None


@dataclass(frozen=True, slots=True)
class _Words:
    how: str
    strong: str
    weak: str
    source: str


WORDS: Mapping[PEFTMethod, _Words] = {
    PEFTMethod.LORA: _Words(
        "adds a product of two narrow matrices to chosen linear layers; it can be merged into the weights afterwards",
        "accuracy on most tasks and models, and no cost at inference once merged",
        "needs memory for activations of every adapted layer, and forgets more than methods that touch less",
        "Hu et al. 2021",
    ),
    PEFTMethod.ADALORA: _Words(
        "writes the update as singular values and vectors, and moves rank to the layers where it matters most",
        "a small budget of rank that has to be spent well, and little forgetting",
        "more settings, an orthogonality penalty at every step, and a schedule that wants to know the number of steps",
        "Zhang et al. 2023",
    ),
    PEFTMethod.PROMPT_TUNING: _Words(
        "trains a few virtual tokens in front of the text and nothing else",
        "the fewest trained numbers of all, many tasks served by one model, and large models",
        "slow to learn, sensitive to its learning rate, and weak on small models in few steps",
        "Lester et al. 2021",
    ),
    PEFTMethod.PREFIX_TUNING: _Words(
        "trains keys and values that every layer attends to in front of the text",
        "writing text from structured input, and tasks that need more than prompt tuning can say",
        "takes room of the context at every layer, and cannot be merged into the weights",
        "Li and Liang 2021",
    ),
    PEFTMethod.P_TUNING: _Words(
        "trains virtual tokens that a small network makes, so that they move together",
        "understanding tasks on models to which plain prompts are hard to teach",
        "more trained numbers than prompt tuning for the same tokens, and rarely the best on small models",
        "Liu et al. 2021",
    ),
}


@tool
def explain_method(method: PEFTMethod, *, bench: Workbench | None = None) -> MethodFacts:
    """Explain a method: what it trains, where it is strong and weak, and how it has fared in measured runs.

    Args:
        method: The method to explain.

    Effect: reads.
    """
    bench, method = bench or default_workbench(), PEFTMethod(method)
    runs = [run for run in bench.experiences.values() if run.provenance != "published"]
    words, sizes = WORDS[method], overview(runs).sizes
    cases = [case for case in cases_of(runs) if {method, PEFTMethod.LORA} <= set(case.cells)]
    return MethodFacts(
        method,
        words.how,
        words.strong,
        words.weak,
        words.source,
        sum(run.method == method for run in runs),
        {row.size: row.best[method] / row.comparisons for row in sizes},
        {row.size: row.near[method] / row.comparisons for row in sizes},
        _beside_lora(cases, method, lambda cell: cell.seconds),
        _beside_lora(cases, method, lambda cell: cell.memory),
    )


def _beside_lora(cases: Sequence[Case], method: PEFTMethod, cost: Callable[[Cell], float]) -> float | None:
    """The median of what it took over what LoRA took, where both were told."""
    pairs = [(cost(case.cells[method]), cost(case.cells[PEFTMethod.LORA])) for case in cases]
    told = [own / other for own, other in pairs if own > 0 and other > 0]
    return float(np.median(told)) if told else None
