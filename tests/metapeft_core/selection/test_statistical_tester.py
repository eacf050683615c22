"""Differences that are there are found, those that are not are not, and groups count as what they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wilcoxon

from metapeft_core.selection.statistical_tester import StatisticalTester

TESTER = StatisticalTester(resamples=1000)


def test_an_interval_covers_the_true_difference_about_as_often_as_it_says():
    chance = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        ours, theirs = chance.normal(0.3, 1, 60), chance.normal(0, 1, 60)
        found = StatisticalTester(level=0.9, resamples=300).compare(ours, theirs)
        covered += found.low <= 0.3 <= found.high
    assert 0.84 <= covered / 300 <= 0.95


def test_a_clear_difference_is_found_and_its_opposite_is_its_mirror():
    chance = np.random.default_rng(0)
    theirs = chance.normal(size=40)
    ours = theirs + 0.5 + 0.2 * chance.normal(size=40)
    found, mirrored = TESTER.compare(ours, theirs), TESTER.compare(theirs, ours)
    assert found.is_better
    assert not mirrored.is_better
    assert found.p_value == mirrored.p_value < 1e-6
    assert found.difference == pytest.approx(-mirrored.difference)
    assert (found.low, found.high) == (pytest.approx(-mirrored.high), pytest.approx(-mirrored.low))


def test_cases_of_one_group_are_not_counted_as_so_many_witnesses():
    chance = np.random.default_rng(0)
    differences = np.repeat(chance.normal(0, 1, 8), 50) + 0.01 * chance.normal(size=400)
    groups = np.repeat(np.arange(8), 50).tolist()
    alone, together = TESTER.compare(differences, np.zeros(400)), TESTER.compare(differences, np.zeros(400), groups)
    assert (alone.groups, together.groups, together.cases) == (400, 8, 400)
    assert together.high - together.low > 4 * (alone.high - alone.low)
    assert together.p_value > alone.p_value


def test_the_p_value_is_wilcoxons_over_the_groups():
    chance = np.random.default_rng(3)
    differences, groups = chance.normal(0.2, 1, 60), [f"family-{n % 12}" for n in range(60)]
    means = [differences[[i for i in range(60) if i % 12 == family]].mean() for family in range(12)]
    found = TESTER.compare(differences, np.zeros(60), groups)
    assert found.p_value == pytest.approx(wilcoxon(means).pvalue)


@given(values=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30))
def test_the_same_scores_never_differ(values):
    found = StatisticalTester(resamples=100).compare(values, values)
    assert (found.difference, found.low, found.high, found.p_value) == (0, 0, 0, 1)


@given(values=st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30), seed=st.integers(0, 99))
def test_the_same_seed_gives_the_same_interval_and_it_holds_the_mean_of_equals(values, seed):
    tester = StatisticalTester(resamples=100, seed=seed)
    zeros = [0.0] * len(values)
    found = tester.compare(values, zeros)
    assert found == tester.compare(values, zeros)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


def test_what_cannot_be_compared_is_refused():
    for ours, theirs, groups in (([], [], None), ([1.0], [0.5], ["a", "b"])):
        with pytest.raises(ValueError, match="one group a case"):
            TESTER.compare(ours, theirs, groups)
    with pytest.raises(ValueError, match="level is 95"):
        StatisticalTester(level=95)
    with pytest.raises(ValueError, match="at least 100"):
        StatisticalTester(resamples=5)
