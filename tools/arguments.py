"""Arguments that several tools take, described once. Knows no tool.

`data` may only be given by the user, never by a language model: a file's path is not for a model to invent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from knowledge.brief import MOST, TaskBrief
from metapeft_core.types import TaskCharacteristics
from tools.registry import UserGiven

SHARES = ("class_balance", "majority_share", "type_token_ratio", "duplicate_share", "label_noise", "complexity_score")


def _sound(told: TaskCharacteristics) -> TaskCharacteristics:
    """Refuse a description that no data has; whoever describes data by itself gives none such."""
    for name in ("dataset_size", "vocabulary_size", "classes"):
        least = 1 if name == "dataset_size" else 0
        if not least <= getattr(told, name) <= MOST:
            raise ValueError(f"{name} must be from {least} to {MOST}")
    for name in SHARES:
        if not 0 <= getattr(told, name) <= 1:
            raise ValueError(f"{name} must be from 0 to 1")
    for spread in (told.sequence_length, told.target_length):
        if spread and not 0 <= spread.minimum <= spread.median <= spread.p95 <= spread.maximum <= MOST:
            raise ValueError("lengths must be from 0 on, and none larger than the next")
        if spread and not 0 <= spread.mean <= MOST:
            raise ValueError(f"the mean of lengths must be from 0 to {MOST}")
    return told


Task = TaskBrief | Annotated[TaskCharacteristics, AfterValidator(_sound)]
"""What is known of a task: words about it, or its description."""
NOTHING_SAID = TaskBrief()
UserPath = Annotated[Path, UserGiven()]
Count = Annotated[int, Field(ge=1, le=100)]
Steps = Annotated[int, Field(ge=1, le=1_000_000)]
Minutes = Annotated[float, Field(gt=0, le=1e6)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Gigabytes = Annotated[float, Field(gt=0, le=1e5)]
GIGABYTE = 1 << 30
