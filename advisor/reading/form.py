"""The form that a model fills in about a question: its words, what may stand where, and what a filled one says.

A form is a few short lines, of which all but the first may be missing:

    act: recommend
    task: question answering
    domain: legal
    500: rows

Every value is one of a closed set. Numbers are those that stand in the question, and only what each can mean is
offered. Knows no model: whoever fills the form in is held to `Line.values`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from advisor.reading.number import Number, Role
from advisor.reading.reading import Act, sensible_acts
from metapeft_core.data.domain import DOMAINS
from metapeft_core.data.task_type import TASK_TYPES

SILENT = (Act.HELP, Act.OTHER)
"""Acts of which nothing else is asked."""
SAID_SHORTER: Mapping[str, str] = {"nli": "natural language inference", "dating": "dating of texts"}
"""Names that say little by themselves."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a form: its key and what may stand behind it."""

    key: str
    values: tuple[str, ...]
    optional: bool = True


@dataclass(frozen=True, slots=True)
class Before:
    """What the form tells of the turn before."""

    method: str
    task_type: str | None
    domain: str | None
    rows: int | None


def words(name: str) -> str:
    """A name of a closed vocabulary as it stands in a form."""
    return SAID_SHORTER.get(name, name.replace("_", " "))


TASKS = {words(name): name for name in TASK_TYPES}
SUBJECTS = {words(name): name for name in DOMAINS if name != "general"}


def lines(after_one: bool, with_data: bool, may_refuse: bool = True) -> tuple[Line, ...]:
    """The lines about the question as a whole."""
    acts = (act for act in sensible_acts(after_one, with_data) if may_refuse or act is not Act.OTHER)
    return (
        Line("act", tuple(acts), optional=False),
        Line("task", tuple(TASKS)),
        Line("domain", tuple(SUBJECTS)),
    )


def key_of(number: Number) -> str:
    """What stands before the colon of a number's line."""
    return " ".join(number.text.split())


def open_numbers(numbers: Sequence[Number]) -> Mapping[str, Number]:
    """Those that could mean several things, by the key of their line; a number that is written twice has one."""
    found: dict[str, Number] = {}
    for number in numbers:
        if len(number.roles) > 1:
            found.setdefault(key_of(number), number)
    return found


def number_lines(numbers: Sequence[Number]) -> tuple[Line, ...]:
    """A line for each number that could mean several things."""
    return tuple(Line(key, tuple(number.roles), optional=False) for key, number in open_numbers(numbers).items())


def asked(question: str, before: Before | None, with_data: bool) -> str:
    """The form's head: the question, and what there was before it."""
    told = [f"question: {' '.join(question.split())}"]
    if before is not None:
        said = [before.method, before.task_type, before.domain, None if before.rows is None else f"{before.rows} rows"]
        told.append(f"before: {', '.join(words(part) for part in said if part)}")
    if with_data:
        told.append("data: yes")
    return "\n".join(told) + "\n"


def heard(head: str) -> tuple[str, bool, bool]:
    """What a form's head says: the question, whether there was a recommendation before it, whether there is a file."""
    question, *state = head.splitlines()
    return question.removeprefix("question: "), any(line.startswith("before: ") for line in state), "data: yes" in state


def filled(act: Act, values: Mapping[str, str], roles: Mapping[str, Role]) -> str:
    """A form as it looks when it is filled in; `roles` by the key of each number's line."""
    told = [f"act: {act}"]
    told += [f"{key}: {values[key]}" for key in ("task", "domain") if key in values]
    told += [f"{key}: {role}" for key, role in roles.items()]
    return "\n".join(told) + "\n"


def parsed(text: str) -> dict[str, str]:
    """What a filled form says, by key."""
    pairs = (line.partition(": ") for line in text.strip().splitlines())
    return {key: value for key, found, value in pairs if found}


def pattern_of(after_one: bool, with_data: bool, numbers: Sequence[Number], may_refuse: bool = True) -> str:
    """The regular expression that a filled form fits: nothing else can be written."""
    from outlines.types.dsl import String, either, optional, to_regex

    head, *rest = lines(after_one, with_data, may_refuse)

    def line(key: str, values: Sequence[str]) -> Any:
        return String(f"{key}: ") + either(*values) + "\n"

    about: Any = String("")
    for each in (*rest, *number_lines(numbers)):
        own = line(each.key, each.values)
        about = about + (optional(own) if each.optional else own)
    silent = [value for value in head.values if value in SILENT]
    talking = [value for value in head.values if value not in SILENT]
    return str(to_regex(either(line(head.key, silent), line(head.key, talking) + about)))
