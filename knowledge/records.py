"""What knowledge is made of: an experience with its task's vector, and what may be asked of many. Knows no storage."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from metapeft_core.errors import StoreError
from metapeft_core.types import Outcome, PEFTExperience, PEFTMethod, Provenance

Vector = npt.NDArray[np.float32]
Vectors = npt.NDArray[np.float32]
"""One a row."""
WIDTH = 384
"""Numbers of a task vector: the width of all-MiniLM-L6-v2."""


@dataclass(frozen=True, slots=True, eq=False)
class Remembered:
    """An experience and the unit vector of its task, from which similar tasks are found."""

    experience: PEFTExperience
    vector: Vector

    def __post_init__(self) -> None:
        shape = np.shape(self.vector)
        if shape != (WIDTH,) or not abs(float(self.vector @ self.vector) - 1) < 2e-3:
            raise StoreError(
                f"the task vector of {self.experience.id} has shape {shape} and length "
                f"{float(np.linalg.norm(self.vector)):.3g}: "
                f"it must be {WIDTH} numbers of length 1, as knowledge.embed makes them"
            )


@dataclass(frozen=True, slots=True)
class Filter:
    """Which experiences are meant; what is None does not matter."""

    method: PEFTMethod | None = None
    task: str | None = None
    family: str | None = None
    task_type: str | None = None
    domain: str | None = None
    language: str | None = None
    backbone: str | None = None
    parameters_at_least: int | None = None
    """Size of the backbone."""
    parameters_at_most: int | None = None
    provenance: Provenance | None = None
    outcome: Outcome | None = None

    def given(self) -> dict[str, str | int]:
        """The conditions that matter, by name."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


EVERYTHING = Filter()


def task_type_of(experience: PEFTExperience) -> str:
    """What was found in the data where there was data, else what the source says."""
    found = experience.characteristics
    return found.task_type if found else experience.stated.get("task_type", "unknown")


def domain_of(experience: PEFTExperience) -> str:
    """What was found in the data where there was data, else what the source says."""
    found = experience.characteristics
    return found.domain if found else experience.stated.get("domain", "unknown")


def language_of(experience: PEFTExperience) -> str:
    """What was found in the data where there was data, else what the source says."""
    found = experience.characteristics
    return found.language if found else experience.stated.get("language", "unknown")


def run_key_of(experience: PEFTExperience) -> str:
    """What stands before the last dash of an id: the same for every repetition of the same run."""
    return experience.id.rpartition("-")[0] or experience.id
