"""The tool that finds past runs on tasks like the one at hand. Knows how to ask, not how likeness is measured."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.brief import TaskBrief
from knowledge.index import Neighbour
from knowledge.records import Filter
from metapeft_core.score import score_of
from metapeft_core.types import PEFTMethod, Provenance
from tools.arguments import NOTHING_SAID, Count, UserPath
from tools.registry import tool
from tools.workbench import Workbench, default_workbench


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run that was made or published, in a line."""

    id: str
    task: str
    similarity: float
    """Cosine of its task's vector with that of the task at hand."""
    method: PEFTMethod
    backbone: str
    rows: int | None
    metric: str | None
    score: float | None
    seconds: float
    memory_bytes: int
    provenance: Provenance


@tool
def query_experiences(
    task: TaskBrief = NOTHING_SAID,
    data: UserPath | None = None,
    method: PEFTMethod | None = None,
    backbone: str | None = None,
    count: Count = 10,
    *,
    bench: Workbench | None = None,
) -> tuple[PastRun, ...]:
    """Find past fine-tuning runs on the tasks that are most like this one.

    Args:
        task: What is said of the task; used where there is no data.
        data: A data file of the task.
        method: Only runs of this method.
        backbone: Only runs on the model of this name.
        count: How many runs to return.

    Effect: reads.
    """
    bench = bench or default_workbench()
    vector = bench.vector(task, data)
    named = None if backbone is None else _kept_as(backbone, bench)
    found = bench.knowledge.nearest(vector, count, Filter(method=method, backbone=named))
    return tuple(_line(near) for near in found)


def _kept_as(name: str, bench: Workbench) -> str:
    """The name under which runs on a model are kept, however it is spelt; as it is where there are none."""
    kept = sorted({run.backbone.name for run in bench.experiences.values()})
    if name in kept:
        return name
    return next((one for one in kept if _letters(one) == _letters(name)), name)


def _letters(name: str) -> str:
    """A model's name without its owner, and without what people leave out or put in."""
    return re.sub(r"[\W_]", "", name.rpartition("/")[2].lower())


def _line(near: Neighbour) -> PastRun:
    run = near.memory.experience
    score = score_of(run)
    return PastRun(
        run.id,
        run.task,
        near.similarity,
        run.method,
        run.backbone.name,
        run.characteristics.dataset_size if run.characteristics else None,
        score.metric if score else None,
        score.value if score else None,
        run.training_seconds,
        run.peak_memory_bytes,
        run.provenance,
    )
