"""A task as somebody says it in words, and what it may be: known tasks of that kind stand in for it. Knows no model.

Words leave open how long the texts are, how many words they use, how noisy the labels are. Known tasks that fit the
words tell what is usual; several of them, of different families, tell how much that varies.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from metapeft_core.data.domain import DOMAINS, GENERAL
from metapeft_core.data.language import CODE, LANGUAGES, MULTIPLE, RARER
from metapeft_core.data.record import shown
from metapeft_core.data.task_type import CLASSIFICATION_TYPES, GENERATION_TYPES, TASK_TYPES
from metapeft_core.errors import SelectionError
from metapeft_core.types import (
    TRAIN_SIZES,
    Objective,
    PEFTExperience,
    Spread,
    TaskCharacteristics,
    family_of,
)

MOST = 10**12
"""Of anything that is counted."""
SPOKEN = (*LANGUAGES, *RARER, MULTIPLE, CODE)
STAND_INS = 8
A_FAMILY = 2
"""Stand-ins of one family at most: its tasks resemble each other more than they resemble anything else."""
WEIGHTS = {"task_type": 2.0, "domain": 1.0, "language": 1.0, "classes": 1.5, "length": 1.5, "size": 3.0}
"""What a likeness counts for. Size above all: it decides which method wins more than any other thing does."""


if TYPE_CHECKING:
    TaskType = str
    Domain = str
    Language = str
else:
    # Closed vocabularies, as whoever reads the types at run time is told them.
    TaskType, Domain, Language = Literal[TASK_TYPES], Literal[DOMAINS], Literal[SPOKEN]


@dataclass(frozen=True, slots=True)
class TaskBrief:
    """What is said of a task; None where nothing is."""

    rows: Annotated[int | None, Field(ge=1, le=MOST, description="Training rows.")] = None
    task_type: Annotated[TaskType | None, Field(description="The kind of task.")] = None
    domain: Annotated[Domain | None, Field(description="What the texts are about.")] = None
    language: Annotated[Language | None, Field(description="ISO 639-1 code of the texts' language.")] = None
    classes: Annotated[int | None, Field(ge=2, le=MOST, description="Labels to choose from.")] = None
    tokens: Annotated[int | None, Field(ge=1, le=MOST, description="Tokens of a typical text.")] = None
    objective: Annotated[Objective | None, Field(description="Whether a label is chosen or a text written.")] = None

    def __post_init__(self) -> None:
        for name, value, known in (
            ("task_type", self.task_type, TASK_TYPES),
            ("domain", self.domain, DOMAINS),
            ("language", self.language, SPOKEN),
        ):
            if value is not None and value not in known:
                raise SelectionError(f"{name} is {value!r}: it is one of {', '.join(known)}")
        for name, number, least in (("rows", self.rows, 1), ("classes", self.classes, 2), ("tokens", self.tokens, 1)):
            if number is not None and not least <= number <= MOST:
                raise SelectionError(f"{name} is {shown(number)}: it must be from {least} to {MOST}")

    def asked_objective(self) -> Objective:
        """What is said, or what its kind of task means; labels where both would do."""
        if self.objective is not None:
            return self.objective
        if self.classes is None and self.task_type in GENERATION_TYPES and self.task_type not in CLASSIFICATION_TYPES:
            return "generation"
        return "classification"

    def in_words(self) -> str:
        """What is said, in plain English, as a text that can be embedded."""
        kind = (self.task_type or "text classification").replace("_", " ")
        about = "" if self.domain is None else f", about {self.domain}"
        return f"{kind}{about}".replace("_", " ")


@dataclass(frozen=True, slots=True)
class StandIn:
    """A known task, bent to what is said, and how well it fitted before."""

    task: str
    family: str
    characteristics: TaskCharacteristics
    likeness: float
    """1 where everything that is said is true of it."""


def stand_ins(brief: TaskBrief, experiences: Iterable[PEFTExperience], count: int = STAND_INS) -> tuple[StandIn, ...]:
    """The known tasks that fit best what is said, best first, of no family more than two."""
    objective = brief.asked_objective()
    known: dict[str, PEFTExperience] = {}
    for one in experiences:
        if one.characteristics is not None and one.characteristics.objective == objective and one.rows:
            known.setdefault(one.rows, one)
    if not known:
        raise SelectionError(f"no {objective} task is known that could stand in for this one: give a data file")
    ranked = sorted(known.values(), key=lambda one: (-likeness(brief, one.characteristics), one.task, one.rows))
    taken: list[PEFTExperience] = []
    families: Counter[str] = Counter()
    for one in ranked:
        if families[family_of(one)] < A_FAMILY and all(one.task != other.task for other in taken):
            taken.append(one)
            families[family_of(one)] += 1
        if len(taken) == count:
            break
    return tuple(_stand_in(brief, one) for one in taken)


def likeness(brief: TaskBrief, known: TaskCharacteristics | None) -> float:
    """How much of what is said is true of a known task, from 0 to 1; 1 where nothing is said."""
    if known is None:
        return 0.0
    parts = {
        "task_type": _same(brief.task_type, known.task_type),
        "domain": None if brief.domain == GENERAL else _same(brief.domain, known.domain),
        "language": _same(brief.language, known.language),
        "classes": _near(brief.classes, known.classes),
        "length": _near(brief.tokens, known.sequence_length.median),
        "size": _near(None if brief.rows is None else min(brief.rows, TRAIN_SIZES[-1]), known.dataset_size),
    }
    told = {name: value for name, value in parts.items() if value is not None}
    total = sum(WEIGHTS[name] for name in told)
    return sum(WEIGHTS[name] * value for name, value in told.items()) / total if total else 1.0


def _same(said: str | None, known: str) -> float | None:
    return None if said is None else float(said == known)


def _near(said: float | None, known: float) -> float | None:
    """1 for the same number, a third for one four times as large or as small."""
    return None if said is None else math.exp(-0.5 * abs(math.log2((1 + said) / (1 + known))))


def _stand_in(brief: TaskBrief, known: PEFTExperience) -> StandIn:
    assert known.characteristics is not None
    return StandIn(
        known.task, family_of(known), bent(brief, known.characteristics), likeness(brief, known.characteristics)
    )


def bent(brief: TaskBrief, known: TaskCharacteristics) -> TaskCharacteristics:
    """A known task with what is said of the one asked about in the place of its own."""
    classes = known.classes if brief.classes is None else brief.classes
    majority = known.majority_share
    if classes and classes != known.classes:
        # As much above an even share as it was, but no class can hold more than all rows.
        majority = min(1.0, majority * known.classes / classes)
    lengths = known.sequence_length
    if brief.tokens is not None:
        lengths = _stretched(lengths, brief.tokens / max(1.0, lengths.median))
    return replace(
        known,
        dataset_size=known.dataset_size if brief.rows is None else brief.rows,
        sequence_length=lengths,
        task_type=brief.task_type or known.task_type,
        domain=brief.domain or known.domain,
        language=brief.language or known.language,
        classes=classes,
        majority_share=majority,
    )


def _stretched(lengths: Spread, factor: float) -> Spread:
    return Spread(*(getattr(lengths, name) * factor for name in ("minimum", "mean", "median", "p95", "maximum")))
