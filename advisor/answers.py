"""What tools found, in a few plain sentences. Every number comes from what they found; knows no tool by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.reasoning.facts import duration, percent, size
from metapeft_core.score import score_of
from metapeft_core.selection.reasons import NAMES, begun, listed
from metapeft_core.types import MethodForecast, MethodRecommendation, PEFTExperience, PEFTMethod

if TYPE_CHECKING:
    # A turn calls one tool or two: the others need not be imported for it.
    from tools.characterize_dataset import DatasetReport
    from tools.compare_methods import MethodComparison
    from tools.estimate_cost import CostForecast
    from tools.explain_method import MethodFacts
    from tools.export_config import ExportedConfig
    from tools.query_experiences import PastRun
    from tools.record_outcome import Recorded

HELP = (
    "I recommend how to fine-tune a language model with few parameters: which of LoRA, AdaLoRA, prompt tuning, "
    "prefix tuning and P-tuning, with which settings, what to expect and how sure that is. Tell me the task, how many "
    "examples there are, the model and what a run may take, or hand over the data file. I can also compare methods, "
    "explain one, say what a run will cost, show past runs, write settings for other tools, and train."
)
ELSEWHERE = (
    "That is not my business: I only advise on fine-tuning language models with few parameters. Tell me about a task, "
    "and I will say which method fits it."
)
NO_ROWS = "How many training examples are there? A rough number will do."
NO_DATA = "For that I need the data: give me the file with --data, or its path in the conversation."
NO_METHOD = "Which method do you mean: LoRA, AdaLoRA, prompt tuning, prefix tuning or P-tuning?"
NOTHING_YET = "There is no recommendation yet: tell me about the task first."
NO_SCORE = "What did it score? A number from 0 to 1, or a percentage."
NO_MODEL = "Which model was it? Its name, or its size."
NOT_DONE = "Nothing was done."


def of_comparison(found: MethodComparison) -> str:
    """Methods side by side."""
    ahead, behind = begun(NAMES[found.ahead]), NAMES[found.behind]
    if found.noticeable:
        verdict = f"{ahead} is expected to beat {behind} by {found.difference:.2f}, which is more than noise."
    else:
        verdict = (
            f"{ahead} and {behind} cannot be told apart: they are expected to differ by "
            f"{found.difference:.2f}, and two runs of one setting differ by {found.noise_floor:.2f}."
        )
    lines = " ".join(f"{_name(one)}: {_forecast(one)}." for one in found.forecasts)
    cheapest = f"{begun(NAMES[found.fastest])} is the fastest, {NAMES[found.leanest]} needs the least memory."
    late = [NAMES[one.method] for one in found.forecasts if not one.fits]
    limits = f" {begun(listed(late))} would not keep the limits." if late else ""
    return f"{verdict}{limits} {lines} {cheapest}"


def of_why(found: MethodRecommendation, named: Sequence[PEFTMethod]) -> str:
    """Why a method was recommended, and why others were not."""
    taken = next(one for one in found.ranking if one.method == found.method)
    rivals = [one for one in found.ranking if one.method in named and one.method != found.method]
    if not rivals:
        return found.reasoning
    told = [f"{_name(taken)}: {_forecast(taken)}."]
    for one in rivals:
        behind = taken.quality.expected - one.quality.expected
        noise = " That is less than the noise between two runs." if abs(behind) <= found.noise_floor else ""
        told.append(
            f"{_name(one)}: {_forecast(one)}, {abs(behind):.2f} {'less' if behind >= 0 else 'more'} in score.{noise}"
        )
    return " ".join(told)


def _forecast(one: MethodForecast) -> str:
    quality = one.quality
    return (
        f"expected score {quality.expected:.2f} ({quality.low:.2f} to {quality.high:.2f}), as good as the best with a "
        f"probability of {percent(one.chance)}, {duration(one.seconds.expected)}, {size(one.memory_bytes.expected)}"
    )


def of_method(found: MethodFacts) -> str:
    """What a method is."""
    name = begun(NAMES[found.method])
    told = [f"{name} {found.how} ({found.source}).", f"Strong: {found.strong}.", f"Weak: {found.weak}."]
    if found.best_share:
        shares = [f"{percent(share)} with {rows} rows" for rows, share in found.near_share.items()]
        told.append(
            f"In {found.runs} measured runs of it, it was best or within noise of the best in {listed(shares)}."
        )
    if found.seconds_ratio is not None and found.method is not PEFTMethod.LORA:
        told.append(f"It took {found.seconds_ratio:.2f} times as long as LoRA.")
    return " ".join(told)


def of_cost(found: CostForecast) -> str:
    """What a run will take."""
    return (
        f"{begun(NAMES[found.method])} on {found.backbone}: about {duration(found.seconds)} of training for "
        f"{found.steps} steps, {duration(found.total_seconds)} with validation and test, and "
        f"{size(found.peak_memory_bytes)} of memory, of which the model itself is {size(found.weights_bytes)}. It "
        f"trains {found.trainable_parameters:,} parameters. Foretold from {found.basis}."
    )


def of_experiences(found: Sequence[PastRun]) -> str:
    """Past runs."""
    if not found:
        return "No past run fits."
    tasks = list(dict.fromkeys(run.task for run in found))
    scored = [run for run in found if run.score is not None]
    best = max(scored, key=lambda run: run.score or 0.0, default=None)
    told = f"{len(found)} past runs on {listed(tasks[:4])}."
    if best is not None and best.score is not None:
        told += f" The best of them: {NAMES[best.method]} on {best.backbone}, {best.metric} {best.score:.2f}."
    return told


def of_data(found: DatasetReport) -> str:
    """A data file."""
    facts = found.characteristics
    labels = f", {facts.classes} classes" if facts.classes else ""
    told = [
        f"{found.train:,} rows to train, {found.valid:,} to validate, {found.test:,} to test; {facts.objective}, "
        f"{facts.task_type.replace('_', ' ')}{labels}.",
        f"Language {facts.language}, domain {facts.domain.replace('_', ' ')}, {facts.sequence_length.median:.0f} "
        f"tokens in a typical text, difficulty {facts.complexity_score:.2f} of 1, label noise about "
        f"{percent(facts.label_noise)}.",
    ]
    if found.leaked_rows:
        told.append(f"{found.leaked_rows:,} test rows also stand among the training rows: their scores will flatter.")
    return " ".join(told)


def of_run(found: PEFTExperience) -> str:
    """A run that was made."""
    score = score_of(found)
    if found.failure is not None or score is None:
        return f"The run ended as {found.outcome.replace('_', ' ')} after {found.steps} steps, with nothing to judge."
    return (
        f"{begun(NAMES[found.method])} on {found.backbone.name}: {score.metric.replace('_', '-')} {score.value:.3f} on "
        f"the test rows after {found.steps} steps in {duration(found.training_seconds)}, "
        f"{size(found.peak_memory_bytes)} at the peak. I have remembered it."
    )


def of_config(found: ExportedConfig) -> str:
    """Settings for another tool."""
    return found.text


def of_record(found: Recorded) -> str:
    """An outcome that was told."""
    if not found.is_new:
        return "I knew that already: nothing was added."
    if found.surprise is None:
        return "Remembered. Without the data file I keep it as evidence and cannot learn from it."
    return f"Remembered and learned: it was {found.surprise:.2f} away from what I expected."


def _name(one: MethodForecast) -> str:
    return begun(NAMES[one.method])
