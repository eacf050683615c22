"""Ten numbers that describe a task, on scales on which tasks can be compared. Knows characteristics, not texts."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from metapeft_core.types import TaskCharacteristics

Features = npt.NDArray[np.float64]
_MEASURES: Mapping[str, Callable[[TaskCharacteristics], float]] = {
    # Of the data.
    "rows": lambda task: math.log2(1 + task.dataset_size),
    "length": lambda task: math.log2(1 + task.sequence_length.median),
    "length_spread": lambda task: math.log2((1 + task.sequence_length.p95) / (1 + task.sequence_length.median)),
    "vocabulary": lambda task: math.log2(1 + task.vocabulary_size),
    "variety": lambda task: task.type_token_ratio,
    # Of what is asked: a label, or a text as long as so many tokens.
    "answers": lambda task: math.log2(1 + (task.target_length.mean if task.target_length else task.classes)),
    "rows_per_answer": lambda task: math.log2(1 + task.dataset_size / max(1, task.classes)),
    "balance": lambda task: task.class_balance,
    # Of what a sentence encoder makes of it.
    "label_noise": lambda task: task.label_noise,
    "complexity": lambda task: task.complexity_score,
}
FEATURES: tuple[str, ...] = tuple(_MEASURES)
"""Counts are taken as logarithms: the step from 16 rows to 64 matters as much as that from 256 to 1,000."""
LEAST_SPREAD = 1e-6
FARTHEST = 4.0
"""Spreads from the middle beyond which a feature says no more than that it is far out."""


@dataclass(frozen=True, slots=True)
class TaskFeatureExtractor:
    """The features, moved and scaled so that each has the middle 0 and the spread 1 over the tasks it was fitted on."""

    middle: tuple[float, ...] = (0.0,) * len(FEATURES)
    spread: tuple[float, ...] = (1.0,) * len(FEATURES)

    @classmethod
    def fitted(cls, tasks: Sequence[TaskCharacteristics]) -> Self:
        """Take middle and spread from these tasks; a feature in which all agree stays as it is."""
        if not tasks:
            raise ValueError("there are no tasks to fit the features to: give at least one")
        table = np.stack([measured(task) for task in tasks])
        spread = table.std(axis=0)
        return cls(
            tuple(float(value) for value in table.mean(axis=0)),
            tuple(float(value) if value > LEAST_SPREAD else 1.0 for value in spread),
        )

    def extract(self, task: TaskCharacteristics) -> Features:
        """The ten features of a task."""
        scaled = (measured(task) - np.array(self.middle)) / np.array(self.spread)
        return np.clip(scaled, -FARTHEST, FARTHEST)

    def to_json(self) -> str:
        """All of it as text."""
        return json.dumps({"features": FEATURES, "middle": self.middle, "spread": self.spread})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` gave; one of other features is refused."""
        value = json.loads(text)
        if tuple(value["features"]) != FEATURES:
            raise ValueError(f"the features were {', '.join(value['features'])}, and are now {', '.join(FEATURES)}")
        return cls(tuple(value["middle"]), tuple(value["spread"]))


def measured(task: TaskCharacteristics) -> Features:
    """The features as they are measured, neither moved nor scaled."""
    return np.array([measure(task) for measure in _MEASURES.values()])
