"""How the methods did on each task and backbone, as a table to learn from. Knows no network and no store.

A line is an instance: the same rows and backbone, judged by the same metric. A column is a method at settings that many
instances share, its anchors; settings that were drawn for one task alone compare with nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from knowledge.collecting.spaces import anchor
from knowledge.records import Remembered, Vector
from metapeft_core.methods.registry import setting_values
from metapeft_core.score import SUCCESSES, noise_of, score_of
from metapeft_core.types import PEFTExperience, PEFTMethod, Setting, TaskCharacteristics, family_of

OWN_ANCHOR = {"encoder": "brisk", "decoder": "decoder"}
"""The anchor that instances of a kind of backbone meet first."""
CANDIDATES: tuple[tuple[str, PEFTMethod], ...] = tuple((a, m) for a in ("own", "default") for m in PEFTMethod)
USUAL_NOISE = 0.02
"""The deviation of a score where no setting was run with two seeds."""


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """What was measured on the same rows with the same backbone."""

    task: str
    family: str
    rows: str
    backbone: str
    characteristics: TaskCharacteristics
    vector: Vector
    scores: tuple[float, ...]
    """One a candidate; nan where it was not tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Behaviours:
    """Instances, and how far a score differs by its seed alone."""

    instances: tuple[Instance, ...]
    noise: float

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        """A line an instance, a column a candidate."""
        return np.array([found.scores for found in self.instances]).reshape(len(self.instances), len(CANDIDATES))

    @property
    def tasks(self) -> tuple[TaskCharacteristics, ...]:
        """The characteristics of each instance."""
        return tuple(found.characteristics for found in self.instances)

    @property
    def families(self) -> tuple[str, ...]:
        """The family of each instance."""
        return tuple(found.family for found in self.instances)


def behaviours_of(memories: Sequence[Remembered]) -> Behaviours:
    """The table of these experiences, in the order in which instances came; runs of further seeds are left out."""
    scores: dict[tuple[str, str, str], dict[int, float]] = {}
    first: dict[tuple[str, str, str], tuple[Remembered, TaskCharacteristics]] = {}
    for memory in memories:
        experience, facts = memory.experience, memory.experience.characteristics
        score, place = score_of(experience), candidate_of(experience)
        if score is None or place is None or facts is None or not _is_comparable(experience):
            continue
        key = (experience.rows, experience.backbone.name, score.metric)
        first.setdefault(key, (memory, facts))
        scores.setdefault(key, {}).setdefault(place, score.value)
    noise = noise_of(memory.experience for memory in memories)
    instances = tuple(_instance(*first[key], found) for key, found in scores.items())
    return Behaviours(instances, noise.deviation if noise and noise.deviation > 0 else USUAL_NOISE)


def _is_comparable(experience: PEFTExperience) -> bool:
    """Whether it ended well, on rows that are known, by the chance that all share."""
    return bool(experience.rows) and experience.outcome in SUCCESSES and experience.seed == 0


def candidate_of(experience: PEFTExperience) -> int | None:
    """Which of the candidates its settings are; None where they are nobody's."""
    names = {"own": OWN_ANCHOR[experience.backbone.kind], "default": "default"}
    for place, (name, method) in enumerate(CANDIDATES):
        if method == experience.method and _are(experience.hyperparameters, names[name], method):
            return place
    return None


def _are(settings: Mapping[str, Setting], name: str, method: PEFTMethod) -> bool:
    return all(settings.get(key) == value for key, value in _anchor_values(name, method).items())


@cache
def _anchor_values(name: str, method: PEFTMethod) -> Mapping[str, Setting]:
    spec = anchor(name, method)
    return {**setting_values(spec.method), "learning_rate": spec.rate()}


def _instance(memory: Remembered, facts: TaskCharacteristics, scores: Mapping[int, float]) -> Instance:
    experience = memory.experience
    return Instance(
        experience.task,
        family_of(experience),
        experience.rows,
        experience.backbone.name,
        facts,
        memory.vector,
        tuple(scores.get(place, float("nan")) for place in range(len(CANDIDATES))),
    )
