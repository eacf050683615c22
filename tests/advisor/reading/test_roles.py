"""What a number is likely to be: chances of the roles that it can have, from what stands around it."""

from __future__ import annotations

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reading.number import PLAIN, Number, Role
from advisor.reading.numbers import numbers_in
from advisor.reading.roles import LEAST, PLACE, roles

OPEN = st.lists(st.sampled_from(list(Role)), min_size=2, unique=True).map(tuple)


def likeliest(question: str) -> list[str]:
    told = [roles().of(number, question) for number in numbers_in(question)]
    return [max(chances, key=lambda role: chances[role]) for chances in told]


def test_what_ships_is_small_and_speaks_of_plain_roles():
    assert PLACE.stat().st_size < 1_000_000
    assert {*PLAIN, Role.SCORE, Role.PARAMETERS} <= set(roles().roles)


@given(st.text(), st.text(), OPEN, st.floats(min_value=0, max_value=1e12))
def test_the_chances_are_of_what_a_number_can_be_and_sum_to_one(
    before: str, after: str, offered: tuple[Role, ...], value: float
):
    chances = roles().of(Number("7", len(before), value, offered), f"{before}7{after}")
    assert list(chances) == list(offered)
    assert all(chance >= LEAST / len(offered) / 2 for chance in chances.values())
    assert isclose(sum(chances.values()), 1)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("500 poems", ["rows"]),
        ("500 letters in 12 piles", ["rows", "classes"]),
        ("they come in five sorts, 1,200 of them", ["classes", "rows"]),
        ("our office has 14 floors", ["nothing"]),
        ("1500 Gedichte, jedes etwa 80 Wörter lang", ["rows", "tokens"]),
        ("有3000条评论", ["rows"]),
    ],
)
def test_rows_classes_and_lengths_are_told_apart(question: str, told: list[str]):
    assert likeliest(question) == told
