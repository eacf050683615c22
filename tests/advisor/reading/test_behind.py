"""The words behind a number say what it counts, where they leave no doubt."""

from __future__ import annotations

import pytest

from advisor.reading.behind import can_count, is_replaced, said_behind
from advisor.reading.number import Role
from advisor.reading.numbers import numbers_in


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("500 examples", Role.ROWS),
        ("500 labelled samples", Role.ROWS),
        ("500 Beispiele", Role.ROWS),
        ("1024 tokens per text", Role.TOKENS),
        ("120 words each", Role.TOKENS),
        ("300 training steps", Role.STEPS),
        ("300 steps", Role.STEPS),
        ("6 different classes", Role.CLASSES),
        ("five severity levels", Role.CLASSES),
        ("350M parameters", Role.PARAMETERS),
        ("40 staff", Role.NOTHING),
        ("two people", Role.NOTHING),
        ("2 more annotators", Role.NOTHING),
        ("500 tweets", None),
        ("500", None),
        ("500 stepsons", None),
        ("20 peoples' letters", None),
        ("8 GB examples", None),
    ],
)
def test_the_words_behind_a_number_say_what_it_counts(text: str, role: Role | None):
    assert said_behind(numbers_in(text)[0], text) == role


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("from 24 GB to 12 GB", [True, False]),
        ("nine of them now instead of four", [False, True]),
        ("of the 40,000 tweets only 25,000 are labelled", [True, False]),
        ("12 GB instead of 24 GB", [False, True]),
        ("500 tweets", [False]),
    ],
)
def test_a_number_may_stand_for_what_was_before(text: str, replaced: list[bool]):
    assert [is_replaced(number, text) for number in numbers_in(text)] == replaced


@pytest.mark.parametrize(
    ("text", "role", "possible"),
    [
        ("500 steps", Role.STEPS, True),
        ("500 tweets", Role.STEPS, False),
        ("900 tokens", Role.TOKENS, True),
        ("długość 900 tokenów", Role.TOKENS, True),
        ("每条五百字", Role.TOKENS, True),
        ("500 tweets", Role.TOKENS, False),
        ("definitions 4 words", Role.TOKENS, False),
        ("500 tweets", Role.ROWS, True),
    ],
)
def test_steps_and_lengths_are_said_by_their_names(text: str, role: Role, possible: bool):
    number = next(iter(numbers_in(text)), None) or numbers_in("500")[0]
    assert can_count(number, role, text) == possible
