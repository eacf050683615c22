"""What public benchmarks say of methods on large models, and how much that counts for a model at hand. Knows figures.

Public figures come without their data, from models a hundred times larger than those of measured runs, and differ by
far more between methods. So they are kept apart, and count by how near in size, and of which kind, the model is to
theirs rather than to those that runs were measured on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metapeft_core.selection.cases import METHODS, Case, cases_of, value_of
from metapeft_core.selection.costs import fits
from metapeft_core.selection.prior import fit_prior
from metapeft_core.selection.source_settings import in_our_words
from metapeft_core.selection.table import Numbers, score_table
from metapeft_core.types import Backbone, PEFTExperience, PEFTMethod, Setting

REACH = 0.35
"""Decades of model size over which evidence fades."""
OTHER_KIND = 0.3
"""What evidence from an encoder counts for a decoder, and the other way round."""
PUBLISHED_WEIGHT = 0.5
"""Of a published figure beside a measured run: it is of other data, steps and code, and was chosen to be published."""


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """Published cases, and what methods are worth by them."""

    cases: tuple[Case, ...]
    worth: Numbers
    """Of each method beside the others."""
    spread: float
    """Of a score around that."""

    def ids(self, backbone: Backbone, count: int) -> tuple[str, ...]:
        """The figures that count most for a model."""
        near = sorted(self.cases, key=lambda case: -nearness(backbone, case.backbone))
        return tuple(run.id for case in near[:count] for run in case.runs)

    def settings(self, method: PEFTMethod, backbone: Backbone) -> dict[str, Setting] | None:
        """Those of the best figure on the model that is nearest of those that say with which settings it was made."""
        runs = [(case, run) for case in self.cases if method in case.cells for run in case.cells[method].runs]
        for _, run in sorted(runs, key=lambda pair: (-nearness(backbone, pair[0].backbone), -value_of(pair[1]))):
            found = in_our_words(method, run.hyperparameters)
            if len(found) > 1 and fits(method, found, backbone):
                return found
        return None


def read_published(figures: Sequence[PEFTExperience]) -> Published | None:
    """What can be learned from published figures that compare methods; none where there are none."""
    compared = tuple(case for case in cases_of(figures, tuned=True) if len(case.cells) > 1)
    if not compared:
        return None
    scores = [[case.cells[m].score if m in case.cells else np.nan for m in METHODS] for case in compared]
    # Models and data sets of one source share much: a source with many lines is not many sources.
    sizes = {case.family: sum(other.family == case.family for other in compared) for case in compared}
    weights = [1 / np.sqrt(sizes[case.family]) for case in compared]
    prior = fit_prior(score_table(np.zeros((len(compared), 1)), scores, weights=weights))
    worth = prior.of(np.eye(len(METHODS)))
    return Published(compared, worth - worth.mean(), prior.spread)


def published_share(backbone: Backbone, measured: Sequence[Backbone], published: Sequence[Backbone]) -> float:
    """How much of the judgement on this model is to come from published figures, from 0 to 1; a model an entry."""
    ours = sum(nearness(backbone, other) for other in measured)
    theirs = PUBLISHED_WEIGHT * sum(nearness(backbone, other) for other in published)
    return theirs / (ours + theirs) if ours + theirs > 0 else 0.0


def nearness(one: Backbone, other: Backbone) -> float:
    """1 for models of the same size and kind, falling with the ratio of their sizes; never quite 0."""
    decades = abs(np.log10(one.parameters) - np.log10(other.parameters)) / REACH
    # Beyond what a bell curve tells apart, order still matters: a 70B model is nearer to 13B than to 22M.
    fade = np.exp(-0.5 * decades**2) + 1e-9 * np.exp(-decades)
    return float(fade * (1.0 if one.kind == other.kind else OTHER_KIND))
