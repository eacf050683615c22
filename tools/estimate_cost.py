"""The tool that says what a run will take before it is made: seconds and memory. Knows no score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median

from metapeft_core.training.cost import Basis, predict
from metapeft_core.training.cost_speed import remembered_speed
from metapeft_core.training.cost_workload import workload_like
from metapeft_core.training.spec import Budget
from metapeft_core.types import PEFTMethod, Setting
from tools.arguments import NOTHING_SAID, Steps, Task, UserPath
from tools.registry import tool
from tools.settings import checked_spec
from tools.workbench import Workbench, default_workbench

MOST_ROWS = 100_000
"""A workload holds the length of every row, and of billions of rows it would fill the memory."""


@dataclass(frozen=True, slots=True)
class CostForecast:
    """What a run will take on this machine."""

    method: PEFTMethod
    backbone: str
    steps: int
    seconds: float
    """Of training."""
    total_seconds: float
    """With validation and test."""
    peak_memory_bytes: int
    weights_bytes: int
    """Of the frozen model."""
    trained_bytes: int
    """Of what is trained, with gradients and the optimiser's state."""
    trainable_parameters: int
    basis: Basis


@tool
def estimate_cost(
    method: PEFTMethod,
    task: Task = NOTHING_SAID,
    data: UserPath | None = None,
    backbone: str | None = None,
    settings: Mapping[str, Setting] | None = None,
    steps: Steps = 200,
    *,
    bench: Workbench | None = None,
) -> CostForecast:
    """Foretell the seconds and the memory of a fine-tuning run on this machine.

    Args:
        method: The method to train with.
        task: What is known of the task.
        data: A data file of the task, which tells more than words do.
        backbone: The model to adapt: a name, a folder or a hub id. Without one, what comes with the package.
        settings: Settings of the method that are not to be its defaults, and learning_rate, batch_size or max_length.
        steps: Optimiser steps.

    Effect: reads.
    """
    bench = bench or default_workbench()
    known = bench.known(task, data)
    card = bench.backbone(backbone, known.objective)
    spec = checked_spec(method, settings or {})
    budget = Budget(steps)
    rows = [replace(one, dataset_size=min(one.dataset_size, MOST_ROWS)) for one in known.tasks]
    told = [predict(workload_like(one), card, spec, budget, speed=remembered_speed()) for one in rows]
    # Of what the task may be, the middle one: a cost is asked for to plan with.
    middle = sorted(told, key=lambda one: one.seconds)[len(told) // 2]
    return CostForecast(
        method,
        card.name,
        middle.steps,
        median(one.seconds for one in told),
        median(one.total_seconds for one in told),
        round(median(one.peak_memory_bytes for one in told)),
        middle.parts.weights,
        middle.parts.trainable + middle.parts.optimizer,
        spec.method.trainable(card),
        middle.basis,
    )
