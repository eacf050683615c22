"""Intervals hold as often as they say, and probabilities come true as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metapeft_core.selection.chances import Chances, near_best
from metapeft_core.selection.conformal import Conformal


@given(level=st.sampled_from([0.5, 0.8, 0.9, 0.95]), seed=st.integers(0, 20))
def test_intervals_cover_their_share_of_errors_of_the_same_kind(level, seed):
    chance = np.random.default_rng(seed)
    scales = np.exp(chance.normal(size=8000))
    errors = scales * (chance.exponential(size=8000) - 0.7)
    fitted = Conformal.fitted(errors[:4000], scales[:4000])
    low, high = fitted.interval(np.zeros(4000), scales[4000:], level)
    assert ((errors[4000:] >= low) & (errors[4000:] <= high)).mean() == pytest.approx(level, abs=0.04)


def test_few_errors_reach_to_the_worst_of_them_and_none_gives_no_width():
    few = Conformal.fitted(np.array([-1.0, 0.5, np.nan, 2.0]), np.ones(4))
    assert [float(end[0]) for end in few.interval(np.zeros(1), np.ones(1), 0.9)] == [-1.0, 2.0]
    none = Conformal.fitted(np.array([np.nan]), np.ones(1))
    assert [float(end[0]) for end in none.interval(np.ones(1), np.ones(1), 0.9)] == [1.0, 1.0]


def cases(count: int, seed: int):
    chance = np.random.default_rng(seed)
    expected = 0.03 * chance.normal(size=(count, 5))
    scales = np.exp(0.5 * chance.normal(size=count)) * 0.03
    return expected, scales, expected + scales[:, None] * chance.normal(size=(count, 5)), chance


def test_probabilities_of_being_near_the_best_come_true():
    expected, scales, scores, chance = cases(4000, 0)
    said = Chances(chance.normal(size=500), 0.02).of(expected, scales)
    came = near_best(scores, 0.02)
    for low in np.arange(0.1, 0.9, 0.2):
        within = (said >= low) & (said < low + 0.2)
        assert came[within].mean() == pytest.approx(said[within].mean(), abs=0.05)


@pytest.mark.parametrize("wrong_by", [0.3, 3.0])
def test_errors_of_the_wrong_size_are_put_right_by_what_came_true(wrong_by: float):
    expected, scales, scores, chance = cases(2000, 1)
    plain = Chances(chance.normal(size=500) * wrong_by, 0.02)
    corrected = plain.calibrated(expected, scales, near_best(scores, 0.02))
    fresh, fresh_scales, fresh_scores, _ = cases(2000, 2)
    came = near_best(fresh_scores, 0.02)

    def loss(said):
        return -(came * np.log(said) + (1 - came) * np.log1p(-said)).mean()

    assert loss(corrected.of(fresh, fresh_scales)) < loss(plain.of(fresh, fresh_scales)) - 0.005


def test_where_errors_are_larger_than_usual_less_is_said_if_less_came_true():
    chance = np.random.default_rng(3)
    scales = np.where(np.arange(400) % 2 == 0, 0.01, 0.08)
    expected = np.zeros((400, 3))
    # Whatever is counted: where errors are small nine of ten came true, where they are large two of ten.
    came = (chance.random((400, 3)) < np.where(scales < 0.05, 0.9, 0.2)[:, None]).astype(float)
    said = Chances(chance.normal(size=500), 0.05).calibrated(expected, scales, came).of(expected, scales)
    assert said[scales < 0.05].mean() == pytest.approx(0.9, abs=0.05)
    assert said[scales > 0.05].mean() == pytest.approx(0.2, abs=0.05)


def test_what_is_not_allowed_is_never_near_the_best():
    said = Chances(np.random.default_rng(0).normal(size=100), 0.02).of(
        np.array([[0.0, 0.5, -np.inf]]), np.array([0.05])
    )
    assert said[0, 2] < 0.01
    assert said[0, 1] > 0.9


def test_who_was_near_the_best_is_unknown_where_one_was_not_tried():
    found = near_best(np.array([[0.5, 0.49, 0.3], [0.5, np.nan, 0.3]]), 0.02)
    assert found[0].tolist() == [1, 1, 0]
    assert np.isnan(found[1]).all()
