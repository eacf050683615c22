"""What a run will cost, before it starts: memory and seconds from shapes alone. Knows no weights and runs nothing.

The shapes are the backbone's card, the method's settings and the row lengths in the order in which the run will read
them. What multiplies the counts was measured (cost_coefficients.json); a probe of the real thing (cost_probe.py)
corrects what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from metapeft_core import runtime
from metapeft_core.training.cost_coefficients import Coefficients, coefficients
from metapeft_core.training.cost_geometry import Geometry, geometry
from metapeft_core.training.cost_memory import MemoryParts, Numbers, judging_peak, training_peak, writing_peak
from metapeft_core.training.cost_speed import Speed, measured_speed
from metapeft_core.training.cost_time import forward_counts, seconds, step_seconds, writing_counts
from metapeft_core.training.cost_workload import Batches, RowLengths, Workload, judged_batches, training_batches
from metapeft_core.training.spec import Budget, TrainingSpec
from metapeft_core.types import Backbone

WRITING_BATCH = 16
"""Prompts that are answered at once when a run's writing is judged."""
Basis = Literal["probe", "shapes", "shapes of another device"]


@dataclass(frozen=True, slots=True)
class Correction:
    """What a probe found: a step takes `offset + slope * predicted` seconds, other work `ratio` times its prediction.

    Memory above the base is `memory` times the predicted one in training, `judging_memory` times while rows are judged.
    """

    base_bytes: int | None = None
    """What the process held before the run; None takes the weights from the card."""
    memory: float = 1.0
    judging_memory: float = 1.0
    offset: float = 0.0
    slope: float = 1.0
    ratio: float = 1.0


UNCORRECTED = Correction()


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that has not begun."""

    work: Workload
    backbone: Backbone
    spec: TrainingSpec
    budget: Budget
    device: runtime.DeviceKind
    speed: Speed
    correction: Correction = UNCORRECTED


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What a run will cost. `seconds` are those of its steps, as an experience counts them."""

    peak_memory_bytes: int
    seconds: float
    total_seconds: float
    """With validation and the final evaluation; every step is taken and every answer written to its full length."""
    seconds_a_step: float
    steps: int
    parts: MemoryParts
    basis: Basis
    plan: Plan


def predict(
    work: Workload,
    backbone: Backbone,
    spec: TrainingSpec,
    budget: Budget,
    *,
    device: runtime.DeviceKind | None = None,
    speed: Speed | None = None,
    correction: Correction = UNCORRECTED,
) -> CostEstimate:
    """Foretell a run on this machine, or on another whose device and speed are given."""
    spec.check(backbone)
    budget.check()
    plan = Plan(
        work.cut(spec.max_length),
        backbone,
        spec,
        budget,
        device or runtime.current().device,
        speed or measured_speed(),
        correction,
    )
    return estimate(plan)


def estimate(plan: Plan) -> CostEstimate:
    """Foretell a plan."""
    prices = coefficients(plan.device, plan.backbone.kind)
    shape = plan_geometry(plan)
    batches = plan_batches(plan)
    steps = corrected_steps(plan, batches)
    parts = max(plan_peaks(plan, batches), key=lambda p: p.total)
    training = float(np.sum(steps))
    basis: Basis = "shapes" if prices.own else "shapes of another device"
    return CostEstimate(
        peak_memory_bytes=parts.total,
        seconds=training,
        total_seconds=training + _judging_seconds(plan, shape, prices),
        seconds_a_step=training / len(batches),
        steps=len(batches),
        parts=parts,
        basis=basis if plan.correction == UNCORRECTED else "probe",
        plan=plan,
    )


def plan_geometry(plan: Plan) -> Geometry:
    """The counts of the plan's backbone under its method."""
    return geometry(plan.backbone, plan.spec.method, plan.work.classes, plan.spec.pooling)


def plan_batches(plan: Plan) -> Batches:
    """The training batches of a plan, in the order in which they are read."""
    spec, steps = plan.spec, plan.budget.steps
    return training_batches(plan.work, spec.batch_size, spec.seed, steps, plan.device, plan.speed.lanes)


def predicted_steps(plan: Plan, batches: Batches) -> Numbers:
    """Seconds of a step on every batch, from shapes alone."""
    shape = plan_geometry(plan)
    return step_seconds(shape, batches, plan.speed, coefficients(plan.device, plan.backbone.kind).seconds)


def corrected_steps(plan: Plan, batches: Batches) -> Numbers:
    """The same with the plan's correction."""
    fixed = plan.correction
    return np.maximum(fixed.offset + fixed.slope * predicted_steps(plan, batches), 0.0)


def weight_bytes(backbone: Backbone, device: runtime.DeviceKind) -> int:
    """Bytes of the frozen weights once loaded: in full precision on the CPU, encoders in half of it elsewhere."""
    held = backbone.bytes_per_parameter if backbone.kind == "decoder" else min(2.0, backbone.bytes_per_parameter)
    return round(backbone.parameters * (4.0 if device == "cpu" else held))


def number_bytes(device: runtime.DeviceKind) -> int:
    """Bytes of one activation."""
    return 4 if device == "cpu" else 2


def plan_peaks(plan: Plan, batches: Batches) -> Iterator[MemoryParts]:
    """The peaks of training on these batches, of every judging, and of writing where there is any."""
    fixed, prices = plan.correction, coefficients(plan.device, plan.backbone.kind).memory
    base, number = base_bytes(plan), number_bytes(plan.device)
    shape = plan_geometry(plan)
    yield training_peak(shape, batches, prices, base, number, fixed.memory)
    for rows in _judged(plan):
        yield judged_peak(plan, rows)
    prompts = _written(plan.work, plan.budget)
    if prompts is not None:
        most = plan.budget.generated_tokens
        yield writing_peak(shape, prompts, most, prices, base, number, fixed.judging_memory)


def judged_peak(plan: Plan, rows: RowLengths) -> MemoryParts:
    """The peak while these rows are judged."""
    prices = coefficients(plan.device, plan.backbone.kind).memory
    number, scale = number_bytes(plan.device), plan.correction.judging_memory
    return judging_peak(plan_geometry(plan), _read(plan, rows), prices, base_bytes(plan), number, scale)


def base_bytes(plan: Plan) -> int:
    """What is held before the run: what was measured, or the weights."""
    measured = plan.correction.base_bytes
    return weight_bytes(plan.backbone, plan.device) if measured is None else measured


def _judged(plan: Plan) -> list[RowLengths]:
    """The rows of one validation, and those of the test where there are any."""
    splits = (plan.work.valid.first(plan.budget.evaluation_rows), plan.work.test.first(plan.budget.test_rows))
    return [rows for rows in splits if rows.tokens]


def _read(plan: Plan, rows: RowLengths) -> Batches:
    return judged_batches(rows, 2 * plan.spec.batch_size, plan.device, plan.speed.lanes)


def _written(work: Workload, budget: Budget) -> Batches | None:
    """The prompts that are answered at the end, without their answers."""
    rows = work.test.first(budget.test_rows).first(budget.generated_rows)
    if work.classes or not rows.tokens or not rows.answers:
        return None
    prompts = tuple(whole - answer for whole, answer in zip(rows.tokens, rows.answers, strict=True))
    return judged_batches(type(rows)(prompts), WRITING_BATCH, "cpu", lanes=1)


def _judging_seconds(plan: Plan, shape: Geometry, prices: Coefficients) -> float:
    budget, speed = plan.budget, plan.speed
    read = [forward_counts(shape, _read(plan, rows), speed) for rows in _judged(plan)]
    once = [float(np.sum(seconds(work, prices.seconds))) for work in read]
    rounds = -(-budget.steps // budget.evaluate_every)
    taken = rounds * once[0] + sum(once[1:])
    prompts = _written(plan.work, budget)
    if prompts is not None:
        asked = forward_counts(shape, prompts, speed, room=budget.generated_tokens)
        written = writing_counts(shape, prompts, budget.generated_tokens, speed)
        taken += float(np.sum(seconds(asked, prices.seconds) + seconds(written, prices.seconds)))
    return plan.correction.ratio * taken
