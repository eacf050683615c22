"""Hunches of what a question means: chances that sum to one, from words in many languages and misspelt ones."""

from __future__ import annotations

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reading.form import SUBJECTS, TASKS
from advisor.reading.hunches import KEYS, LEFT_OUT, PLACE, hunches
from advisor.reading.reading import Act


def likeliest(question: str, after_one: bool = False, with_data: bool = False) -> dict[str, str]:
    found = hunches().of(question, after_one, with_data)
    return {key: max(chances, key=lambda value: chances[value]) for key, chances in found.items()}


def test_what_ships_is_small_and_speaks_of_every_value():
    assert PLACE.stat().st_size < 10_000_000
    values = hunches().values
    assert tuple(values) == KEYS
    assert set(values["act"]) == set(Act)
    assert set(values["task"]) == {*TASKS, LEFT_OUT}
    assert set(values["domain"]) == {*SUBJECTS, LEFT_OUT}


@given(st.text(), st.booleans(), st.booleans())
def test_the_chances_of_a_line_sum_to_one_whatever_is_asked(question: str, after_one: bool, with_data: bool):
    for chances in hunches().of(question, after_one, with_data).values():
        assert all(0 <= chance <= 1 for chance in chances.values())
        assert isclose(sum(chances.values()), 1)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("which method tells happy reviews from angry ones, 900 of them", ("recommend", "sentiment")),
        ("quelle méthode pour résumer 300 articles de journal", ("recommend", "summarisation")),
        ("Welche Methode, um Spam von echten Mails zu trennen?", ("recommend", "spam")),
        ("wich methd 2 translte subtitels, 4k pares", ("recommend", "translation")),
        ("what is prefix tuning", ("explain", LEFT_OUT)),
    ],
)
def test_act_and_task_are_sensed_in_many_languages_and_misspelt(question: str, told: tuple[str, str]):
    found = likeliest(question)
    assert (found["act"], found["task"]) == told


def test_the_state_that_a_question_is_asked_in_counts():
    question = "and with 8 GB?"
    alone, after = (hunches().of(question, after_one, False)["act"]["refine"] for after_one in (False, True))
    assert after > alone
    question = "how many rows are there"
    alone, beside = (hunches().of(question, False, with_data)["act"]["describe"] for with_data in (False, True))
    assert beside > alone


def test_who_says_nothing_is_told_nothing_of_task_and_domain():
    for question in ("", "?!", "zzzz"):
        found = likeliest(question)
        assert (found["task"], found["domain"]) == (LEFT_OUT, LEFT_OUT)
