"""Classes that are listed by name are counted where three or more stand in a row behind a word that opens a list."""

from __future__ import annotations

import pytest

from advisor.reading.listed import classes_listed


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("we marked each as order, complaint, invoice or job application", 4),
        ("whether a post is angry, sad, proud, joyful or just bored", 5),
        ("is a remark kind, neutral, or rude?", 3),
        ("Sorted: bug, feature request or question.", 3),
        ("sind die Mails Lob, Tadel oder Frage", 3),
        ("is it spam or not", None),
        ("apples, pears and plums", None),
        ("as a teacher I ask or tell", None),
        ("", None),
    ],
)
def test_a_list_says_how_many_there_are(text: str, count: int | None):
    assert classes_listed(text) == count
