"""Seconds and bytes of a run before it is made: counted from shapes, put right by runs that were made. Knows no scores.

The counts (`training/cost.py`) know the backbone and the settings; how real runs differ from them is learned, method by
method, as the selector learns scores: from cases, with what was not seen as the judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from metapeft_core.errors import SettingsError
from metapeft_core.methods.registry import SETTINGS, make_settings
from metapeft_core.runtime import DeviceKind
from metapeft_core.training.cost import predict
from metapeft_core.training.cost_speed import Speed
from metapeft_core.training.cost_workload import Workload, workload_like
from metapeft_core.training.spec import Budget, TrainingSpec
from metapeft_core.types import Backbone, PEFTExperience, PEFTMethod, Setting, TaskCharacteristics

SHIPPED_SPEED = Speed(flop=1.02e-11, element=9.5e-11, operation=3.3e-6, lanes=1)
"""One core of the machine on which the shipped runs were made, as `measured_speed` found it when nothing else ran."""

MOST_ROWS = 10_000
SHARED_SETTINGS = {
    **{
        name: name
        for name in ("learning_rate", "batch_size", "max_length", "weight_decay", "schedule", "clip_norm", "pooling")
    },
    "warmup_share_of_steps": "warmup_share",
}
"""Settings that every method's training has, under the names by which experiences record them, and ours."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run takes."""

    seconds: float
    """Of its training steps."""
    memory: float
    """Bytes at most."""


def counted_cost(
    characteristics: TaskCharacteristics,
    backbone: Backbone,
    spec: TrainingSpec,
    budget: Budget,
    *,
    speed: Speed | None = None,
    device: DeviceKind | None = None,
) -> Cost:
    """What the counts say, on this machine unless another is given."""
    found = predict(_workload(characteristics), backbone, spec, budget, device=device, speed=speed)
    return Cost(found.seconds, float(found.peak_memory_bytes))


@lru_cache(maxsize=16)
def _workload(characteristics: TaskCharacteristics) -> Workload:
    """The rows of a task as lengths, which five methods and all their runs on a case share.

    No run reads more rows than the most, and a workload of billions would fill the memory.
    """
    return workload_like(replace(characteristics, dataset_size=min(characteristics.dataset_size, MOST_ROWS)))


def spec_of(method: PEFTMethod, hyperparameters: Mapping[str, Setting], seed: int = 0) -> TrainingSpec:
    """The settings of a run as they were recorded, to be run or counted again."""
    fields = SETTINGS[method].__dataclass_fields__
    own = {name: value for name, value in hyperparameters.items() if name in fields}
    common: dict[str, Any] = {
        field: hyperparameters[name] for name, field in SHARED_SETTINGS.items() if name in hyperparameters
    }
    return TrainingSpec(method=make_settings(method, own), seed=seed, **common)


def fits(method: PEFTMethod, hyperparameters: Mapping[str, Setting], backbone: Backbone) -> bool:
    """Whether settings are valid for a backbone."""
    try:
        spec_of(method, hyperparameters).method.check(backbone)
    except SettingsError:
        return False
    return True


def counted_of(run: PEFTExperience, speed: Speed = SHIPPED_SPEED) -> Cost | None:
    """What the counts would have said of a run that was made; none where its data is not described."""
    if run.characteristics is None or not run.rows:
        return None
    spec = spec_of(run.method, run.hyperparameters, run.seed)
    budget = Budget(max(1, run.steps), evaluate_every=max(1, run.steps // 5), patience=None)
    return counted_cost(run.characteristics, run.backbone, spec, budget, speed=speed, device="cpu")
