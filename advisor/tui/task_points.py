"""Where the task at hand lies among those that are known. Runs where the store is; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisor.mapped_tasks import MappedTask
    from advisor.session import Session

NEAREST = 5


@dataclass(frozen=True, slots=True)
class TaskPoints:
    """The plane, and what is marked on it."""

    points: tuple[tuple[float, float], ...]
    names: tuple[str, ...]
    here: int | None
    """The task at hand; none where nothing is known of one."""
    near: tuple[int, ...]
    """Known tasks that are most like it, the likest first."""
    kept: float
    """Of the tasks nearest to each, the share that is nearest on the plane as well."""


def task_points(session: Session) -> TaskPoints:
    """All known tasks on a plane, with the one of the conversation among them."""
    from advisor.mapped_tasks import Placing, mapped_tasks, plane_of

    memories = [memory for _, memory in session.bench.knowledge.store.select()]
    tasks = mapped_tasks(memories, Placing.CENTROID, memories)
    own = _own(session)
    likest = [] if own is None else _likest(session, tasks, own)
    everything = tasks if own is None else [*tasks, own]
    plane = plane_of(everything, Placing.CENTROID)
    return TaskPoints(
        points=tuple((float(x), float(y)) for x, y in plane.points),
        names=tuple(task.name for task in everything),
        here=None if own is None else len(tasks),
        near=tuple(likest),
        kept=plane.kept,
    )


def _own(session: Session) -> MappedTask | None:
    """The task at hand as one of them, placed by its data, or by what is said of it."""
    from advisor.mapped_tasks import MappedTask
    from advisor.reading.reading import NOTHING_SAID

    state = session.state
    if state.data is None and state.task == NOTHING_SAID:
        return None
    vector = session.bench.vector(state.task, state.data)
    return MappedTask("your task", vector, "", "", 0, None)


def _likest(session: Session, tasks: list[MappedTask], own: MappedTask) -> list[int]:
    """Where there is data, the likest by their texts; else those that stand in for what is only told in words."""
    numbers = {task.name: number for number, task in enumerate(tasks)}
    state = session.state
    if state.data is None:
        stand_ins = dict.fromkeys(session.bench.known(state.task).stand_ins)
        return [numbers[name] for name in stand_ins if name in numbers][:NEAREST]
    ordered = sorted(range(len(tasks)), key=lambda number: -float(tasks[number].vector @ own.vector))
    return ordered[:NEAREST]
