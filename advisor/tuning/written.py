"""Questions written one by one for the lessons, each with what it means. Knows no form and no benchmark.

They stand in written.jsonl, a question a line: its act, what it tells of task and domain, whether it follows a
recommendation (`after`) or comes with a file (`data`). Numbers that mean something are slots ({n} rows, {k} classes,
{few} a vague amount of rows, ...), drawn anew each time, or stand in brackets with their role: [rows|three dozen].
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from advisor.reading.form import words
from advisor.reading.number import Number, Role
from advisor.reading.numbers import numbers_in
from advisor.reading.reading import Act
from advisor.tuning.drafts import MEASURES, Draft, measure
from advisor.tuning.words import english

PLACE = Path(__file__).with_name("written.jsonl")
MARK = re.compile(r"\{(?P<slot>\w+)\}|\[(?P<role>\w+)\|(?P<literal>[^\]]+)\]")


@dataclass(frozen=True, slots=True)
class Written:
    """A question as it was written, and what it means."""

    act: Act
    text: str
    task: str | None = None
    domain: str | None = None
    after: bool = False
    data: bool = False

    @property
    def in_english(self) -> bool:
        """Whether it is decorated and numbered in English; a few words of other languages count as that."""
        return self.text.isascii()


@cache
def written(since: int = 0) -> Mapping[Act, Sequence[Written]]:
    """All of them, by act, or those behind so many: new ones stand behind the others."""
    reader = TypeAdapter(Written)
    found: dict[Act, list[Written]] = {act: [] for act in Act}
    for line in PLACE.read_text(encoding="utf-8").splitlines()[since:]:
        question = reader.validate_json(line)
        found[question.act].append(question)
    return found


def put(question: Written, draft: Draft) -> str:
    """The question with its numbers in place; what it means goes into the draft."""
    for key, value in (("task", question.task), ("domain", question.domain)):
        if value is not None:
            draft.values[key] = words(value)
    literals: list[_Literal] = []
    text, end = "", 0
    for mark in MARK.finditer(question.text):
        text += question.text[end : mark.start()]
        if mark["role"]:
            literals.append(_Literal(len(draft.roles), len(text), len(text + mark["literal"]), Role(mark["role"])))
        text += mark["literal"] or _slot(mark["slot"], draft)
        end = mark.end()
    text += question.text[end:]
    numbers = numbers_in(text) if literals else ()
    for literal in reversed(literals):
        draft.roles[literal.place : literal.place] = literal.told(numbers)
    return text


@dataclass(frozen=True, slots=True)
class _Literal:
    """A number that stands as it was written: what it is worth may be told by what stands around it only."""

    place: int
    """How many numbers were put in before it."""
    start: int
    end: int
    role: Role

    def told(self, numbers: Sequence[Number]) -> list[tuple[float, Role]]:
        """What its numbers are worth, of all in the text, and what they are."""
        return [(one.value, self.role) for one in numbers if one.start < self.end and self.start < one.end]


def _slot(name: str, draft: Draft) -> str:
    if name == "n":
        return draft.number(Role.ROWS)
    if name in MEASURES:
        return measure(name, draft)
    shown = draft.chance.choice(english().vague)
    draft.roles += [(number.value, Role.ROWS) for number in numbers_in(shown) if number.vague]
    return shown
