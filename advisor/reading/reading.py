"""What a question says, as typed values. Knows no text and no model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from knowledge.brief import TaskBrief
from metapeft_core.types import PEFTMethod


class Act(StrEnum):
    """What is wanted."""

    RECOMMEND = "recommend"
    REFINE = "refine"
    COMPARE = "compare"
    WHY = "why"
    EXPLAIN = "explain"
    COST = "cost"
    EVIDENCE = "evidence"
    DESCRIBE = "describe"
    RUN = "run"
    EXPORT = "export"
    RECORD = "record"
    HELP = "help"
    OTHER = "other"


AFTER_ONE = frozenset({Act.REFINE, Act.WHY})
"""Acts that mean something only after a recommendation."""
WITH_DATA = frozenset({Act.DESCRIBE})
"""Acts that mean something only with a data file."""


def sensible_acts(after_one: bool, with_data: bool) -> tuple[Act, ...]:
    """The acts that make sense now."""
    return tuple(act for act in Act if (after_one or act not in AFTER_ONE) and (with_data or act not in WITH_DATA))


NOTHING_SAID = TaskBrief()


@dataclass(frozen=True, slots=True)
class Reading:
    """A question, understood; what it does not say is None."""

    act: Act
    task: TaskBrief = NOTHING_SAID
    methods: tuple[PEFTMethod, ...] = ()
    model: str | None = None
    """The model's name, as it is written."""
    parameters: float | None = None
    """The model's size, where no model is named."""
    memory_gb: float | None = None
    minutes: float | None = None
    steps: int | None = None
    score: float | None = None
    target: str | None = None
    """The tool for which settings are wanted."""
    vague: str | None = None
    """What is said of the number of rows where that is no number: it has to be asked for."""
