"""A beginning of a form is as likely as all forms that go on from it."""

from __future__ import annotations

from math import exp, isclose

import pytest

from advisor.reading.leaning import HARDLY, leaning_of

HUNCH = {
    "act": {"recommend": 0.5, "refine": 0.2, "other": 0.3},
    "task": {"": 0.4, "topic": 0.5, "translation": 0.1},
    "domain": {"": 0.75, "news": 0.25},
    "500": {"rows": 0.7, "tokens": 0.2, "nothing": 0.1},
    "two thousand": {"rows": 0.5, "nothing": 0.5},
}


@pytest.mark.parametrize(
    ("text", "chance"),
    [
        ("", 1.0),
        ("a", 1.0),
        ("act: re", 0.7),
        ("act: rec", 0.5),
        ("act: x", HARDLY),
        ("act: other\n", 1.0),
        ("act: recommend\n", 1.0),
        ("act: recommend\nta", 0.6),
        ("act: recommend\ntask: to", 0.5),
        ("act: recommend\ntask: tr", 0.1),
        ("act: recommend\nd", 0.4 * 0.25),
        ("act: recommend\n5", 0.4 * 0.75),
        ("act: recommend\nt", 0.6 + 0.4 * 0.75),
        ("act: recommend\ntask: topic\nd", 0.25),
        ("act: recommend\ntask: topic\n500: r", 0.75 * 0.7),
        ("act: recommend\ntask: topic\n7", HARDLY),
        ("act: recommend\ndomain: news\n5", 1.0),
        ("act: recommend\n500: rows\ntwo", 1.0),
        ("act: recommend\n500: rows\ntwo thousand: ", 1.0),
        ("act: recommend\n500: rows\ntwo thousand: no", 0.5),
        ("act: recommend\n500: rows\ntwo thousand: t", HARDLY),
    ],
)
def test_a_beginning_is_as_likely_as_what_goes_on_from_it(text: str, chance: float):
    assert isclose(exp(leaning_of(HUNCH)(text, False)), chance)


@pytest.mark.parametrize(
    ("text", "chance"),
    [
        ("act: other\n", 1.0),
        ("act: recommend\n", 0.4 * 0.75),
        ("act: recommend\ntask: topic\n", 0.75),
        ("act: recommend\ndomain: news\n", 1.0),
    ],
)
def test_to_end_is_as_likely_as_that_nothing_else_is_said(text: str, chance: float):
    assert isclose(exp(leaning_of(HUNCH)(text, True)), chance)


def test_the_weight_says_how_much_a_hunch_counts():
    twice, nothing = (leaning_of(HUNCH, weight)("act: rec", False) for weight in (2.0, 0.0))
    assert isclose(exp(twice), 0.25)
    assert nothing == 0
