"""A question becomes a reading: filled in by a model or by words, and held against its own text. Knows no tool.

What the text says beyond doubt is not left to anybody: which numbers stand in it, what they are worth and often what
they count, which methods, models, tools, tasks, domains and languages it names. Whoever reads says the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from advisor.reading.behind import can_count, is_replaced, said_behind
from advisor.reading.form import SILENT, SUBJECTS, TASKS, Before, key_of, parsed
from advisor.reading.languages import language_in
from advisor.reading.listed import classes_listed
from advisor.reading.names import methods_in, model_in, model_places, targets_in
from advisor.reading.number import Number, Role
from advisor.reading.numbers import numbers_in
from advisor.reading.reading import Act, Reading
from advisor.reading.subjects import domains_in, held, hinted_tasks, task_of, tasks_in
from knowledge.brief import MOST, TaskBrief
from metapeft_core.data.task_type import CLASSIFICATION_TYPES


class Reader(Protocol):
    """Whoever fills in the form of a question."""

    def fill(self, question: str, numbers: Sequence[Number], before: Before | None, with_data: bool) -> str: ...


def read(question: str, reader: Reader, before: Before | None = None, with_data: bool = False) -> Reading:
    """Read a question, and hold what its reader says against its text."""
    numbers = numbers_beside_names(question)
    return checked(question, numbers, *understood(reader.fill(question, numbers, before, with_data), numbers))


def numbers_beside_names(question: str) -> tuple[Number, ...]:
    """The numbers of a question that are no part of a model's name, and what each can mean there."""
    named = model_places(question)
    return tuple(
        replace(number, roles=tuple(role for role in number.roles if can_count(number, role, question)))
        for number in numbers_in(question)
        if not any(start <= number.start < end for start, end in named)
    )


def understood(form: str, numbers: Sequence[Number]) -> tuple[dict[str, str], dict[str, Role]]:
    """What a filled form says, in the names of the closed vocabularies."""
    told = parsed(form)
    values = {"act": told["act"]}
    for key, names in (("task", TASKS), ("domain", SUBJECTS)):
        if key in told:
            values[key] = names[told[key]]
    roles = {}
    for number in numbers:
        key = key_of(number)
        roles[number.text] = Role(told[key]) if key in told else number.sole or Role.NOTHING
    return values, roles


def checked(question: str, numbers: Sequence[Number], values: Mapping[str, str], roles: Mapping[str, Role]) -> Reading:
    """A reading in which every number and name stands in the question."""
    act = Act(values["act"])
    tells_languages = "language_id" in (values.get("task"), *tasks_in(question), *hinted_tasks(question))
    by_role = _by_role(question, numbers, roles, tells_languages)
    rows = by_role.get(Role.ROWS)
    model = model_in(question)
    targets = targets_in(question)
    return Reading(
        act,
        TaskBrief() if act in SILENT else _brief(question, values, by_role, act in BEGINNING),
        methods_in(question),
        model,
        None if model else _value(by_role, Role.PARAMETERS),
        _value(by_role, Role.MEMORY),
        _value(by_role, Role.MINUTES),
        _whole(by_role, Role.STEPS),
        _value(by_role, Role.SCORE) if act is Act.RECORD else None,
        targets[0] if targets else None,
        rows.text if rows is not None and rows.vague else None,
    )


def _by_role(
    question: str, numbers: Sequence[Number], roles: Mapping[str, Role], tells_languages: bool
) -> dict[Role, Number]:
    """The number for each role: one of which the text leaves no doubt, else one that the reader gave it."""
    sure = {number: said_behind(number, question, tells_languages) or number.sole for number in numbers}
    found: dict[Role, Number] = {}

    def weight(one: Number) -> tuple[float, ...]:
        # "Some tweets, 500 of them" says how many, and so does "sixty a day, and of last year's we labelled 2,340".
        counts_rows = roles.get(one.text) is Role.ROWS
        few, most = one.value < HANDFUL, -one.value if counts_rows else 0.0
        return is_replaced(one, question), sure[one] is None, one.vague, few, most

    for number in sorted(numbers, key=weight):
        role = sure[number] or roles.get(number.text, Role.NOTHING)
        if sure[number] is None and role in found and role in COUNTS:
            # What the classes are may be known already.
            role = Role.ROWS
        if role is not Role.NOTHING and role in number.roles:
            found.setdefault(role, number)
    rows = found.get(Role.ROWS)
    if Role.ROWS in roles.values() and (rows is None or is_replaced(rows, question)):
        # There are rows, and they are not those that the reader took for them: then the number that is left.
        free = [one for one in numbers if sure[one] is None and one not in found.values() and Role.ROWS in one.roles]
        left = [one for one in free if one.value >= HANDFUL]
        found |= {Role.ROWS: left[0]} if len(left) == 1 else {}
    return found


BEGINNING = (Act.RECOMMEND, Act.EXPORT)
"""Acts that need a task, and say it themselves where nothing was said before."""
COUNTS = (Role.CLASSES, Role.STEPS, Role.TOKENS)
HANDFUL = 5
"""Fewer rows than these are hardly meant where another number may be that of the rows."""
EACH = re.compile(r"^ ?(?:\w+ ){0,2}?(?:per|each|pro|par|por|for (?:each|every))\b", re.I)
"""Behind a number of rows they say that there are so many of every class."""


def _brief(question: str, values: Mapping[str, str], numbers: Mapping[Role, Number], begins: bool) -> TaskBrief:
    rows, classes = numbers.get(Role.ROWS), _whole(numbers, Role.CLASSES)
    task = task_of(values.get("task"), question, classes, begins)
    if classes is None and begins and task in CLASSIFICATION_TYPES:
        classes = classes_listed(question)
    count = None if rows is None or rows.vague else max(1, round(rows.value))
    if rows is not None and count is not None and classes and EACH.match(question[rows.end :]):
        count = min(count * classes, MOST)
    return TaskBrief(
        count,
        task,
        held(values.get("domain"), domains_in(question)),
        language_in(question),
        classes if classes is None or classes > 1 else None,
        _whole(numbers, Role.TOKENS),
    )


def _value(numbers: Mapping[Role, Number], role: Role) -> float | None:
    found = numbers.get(role)
    return None if found is None or found.vague else found.value


def _whole(numbers: Mapping[Role, Number], role: Role) -> int | None:
    value = _value(numbers, role)
    return None if value is None else max(1, round(value))
