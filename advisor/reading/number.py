"""A number in a question, and what it can be. Knows no spelling."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a number in a question can be."""

    ROWS = "rows"
    CLASSES = "classes"
    TOKENS = "tokens"
    STEPS = "steps"
    MEMORY = "memory"
    MINUTES = "minutes"
    SCORE = "score"
    PARAMETERS = "parameters"
    NOTHING = "nothing"


PLAIN = (Role.ROWS, Role.CLASSES, Role.TOKENS, Role.STEPS, Role.NOTHING)
"""What a number without a unit can be."""
MILLION = 1e6
"""From here on it may be that of a model's parameters."""

MOST_CLASSES = 200
"""Beyond that "labels" are rows that have one."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text."""

    text: str
    start: int
    value: float
    """In gigabytes, minutes or parameters where it has such a unit; a share where it is one."""
    roles: tuple[Role, ...]
    vague: bool = False
    """Whether it only says that there are some."""

    @property
    def end(self) -> int:
        """The place behind its last character."""
        return self.start + len(self.text)

    @property
    def sole(self) -> Role | None:
        """What it is by its unit, where that leaves one thing only."""
        return self.roles[0] if len(self.roles) == 1 else None


def labels(value: float) -> tuple[Role, ...]:
    """What a number can be where classes or labels are counted."""
    return (Role.CLASSES,) if value <= MOST_CLASSES else countable(value)


def countable(value: float) -> tuple[Role, ...]:
    """What so many of something can be."""
    plain = tuple(role for role in PLAIN if role is not Role.CLASSES or value <= MOST_CLASSES)
    return (*plain, Role.PARAMETERS) if value >= MILLION else plain
