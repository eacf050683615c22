"""A form filled in without any model that writes: by what the words of the question speak for.

What a model reads better is measured against this (benchmarks/controller.py); without a model it is what there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.reading.form import SILENT, Before, filled, lines, open_numbers
from advisor.reading.hunches import LEFT_OUT, Hunch, hunches
from advisor.reading.number import Number, Role
from advisor.reading.reading import Act
from advisor.reading.roles import roles
from advisor.reading.subjects import is_ours


@dataclass(frozen=True, slots=True)
class WordReader:
    """Reads by words; the order that they stand in says little to it."""

    def fill(self, question: str, numbers: Sequence[Number], before: Before | None, with_data: bool) -> str:
        """A filled form; what has no words says nothing by itself."""
        if not any(map(str.isalpha, question)):
            return filled(Act.OTHER, {}, {})
        hunch = hunch_of(question, before is not None, with_data, numbers)
        told = {key: max(chances, key=lambda value: chances[value]) for key, chances in hunch.items()}
        act = Act(told["act"])
        if act in SILENT:
            return filled(act, {}, {})
        counted = {key: Role(told[key]) for key in open_numbers(numbers)}
        return filled(act, {key: told[key] for key in ("task", "domain") if told[key] != LEFT_OUT}, counted)


def hunch_of(question: str, after_one: bool, with_data: bool, numbers: Sequence[Number] = ()) -> Hunch:
    """What a question is likely to mean, of what makes sense; nobody is sent away who speaks of our business."""
    told = hunches().of(question, after_one, with_data)
    acts = lines(after_one, with_data, may_refuse=not is_ours(question))[0]
    own = {acts.key: {act: told[acts.key][act] for act in acts.values}}
    return {**told, **own, **{key: roles().of(number, question) for key, number in open_numbers(numbers).items()}}
