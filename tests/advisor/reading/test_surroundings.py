"""What stands around a number: nearer words count more, sides are told apart, and the whole has the length one."""

from __future__ import annotations

from math import isclose

from hypothesis import given
from hypothesis import strategies as st

from advisor.reading.number import PLAIN, Number
from advisor.reading.numbers import numbers_in
from advisor.reading.surroundings import BUCKETS, surroundings


def alike(one: str, other: str) -> float:
    """How much the surroundings of the first numbers of two texts are alike."""
    first, second = (surroundings(numbers_in(text)[0], text) for text in (one, other))
    return sum(much * second.get(bucket, 0.0) for bucket, much in first.items())


@given(st.text(), st.text(), st.floats(min_value=0, max_value=1e12))
def test_there_is_always_something_around_a_number_and_its_length_is_one(before: str, after: str, value: float):
    found = surroundings(Number("7", len(before), value, PLAIN), f"{before}7{after}")
    assert all(0 <= bucket < BUCKETS for bucket in found)
    assert isclose(sum(much * much for much in found.values()), 1)


def test_the_noun_behind_says_more_than_a_word_far_away():
    assert alike("400 poems", "300 poems") > alike("400 poems", "300 of something, in old books, and with poems")


def test_sides_are_told_apart():
    assert alike("rows 40", "rows 50") > alike("rows 40", "50 rows")


def test_numbers_of_one_size_are_more_alike():
    assert alike("400 poems", "500 poems") > alike("400 poems", "5 poems") > alike("400 poems", "5 floors")


def test_pieces_make_endings_and_words_without_spaces_alike():
    assert alike("400 kategorii", "400 kategoriami") > alike("400 kategorii", "400 wierszy")
    assert alike("400条评论", "400条短信") > alike("400条评论", "400个类别")
