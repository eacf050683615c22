"""What a conversation knows so far: task, data, limits, what was recommended. Knows no tool and no model."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

from advisor.reading.form import Before
from advisor.reading.names import OWN, size_in
from advisor.reading.reading import NOTHING_SAID, Act, Reading
from knowledge.brief import TaskBrief
from metapeft_core.backbones.well_known import model_of_size, well_known
from metapeft_core.types import MethodRecommendation


@dataclass(frozen=True, slots=True)
class State:
    """Everything that a follow-up may lean on."""

    task: TaskBrief = NOTHING_SAID
    data: Path | None = None
    backbone: str | None = None
    max_minutes: float | None = None
    max_memory_gb: float | None = None
    steps: int | None = None
    recommendation: MethodRecommendation | None = None
    asked: Reading | None = None
    """A question that waits for something that was asked for."""

    @property
    def before(self) -> Before | None:
        """What a reader is told of the turn before."""
        found = self.recommendation
        if found is None:
            return None
        return Before(str(found.method), self.task.task_type, self.task.domain, self.task.rows)

    def after(self, reading: Reading) -> State:
        """The state once a question was understood: a new one begins anew, a follow-up changes what it names."""
        begins = reading.act in (Act.RECOMMEND, Act.COMPARE, Act.COST) and _says_a_task(reading)
        old = State(data=self.data, backbone=self.backbone, recommendation=self.recommendation) if begins else self
        named = _model_of(reading)
        old = replace(old, task=merged(old.task, reading.task), backbone=named or old.backbone, asked=None)
        if reading.act is Act.RECORD:
            # What another run took limits nothing.
            return old
        return replace(
            old,
            max_minutes=reading.minutes if reading.minutes is not None else old.max_minutes,
            max_memory_gb=reading.memory_gb if reading.memory_gb is not None else old.max_memory_gb,
            steps=reading.steps if reading.steps is not None else old.steps,
        )


def _model_of(reading: Reading) -> str | None:
    """The model that is meant; one that is not known, or only said by its size, by one that is about as large."""
    name, size = reading.model, reading.parameters
    if name is not None and "/" not in name and OWN.fullmatch(name) is None and well_known(name) is None:
        size = size_in(name)
    return name if size is None else model_of_size(size).name


def _says_a_task(reading: Reading) -> bool:
    """Whether it names a task of its own rather than leaning on the one before."""
    return reading.task.task_type is not None or reading.task.domain is not None or reading.act is Act.RECOMMEND


def with_data(state: State, data: Path | None) -> State:
    """The state with another data file: how many rows there are, the file tells, unless it is said anew."""
    return replace(state, data=data, task=replace(state.task, rows=None) if data else state.task)


def merged(old: TaskBrief, new: TaskBrief) -> TaskBrief:
    """What was said before, and in its place what is said now."""
    told = {field.name: getattr(new, field.name) for field in fields(TaskBrief)}
    return replace(old, **{name: value for name, value in told.items() if value is not None})
