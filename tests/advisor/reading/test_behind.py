"""The words behind a number say what it counts, where they leave no doubt."""

from __future__ import annotations

import pytest

from advisor.reading.behind import said_behind
from advisor.reading.numbers import Role, numbers_in


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
