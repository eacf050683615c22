"""What is written in many ways is still worth the same, and slips of the keyboard leave numbers alone."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reading.number import Role
from advisor.reading.numbers import numbers_in
from advisor.tuning import wording

SEEDS = st.integers(0, 10**9)


@given(SEEDS)
def test_an_amount_is_read_as_the_value_it_was_written_for(seed: int):
    shown, value = wording.amount(Random(seed))
    found = numbers_in(f"{shown} rows")
    assert [(number.text, number.value) for number in found] == [(shown, pytest.approx(value))]
    assert Role.ROWS in found[0].roles


@pytest.mark.parametrize("value", sorted({*wording.VALUES, *range(2, 100), 100, 150, 1000, 1500, 12_000}))
def test_a_number_that_is_spelt_out_is_read_as_its_value(value: int):
    spelt = wording._spelt(value)
    assert not spelt or [number.value for number in numbers_in(spelt)] == [value]


@given(SEEDS)
def test_memory_is_read_as_memory(seed: int):
    (number,) = numbers_in(wording.memory(Random(seed)))
    assert number.roles == (Role.MEMORY,)
    assert 2 <= number.value <= 80


@pytest.mark.parametrize(
    "hours", ["hours", "Stunden", "heures", "horas", "ore", "uur", "godziny", "часа", "小时", "時間"]
)
def test_a_time_is_read_as_a_time(hours: str):
    for seed in range(60):
        (number,) = numbers_in(wording.duration(Random(seed), hours))
        assert number.roles == (Role.MINUTES,)
        assert 5 <= number.value <= 1440


@given(SEEDS)
def test_a_score_is_read_as_a_share(seed: int):
    (number,) = numbers_in(wording.score(Random(seed)))
    assert Role.SCORE in number.roles
    assert 0.19 < number.value <= 1


@given(SEEDS, st.text("abc XYZ,.?' déй条\n", max_size=60))
def test_careless_writing_keeps_the_text_nearly_as_it_was(seed: int, text: str):
    shown = wording.careless(text, Random(seed))
    assert abs(len(shown) - len(text)) <= 3 + len(re.findall(r"[,.?']", text))


@given(SEEDS)
def test_slips_change_no_digit(seed: int):
    text = "sorting 2,500 mails into 12 folders on 8 GB, please"
    shown = wording.careless(text, Random(seed))
    assert re.findall(r"\d", shown) == re.findall(r"\d", text)


def test_some_are_careless_and_some_are_not():
    text = "Which method sorts 40 contracts best?"
    shown = {wording.careless(text, Random(seed)) for seed in range(200)}
    assert {text, text.lower(), text.upper()} <= shown
    assert len(shown) > 20
