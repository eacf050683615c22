"""A few real steps before a run, to correct what was foretold. Knows the loop; leaves no trace that a run would see."""

from __future__ import annotations

import gc
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast

import mlx.core as mx
import numpy as np

from metapeft_core.backbones.model import FrozenModel
from metapeft_core.data.task import Task
from metapeft_core.methods.adapted import Adapted, Head, default_pooling
from metapeft_core.training.cost import (
    UNCORRECTED,
    Correction,
    CostEstimate,
    Plan,
    estimate,
    judged_peak,
    plan_batches,
    plan_peaks,
    predict,
    predicted_steps,
)
from metapeft_core.training.cost_memory import MemoryParts
from metapeft_core.training.cost_workload import Batches, lengths_of, workload_of_rows
from metapeft_core.training.judge import judge
from metapeft_core.training.loop import DivergedError, Loop
from metapeft_core.training.progress import Progress
from metapeft_core.training.rows import Row, encode, endless_batches, plain_batches
from metapeft_core.training.spec import Budget, TrainingSpec

SHARE = 0.05
"""What a probe may take of the run it foretells."""
LEAST_SECONDS = 1.0
"""What it may take in any case."""
MOST_STEPS = 4
NARROW = 0.25
"""Which of the batches, ordered by cost, stands for the cheaper ones."""
STILL = 1e-9
"""A learning rate at which nothing diverges: a probe measures steps and learns nothing."""
APART = 1.25
"""Two batches whose costs differ by less than this say nothing of how cost grows."""
BELIEVED = 2.0
"""How far the growth between two measured batches may lie from their ratio before it is taken for noise."""
NEAR = 0.8
"""A judging foretold to take this share of the training's memory is measured too."""


@dataclass(frozen=True, slots=True)
class ProbeRows:
    """A task's rows as a backbone reads them. `classes` is 0 for generation."""

    train: Sequence[Row]
    valid: Sequence[Row]
    test: Sequence[Row]
    classes: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One batch: its step's foretold and its measured seconds."""

    predicted: float
    seconds: float


class _EnoughError(Exception):
    """Ends a loop from its watch."""


def estimate_with_probe(task: Task, backbone: FrozenModel, spec: TrainingSpec, budget: Budget) -> CostEstimate:
    """Foretell a run on a loaded backbone and correct the prediction by a probe."""
    train, valid, test = (
        encode(rows, task, backbone.tokens, spec.max_length) for rows in (task.train, task.valid, task.test)
    )
    rows = ProbeRows(train, valid, test, len(task.labels))
    work = workload_of_rows(train, valid, test, rows.classes)
    return probe(rows, backbone, predict(work, backbone.card, spec, budget))


def probe(rows: ProbeRows, backbone: FrozenModel, first: CostEstimate) -> CostEstimate:
    """The estimate corrected by steps on one of its narrower batches and on its widest one.

    A loss that is no number makes the probe end with the estimate as it was: the run itself will say so.
    """
    high, low = np.array(cast(Sequence[mx.array], mx.random.state)[0]).tolist()
    base = _quiet_memory()
    model = Adapted(backbone, first.plan.spec.method, _head(rows, backbone, first.plan.spec), first.plan.spec.seed)
    try:
        correction = _measured_correction(rows, model, replace(first.plan, correction=UNCORRECTED), base)
    except DivergedError:
        return first
    finally:
        model.detach()
        # A seed is the two halves of the key it becomes.
        mx.random.seed(high << 32 | low)
    return estimate(replace(first.plan, correction=correction))


def _head(rows: ProbeRows, backbone: FrozenModel, spec: TrainingSpec) -> Head | None:
    return Head(rows.classes, spec.pooling or default_pooling(backbone.card)) if rows.classes else None


def _quiet_memory() -> int:
    """What stays in memory when all that is dead has gone."""
    gc.collect()
    mx.clear_cache()
    mx.reset_peak_memory()
    return int(mx.get_active_memory())


def _measured_correction(rows: ProbeRows, model: Adapted, plan: Plan, base: int) -> Correction:
    batches, costs, places = _places(plan)
    counts = _step_counts([float(costs[i]) for i in places], float(np.sum(costs)))
    read = list(islice(endless_batches(plan.work.train.tokens, plan.spec.batch_size, plan.spec.seed, 0), len(batches)))
    measured = [
        Measured(float(costs[place]), _step_seconds(model, [rows.train[i] for i in read[place]], rows, plan, count))
        for place, count in zip(places, counts, strict=True)
    ]
    known = replace(plan, correction=Correction(base_bytes=base))
    training = next(plan_peaks(known, batches.take(places)))
    memory = (mx.get_peak_memory() - base) / max(1, training.total - base)
    line, told = _widest_judged(rows, known)
    judged = memory
    if told.total > NEAR * (base + memory * (training.total - base)):
        judged = _judging_peak(model, line, plan, base) / max(1, told.total - base)
    offset, slope, ratio = fitted_line(measured)
    return Correction(base, memory, judged, offset, slope, ratio)


def _places(plan: Plan) -> tuple[Batches, np.ndarray[tuple[int, ...], np.dtype[np.float64]], list[int]]:
    """The plan's batches, the foretold seconds of each, and which of them are worth a measurement."""
    batches = plan_batches(plan)
    costs = predicted_steps(plan, batches)
    order = np.argsort(costs, kind="stable").tolist()
    return batches, costs, [order[int(NARROW * (len(order) - 1))], order[-1]]


def _step_counts(costs: Sequence[float], whole: float) -> list[int]:
    """Steps on each batch, the first of each a rehearsal where there is time for one."""
    allowed = max(LEAST_SECONDS, SHARE * whole)
    narrow, wide = costs
    spare = allowed - 2 * narrow - wide
    more_wide = max(0, min(MOST_STEPS - 1, int(spare // max(wide, 1e-9))))
    more_narrow = max(0, min(MOST_STEPS - 2, int((spare - more_wide * wide) // max(narrow, 1e-9))))
    return [2 + more_narrow, 1 + more_wide]


def _step_seconds(model: Adapted, batch: Sequence[Row], rows: ProbeRows, plan: Plan, count: int) -> float:
    """The median of a few steps on one batch, without the first where there are others."""
    times: list[float] = []

    def watch(progress: Progress) -> None:
        times.append(progress.seconds)
        if len(times) >= count:
            raise _EnoughError

    still = replace(plan.spec, learning_rate=STILL, weight_decay=0.0)
    # Methods plan ahead by the number of steps, so the loop is told the run's own and stopped from outside.
    budget = replace(
        plan.budget, steps=max(plan.budget.steps, count), seconds=None, memory_bytes=None, evaluate_every=count + 1
    )
    with suppress(_EnoughError):
        Loop(model, batch, rows.valid[:1], still, budget, watch).run()
    each = np.diff([0.0, *times])
    return float(np.median(each[1:] if len(each) > 1 else each))


def _widest_judged(rows: ProbeRows, plan: Plan) -> tuple[Sequence[Row], MemoryParts]:
    """The rows that are judged at once with the most memory, and what that is foretold to be."""
    size, lanes = 2 * plan.spec.batch_size, plan.speed.lanes
    lines: list[Sequence[Row]] = []
    for split in (rows.valid[: plan.budget.evaluation_rows], rows.test[: plan.budget.test_rows]):
        ordered = [split[i] for batch in plain_batches([len(row.ids) for row in split], size) for i in batch]
        lines += [ordered[start : start + size * lanes] for start in range(0, len(ordered), size * lanes)]
    told = [judged_peak(plan, lengths_of(line)) for line in lines]
    widest = max(range(len(lines)), key=lambda i: told[i].total)
    return lines[widest], told[widest]


def _judging_peak(model: Adapted, line: Sequence[Row], plan: Plan, base: int) -> int:
    """Memory above the base while rows are judged."""
    mx.reset_peak_memory()
    judge(model, line, 2 * plan.spec.batch_size, plan.spec.max_length)
    return int(mx.get_peak_memory()) - base


def fitted_line(measured: Sequence[Measured]) -> tuple[float, float, float]:
    """Offset and slope from foretold to measured seconds, and their plain ratio."""
    narrow, wide = measured
    ratio = (narrow.seconds + wide.seconds) / (narrow.predicted + wide.predicted)
    if wide.predicted < APART * narrow.predicted:
        return 0.0, ratio, ratio
    slope = (wide.seconds - narrow.seconds) / (wide.predicted - narrow.predicted)
    if not slope > 0 or abs(math.log(slope / ratio)) > math.log(BELIEVED):
        return 0.0, ratio, ratio
    return narrow.seconds - slope * narrow.predicted, slope, ratio
