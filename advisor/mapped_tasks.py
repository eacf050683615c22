"""The tasks of past runs as they are put on a map: where each lies, what it is about, and who won. Draws nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from knowledge.behaviours import behaviours_of
from knowledge.records import Remembered, Vector, Vectors, domain_of
from knowledge.statistics import comparisons
from metapeft_core.embedding.map import PlaneMap, plane_map
from metapeft_core.embedding.network import TaskEmbedder
from metapeft_core.embedding.similarity import TaskSimilarityMetric
from metapeft_core.errors import AdvisorError
from metapeft_core.score import noise_of
from metapeft_core.types import PEFTMethod, TaskCharacteristics, family_of

LEAST_TASKS = 3
"""Fewer have no map worth drawing."""
LEAST_INSTANCES = 10
"""Rows and backbones with comparable runs that a network needs before it is worth training."""


class Placing(StrEnum):
    """What brings two tasks together."""

    CENTROID = "centroid"
    """That their texts are alike."""
    NETWORK = "network"
    """That methods are expected to behave alike on them."""


@dataclass(frozen=True, slots=True)
class Winner:
    """The method that was best on a task, on the mean of all comparisons."""

    method: PEFTMethod
    is_clear: bool
    """Whether its lead is larger than what chance makes of such means."""


@dataclass(frozen=True, slots=True, eq=False)
class MappedTask:
    """One task."""

    name: str
    vector: Vector
    domain: str
    family: str
    experiences: int
    winner: Winner | None
    """None where no comparison had all five methods."""


def mapped_tasks(memories: Sequence[Remembered], placing: Placing, known: Sequence[Remembered]) -> list[MappedTask]:
    """The tasks of `memories`, in the order of their names; a network learns from all that is `known`.

    By network, tasks are left out of which nothing but a figure is known.
    """
    by_task: dict[str, list[Remembered]] = {}
    for memory in memories:
        by_task.setdefault(memory.experience.task, []).append(memory)
    embedder = trained(known) if placing == Placing.NETWORK else None
    noise = noise_of(memory.experience for memory in known)
    floor = noise.floor if noise else 0.0
    found = []
    for name in sorted(by_task):
        vectors = _vectors(by_task[name], embedder)
        if len(vectors):
            found.append(_task(name, by_task[name], vectors, floor))
    return found


def plane_of(tasks: Sequence[MappedTask], placing: Placing) -> PlaneMap:
    """Where they lie on the plane."""
    if len(tasks) < LEAST_TASKS:
        raise AdvisorError(f"a map needs {LEAST_TASKS} tasks and there are {len(tasks)}: loosen the filter")
    # Most embeddings lie close together, where the cosine, about the square of the distance, tells hardly any apart.
    by_angle = placing == Placing.CENTROID
    metric = TaskSimilarityMetric.COSINE if by_angle else TaskSimilarityMetric.EUCLIDEAN
    return plane_map(np.stack([task.vector for task in tasks]), metric)


def trained(known: Sequence[Remembered]) -> TaskEmbedder:
    """A network that learned from all runs that can be compared."""
    table = behaviours_of(known)
    if len(table.instances) < LEAST_INSTANCES or len(set(table.families)) < 2:
        raise AdvisorError(
            f"a network needs comparable runs on {LEAST_INSTANCES} sets of rows of several families and there are "
            f"{len(table.instances)}: make more with `advisor collect`, or place tasks with --by centroid"
        )
    return TaskEmbedder.fitted(table.tasks, table.scores, table.noise, table.families)


def _vectors(memories: Sequence[Remembered], embedder: TaskEmbedder | None) -> Vectors:
    """One for each distinct set of rows."""
    if embedder is None:
        return np.stack(list({memory.vector.tobytes(): memory.vector for memory in memories}.values()))
    described: dict[str, TaskCharacteristics] = {}
    for memory in memories:
        facts = memory.experience.characteristics
        if facts is not None:
            described.setdefault(repr(facts), facts)
    return embedder.embed(list(described.values()))


def _task(name: str, memories: Sequence[Remembered], vectors: Vectors, floor: float) -> MappedTask:
    middle = vectors.mean(axis=0)
    experience = memories[0].experience
    return MappedTask(
        name=name,
        vector=np.asarray(middle / max(float(np.linalg.norm(middle)), 1e-12), dtype=np.float32),
        domain=Counter(domain_of(memory.experience) for memory in memories).most_common(1)[0][0],
        family=family_of(experience),
        experiences=len(memories),
        winner=winner_of(memories, floor),
    )


def winner_of(memories: Sequence[Remembered], floor: float) -> Winner | None:
    """The best on the mean; `floor` is what two reruns of one setting typically differ by."""
    compared = comparisons(memory.experience for memory in memories)
    if not compared:
        return None
    means = {method: sum(scores[method] for scores in compared) / len(compared) for method in PEFTMethod}
    first, second = sorted(means, key=lambda method: -means[method])[:2]
    # The mean of so many comparisons wavers by the root less than one of them.
    return Winner(first, means[first] - means[second] > floor / len(compared) ** 0.5)
