"""What lies far from all that is known is called so."""

from __future__ import annotations

import numpy as np

from metapeft_core.selection.novelty import MOST, Novelty


def known(count: int = 200, seed: int = 0):
    return np.random.default_rng(seed).normal(size=(count, 5))


def test_more_of_the_same_is_hardly_ever_new():
    novelty = Novelty.fitted(known(), range(200))
    found = novelty.of(known(500, seed=1))
    assert 0.8 < (found < 1).mean() < 0.97


def test_the_farther_away_the_newer():
    novelty = Novelty.fitted(known(), range(200))
    found = novelty.of(np.outer([0.0, 3.0, 6.0, 9.0], np.ones(5)))
    assert (np.diff(found) > 0).all()
    assert found[0] < 1
    assert found[1] > 1.5
    assert novelty.of(np.full((1, 5), 1e9))[0] == MOST


def test_what_is_not_known_makes_newer_but_not_alien():
    novelty = Novelty.fitted(known(), range(200))
    gaps = np.array([[0.0, 0.0, 0.0, 0.0, 0.0], [np.nan, 0.0, 0.0, 0.0, 0.0], [np.nan] * 5])
    found = novelty.of(gaps)
    assert found[0] < found[1] < found[2] < 3


def test_members_of_a_group_say_nothing_of_how_new_others_are():
    twins = np.repeat(known(60), 4, axis=0)
    apart = Novelty.fitted(twins, np.repeat(np.arange(60), 4).tolist())
    assert (apart.of(known(300, seed=1)) < 1).mean() > 0.6


def test_one_group_alone_is_no_trouble():
    assert np.isfinite(Novelty.fitted(known(3), ["one"] * 3).of(known(2))).all()
