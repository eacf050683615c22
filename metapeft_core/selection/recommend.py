"""One question becomes one recommendation. Knows what was learned, nothing of how it was learned or is kept.

Verdict, costs, settings and published figures are asked in turn; limits are kept; ties are told; the nearest cases are
named as evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metapeft_core.runtime import DeviceKind
from metapeft_core.selection.cases import METHODS, Case, describe
from metapeft_core.selection.cost_judge import CostJudge, Estimate
from metapeft_core.selection.costs import Cost, counted_cost, spec_of
from metapeft_core.selection.judge import Judge, Verdicts
from metapeft_core.selection.published import Published, published_share
from metapeft_core.selection.reasons import reasons
from metapeft_core.selection.settings_choice import SettingsChooser
from metapeft_core.selection.table import Mask, Numbers
from metapeft_core.training.cost_speed import Speed
from metapeft_core.training.spec import Budget
from metapeft_core.types import (
    Backbone,
    Interval,
    MethodForecast,
    MethodRecommendation,
    PEFTMethod,
    Setting,
    TaskCharacteristics,
)

NEAREST = 12
"""Cases that are named as evidence, and from which steps and batches are taken."""
LIKELY = 0.5
"""Probability of keeping a limit from which on a method is allowed."""
USUAL_STEPS = 100
"""Where nobody told how long such cases were trained."""
ROOM = 1.15
"""Over the 95th percentile of the rows' lengths: tokens that a row may have."""

ABSTAINED = (
    "Nothing that was measured is like this task and model, so this is what was best on average: "
    "take its figures as a rough guide, and run a small trial first."
)
NOTHING_FITS = (
    "No method is likely to keep the limits that were given: shorten the rows, take fewer steps or a smaller model."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may take."""

    seconds: float | None = None
    memory_bytes: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """What was learned."""

    cases: tuple[Case, ...]
    """Those that the judge was fitted to, in the order of its table."""
    judge: Judge
    costs: CostJudge
    chooser: SettingsChooser
    published: Published | None
    floor: float


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked."""

    tasks: tuple[TaskCharacteristics, ...]
    """The task; or several that it may be, each as likely as the others, where it is known in part only."""
    backbone: Backbone
    limits: Limits
    device: DeviceKind | None
    speed: Speed | None
    steps: int | None


def recommend(known: Knowledge, asked: Question) -> MethodRecommendation:
    """Answer a question."""
    features = np.stack([describe(task, asked.backbone) for task in asked.tasks])
    near = nearest_cases(known, features)
    steps = asked.steps or usual_steps(near)
    share = _published_share(known, asked.backbone)
    common = _common_settings(asked, near)
    middle = features.mean(axis=0)
    settings = [{**_own_settings(known, asked, middle, method, share), **common} for method in METHODS]
    seconds, memory = _costs(known, asked, features, settings, steps)
    allowed = _allowed(asked.limits, seconds, memory)
    verdicts = known.judge.judge(features, seconds.expected, allowed if allowed.any() else None)
    verdicts = _with_published(known, verdicts, seconds.expected, allowed, share)
    verdicts = known.judge.united(verdicts, seconds.expected, allowed)
    seconds, memory = seconds.united(), memory.united()
    forecasts = [
        MethodForecast(
            method,
            float(verdicts.chances[0, n]),
            _interval(verdicts, n),
            _cost_interval(seconds, n),
            _cost_interval(memory, n),
            settings[n],
            bool(allowed[0, n]),
        )
        for n, method in enumerate(METHODS)
    ]
    return _told(known, verdicts, forecasts, near, share, steps, asked.backbone)


def nearest_cases(known: Knowledge, features: Numbers) -> list[Case]:
    """The cases most like what is asked about (a line for each thing that it may be), nearest first."""
    distances = known.judge.novelty.distances(features).mean(axis=0)
    order = np.argsort(distances, kind="stable")[:NEAREST]
    return [known.cases[place] for place in order.tolist()]


def usual_steps(near: Sequence[Case]) -> int:
    """The median of what such cases were trained for: what is foretold holds for about as many."""
    told = [run.steps for case in near for run in case.runs if run.steps]
    return int(np.median(told)) if told else USUAL_STEPS


def _own_settings(
    known: Knowledge, asked: Question, features: Numbers, method: PEFTMethod, share: float
) -> Mapping[str, Setting]:
    lent = known.published.settings(method, asked.backbone) if known.published and share > 0.5 else None
    return lent or known.chooser.choose(features, asked.backbone, method).settings


def _common_settings(asked: Question, near: Sequence[Case]) -> dict[str, Setting]:
    """Those that all methods share: rows a step as on such cases, and room for all but the longest rows."""
    found = [run.hyperparameters.get("batch_size") for case in near for run in case.runs]
    sizes = [size for size in found if isinstance(size, int)]
    longest = float(np.median([_longest(task) for task in asked.tasks]))
    most = min(asked.backbone.context - 64, int(8 * np.ceil((ROOM * longest + 2) / 8)))
    return {"batch_size": int(np.median(sizes)) if sizes else 8, "max_length": max(16, most)}


def _longest(task: TaskCharacteristics) -> float:
    """Tokens that all but one row in twenty have at most."""
    return task.sequence_length.p95 + (task.target_length.p95 if task.target_length else 0.0)


def _costs(
    known: Knowledge, asked: Question, features: Numbers, settings: Sequence[Mapping[str, Setting]], steps: int
) -> tuple[Estimate, Estimate]:
    budget = Budget(steps, evaluate_every=max(1, steps // 5), patience=None)
    specs = [spec_of(method, own) for method, own in zip(METHODS, settings, strict=True)]

    def counted(task: TaskCharacteristics) -> list[Cost]:
        return [
            counted_cost(task, asked.backbone, spec, budget, speed=asked.speed, device=asked.device) for spec in specs
        ]

    return known.costs.judge(features, [counted(task) for task in asked.tasks])


def _allowed(limits: Limits, seconds: Estimate, memory: Estimate) -> Mask:
    """Methods that will probably keep the limits, the same in every line."""
    allowed = np.ones(seconds.expected.shape, dtype=bool)
    for limit, estimate in ((limits.seconds, seconds), (limits.memory_bytes, memory)):
        if limit is not None:
            allowed &= estimate.chance_within(np.full(len(allowed), limit)).mean(axis=0) >= LIKELY
    return allowed


def _published_share(known: Knowledge, backbone: Backbone) -> float:
    if known.published is None:
        return 0.0
    measured = [case.backbone for case in known.cases]
    return published_share(backbone, measured, [case.backbone for case in known.published.cases])


def _with_published(known: Knowledge, verdicts: Verdicts, costs: Numbers, allowed: Mask, share: float) -> Verdicts:
    """The verdict as it is once published figures have their share in it."""
    if known.published is None or share < 0.01:
        return verdicts
    return known.judge.blended(verdicts, known.published.worth, known.published.spread, share, costs, allowed)


def _interval(verdicts: Verdicts, place: int) -> Interval:
    return Interval(float(verdicts.expected[0, place]), float(verdicts.low[0, place]), float(verdicts.high[0, place]))


def _cost_interval(estimate: Estimate, place: int) -> Interval:
    return Interval(float(estimate.expected[0, place]), float(estimate.low[0, place]), float(estimate.high[0, place]))


def _told(
    known: Knowledge,
    verdicts: Verdicts,
    forecasts: Sequence[MethodForecast],
    near: Sequence[Case],
    share: float,
    steps: int,
    backbone: Backbone,
) -> MethodRecommendation:
    taken = forecasts[int(verdicts.taken[0])]
    ranking = tuple(sorted(forecasts, key=lambda one: (not one.fits, -one.quality.expected)))
    tied = tuple(one.method for one, is_tied in zip(forecasts, verdicts.tied[0], strict=True) if is_tied)
    abstained = ABSTAINED if verdicts.abstained[0] and share < 0.5 else None
    if not any(one.fits for one in forecasts):
        abstained = NOTHING_FITS
    evidence = [run.id for case in near for run in case.runs]
    if known.published and share > 0.05:
        figures = known.published.ids(backbone, NEAREST)
        evidence = [*figures, *evidence] if share > 0.5 else [*evidence, *figures]
    return MethodRecommendation(
        taken.method,
        taken.chance,
        taken.hyperparameters,
        {"quality": taken.quality, "seconds": taken.seconds, "memory_bytes": taken.memory_bytes},
        reasons(taken, ranking, tied, abstained, len(near), share),
        ranking,
        _alternatives(ranking, known.floor),
        tied,
        abstained,
        tuple(evidence),
        float(verdicts.novelty[0]),
        known.floor,
        steps,
        backbone.name,
        share,
    )


def _alternatives(ranking: Sequence[MethodForecast], floor: float) -> dict[str, PEFTMethod]:
    """The best, and of those expected within the noise floor of it the fastest and the leanest."""
    fitting = [one for one in ranking if one.fits] or list(ranking)
    near = [one for one in fitting if one.quality.expected >= fitting[0].quality.expected - floor]
    return {
        "best": fitting[0].method,
        "fastest": min(near, key=lambda one: one.seconds.expected).method,
        "leanest": min(near, key=lambda one: one.memory_bytes.expected).method,
    }
