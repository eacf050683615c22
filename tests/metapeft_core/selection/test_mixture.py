"""What is expected of several things that one may be: as uncertain as they differ, and never surer than they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metapeft_core.selection.mixture import pooled

LEVEL = 0.9


@st.composite
def lines(draw: st.DrawFn, most: int = 8, least: int = 2):
    """Expectations, lower and upper ends: as many lines as stand in for a task, three columns."""
    count = draw(st.integers(least, most))
    chance = np.random.default_rng(draw(st.integers(0, 10_000)))
    apart = draw(st.sampled_from([0.0, 0.1, 1.0, 100.0]))
    expected = apart * chance.normal(size=(count, 3))
    below, above = (chance.exponential(size=(count, 3)) for _ in range(2))
    return expected, expected - below, expected + above


def test_one_line_is_returned_as_it_is():
    given_lines = (np.array([[0.5, 0.6]]), np.array([[0.4, 0.6]]), np.array([[0.9, 0.7]]))
    for left, right in zip(pooled(*given_lines, LEVEL), given_lines, strict=True):
        assert np.array_equal(left, right)


@given(lines())
def test_the_mean_is_expected_and_the_ends_lie_around_it(given_lines):
    expected, low, high = pooled(*given_lines, LEVEL)
    assert expected.shape == low.shape == high.shape == (1, 3)
    assert expected[0] == pytest.approx(given_lines[0].mean(axis=0))
    assert (low <= expected).all()
    assert (expected <= high).all()


@given(lines(most=1, least=1), st.integers(2, 8))
def test_a_line_said_several_times_is_as_one_said_once(given_lines, times):
    once = [part[0] for part in given_lines]
    expected, low, high = pooled(*(np.repeat(part, times, axis=0) for part in given_lines), LEVEL)
    width = once[2] - once[1]
    assert expected[0] == pytest.approx(once[0])
    assert (abs(low[0] - once[1]) <= 0.02 * width + 1e-9).all()
    assert (abs(high[0] - once[2]) <= 0.02 * width + 1e-9).all()


@given(lines())
def test_the_ends_lie_among_those_of_the_lines_or_at_the_mean(given_lines):
    _, low, high = pooled(*given_lines, LEVEL)
    _, lows, highs = given_lines
    slack = 0.02 * (highs - lows).max(axis=0)
    assert (low[0] >= lows.min(axis=0) - slack).all()
    assert (low[0] <= lows.max(axis=0) + slack).all()
    assert (high[0] <= highs.max(axis=0) + slack).all()
    assert (high[0] >= highs.min(axis=0) - slack).all()


@given(lines(), st.data())
def test_a_line_that_becomes_less_sure_never_makes_the_whole_surer(given_lines, data):
    expected, low, high = (part.copy() for part in given_lines)
    before = pooled(expected, low, high, LEVEL)
    row = data.draw(st.integers(0, len(expected) - 1))
    low[row] -= data.draw(st.floats(0, 10))
    high[row] += data.draw(st.floats(0, 10))
    after = pooled(expected, low, high, LEVEL)
    assert (after[1] <= before[1] + 1e-9).all()
    assert (after[2] >= before[2] - 1e-9).all()


@given(st.floats(0, 1), st.floats(0.1, 10), st.floats(0.1, 10))
def test_lines_that_lie_further_apart_are_less_sure(width, apart, further):
    def told(distance):
        expected = np.array([[-distance / 2], [distance / 2]])
        return pooled(expected, expected - width, expected + width, LEVEL)

    near, far = told(apart), told(apart + further)
    assert near[0][0, 0] == pytest.approx(far[0][0, 0], abs=1e-9)
    # The grid on which they are mixed is a hundredth wide.
    assert far[2][0, 0] - far[1][0, 0] > 0.98 * (near[2][0, 0] - near[1][0, 0])
    if apart > 2 * width:
        assert far[2][0, 0] - far[1][0, 0] > near[2][0, 0] - near[1][0, 0]


@given(lines(), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_matter(given_lines, chance):
    order = list(range(len(given_lines[0])))
    chance.shuffle(order)
    for left, right in zip(pooled(*given_lines, LEVEL), pooled(*(p[order] for p in given_lines), LEVEL), strict=True):
        assert left == pytest.approx(right)


@given(lines(), st.floats(-5, 5), st.floats(0.1, 10))
def test_another_scale_changes_the_numbers_and_not_the_interval(given_lines, shift, scale):
    plain = pooled(*given_lines, LEVEL)
    moved = pooled(*(shift + scale * part for part in given_lines), LEVEL)
    for left, right in zip(plain, moved, strict=True):
        assert shift + scale * left == pytest.approx(right, abs=1e-7)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_the_interval_holds_its_share_of_what_is_drawn_from_the_lines(level: float):
    chance = np.random.default_rng(0)
    expected = np.array([[0.0], [2.0], [10.0]])
    below, above = np.array([[1.0], [0.5], [3.0]]), np.array([[2.0], [0.5], [1.0]])
    _, low, high = pooled(expected, expected - below, expected + above, level)
    # Each line spread evenly to its ends, which hold `level` of it, and as evenly beyond.
    place = chance.uniform(-1, 1, size=30_000) / level
    line = chance.integers(0, 3, size=30_000)
    values = expected[line, 0] + place * np.where(place < 0, below[line, 0], above[line, 0])
    assert ((values >= low[0, 0]) & (values <= high[0, 0])).mean() == pytest.approx(level, abs=0.02)
