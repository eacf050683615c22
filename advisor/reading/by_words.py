"""A form filled in without any model that writes: by a hunch of the question's words, and by rules for its numbers.

What a model reads better is measured against this (benchmarks/controller.py); without a model it is what there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.reading.behind import said_behind
from advisor.reading.form import SILENT, Before, filled, lines, open_numbers
from advisor.reading.hunches import LEFT_OUT, Hunch, hunches
from advisor.reading.number import Number, Role
from advisor.reading.reading import Act
from advisor.reading.subjects import is_ours

FEW = 10
"""Fewer rows than these nobody trains on; a smaller number of which nothing is said is one of something else."""


@dataclass(frozen=True, slots=True)
class WordReader:
    """Reads by words; the order that they stand in says little to it."""

    def fill(self, question: str, numbers: Sequence[Number], before: Before | None, with_data: bool) -> str:
        """A filled form; what has no words says nothing by itself."""
        if not any(map(str.isalpha, question)):
            return filled(Act.OTHER, {}, {})
        told = {
            key: max(chances, key=lambda value: chances[value])
            for key, chances in hunch_of(question, before is not None, with_data).items()
        }
        act = Act(told.pop("act"))
        if act in SILENT:
            return filled(act, {}, {})
        roles = {key: role_of(number, question, act) for key, number in open_numbers(numbers).items()}
        return filled(act, {key: value for key, value in told.items() if value != LEFT_OUT}, roles)


def hunch_of(question: str, after_one: bool, with_data: bool) -> Hunch:
    """What a question is likely to mean, of what makes sense; nobody is sent away who speaks of our business."""
    told = hunches().of(question, after_one, with_data)
    acts = lines(after_one, with_data, may_refuse=not is_ours(question))[0]
    return {**told, acts.key: {act: told[acts.key][act] for act in acts.values}}


def role_of(number: Number, question: str, act: Act) -> Role:
    """What a number is, by what stands behind it."""
    said = number.sole or said_behind(number, question)
    if said is not None:
        return said
    if Role.SCORE in number.roles:
        return Role.SCORE if act is Act.RECORD else Role.NOTHING
    enough = number.vague or number.value >= FEW
    return Role.ROWS if Role.ROWS in number.roles and enough else Role.NOTHING
