"""The tool that turns a task into a vector and says which known tasks lie near. Knows no index and no experience."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from knowledge.brief import TaskBrief
from tools.arguments import NOTHING_SAID, UserPath
from tools.registry import tool
from tools.workbench import Workbench, default_workbench


@dataclass(frozen=True, slots=True)
class EmbeddedTask:
    """Where a task lies among those that are known."""

    vector: tuple[float, ...]
    """384 numbers of length 1: the mean direction of its texts, or of the words about it."""
    nearest: tuple[tuple[str, float], ...]
    """Known tasks and the cosine of their vectors with this one, nearest first."""


NEAREST = 8


@tool
def embed_task(
    task: TaskBrief = NOTHING_SAID, data: UserPath | None = None, *, bench: Workbench | None = None
) -> EmbeddedTask:
    """Turn a task into a vector and name the known tasks that lie nearest.

    Args:
        task: What is said of the task; used where there is no data.
        data: A data file of the task.

    Effect: reads.
    """
    bench = bench or default_workbench()
    vector = bench.vector(task, data)
    likeness: dict[str, float] = {}
    for _, memory in bench.knowledge.store.select():
        cosine = float(np.dot(memory.vector, vector))
        likeness[memory.experience.task] = max(cosine, likeness.get(memory.experience.task, -1.0))
    nearest = sorted(likeness.items(), key=lambda entry: (-entry[1], entry[0]))[:NEAREST]
    return EmbeddedTask(tuple(float(number) for number in vector), tuple(nearest))
