"""What behaving alike means: differences between candidates count, levels and missing cells do not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from metapeft_core.embedding.behaviour import agreement, behaviour_distances, strangers

NAN = float("nan")


def one_by_one(scores, noise: float):
    """The definition, pair by pair."""
    found = np.full((len(scores), len(scores)), NAN)
    for i, a in enumerate(scores):
        for j, b in enumerate(scores):
            both = ~np.isnan(a) & ~np.isnan(b)
            if both.sum() >= 2:
                found[i, j] = np.std((a - b)[both], ddof=1) / noise
    return found


def holed(count: int, candidates: int, share: float):
    chance = np.random.default_rng(0)
    scores = chance.random((count, candidates))
    scores[chance.random(scores.shape) < share] = NAN
    return scores


@pytest.mark.parametrize("share", [0.0, 0.4, 0.8])
def test_distances_are_the_spread_of_the_difference_over_shared_candidates(share: float):
    scores = holed(30, 5, share)
    assert np.allclose(behaviour_distances(scores, 0.02), one_by_one(scores, 0.02), atol=1e-5, equal_nan=True)


def test_a_task_that_is_harder_for_all_is_no_farther_away():
    scores = holed(10, 5, 0.0)
    harder = scores - np.linspace(0, 0.5, 10)[:, None]
    assert np.allclose(behaviour_distances(scores, 0.02), behaviour_distances(harder, 0.02), atol=1e-5)


def test_instances_that_share_one_candidate_are_not_compared():
    scores = np.array([[0.5, 0.6, NAN, NAN], [NAN, 0.7, 0.2, NAN], [0.1, 0.2, 0.3, 0.4]])
    distances = behaviour_distances(scores, 0.02)
    assert np.isnan(distances[0, 1])
    assert np.isfinite(distances[0, 2])
    assert np.isfinite(distances[1, 2])


def test_differences_by_chance_alone_are_the_root_of_two_on_average():
    chance = np.random.default_rng(1)
    scores = 0.7 + 0.03 * chance.normal(size=(200, 6))
    distances = behaviour_distances(scores, 0.03)[np.triu_indices(200, 1)]
    assert np.sqrt(np.mean(distances**2)) == pytest.approx(np.sqrt(2), rel=0.03)


@pytest.mark.parametrize("noise", [0.0, -1.0, NAN, float("inf")])
def test_a_noise_that_is_none_is_refused(noise: float):
    with pytest.raises(ValueError, match="standard deviation"):
        behaviour_distances(np.ones((2, 2)), noise)


def test_agreement_is_the_rank_correlation_of_scipy():
    chance = np.random.default_rng(2)
    seeming, true = (np.round(chance.random((12, 12)), 1) for _ in range(2))
    counted = strangers(None, 12)
    found = agreement(seeming, true, counted)
    for row in range(12):
        others = counted[row]
        assert found[row] == pytest.approx(spearmanr(seeming[row, others], -true[row, others])[0])


def test_agreement_leaves_out_what_does_not_count_and_tells_where_too_little_is_left():
    true = np.array([[0.0, 1, 2, 3, 4, NAN]] * 6)
    seeming = -true
    seeming[:, 5] = 99.0
    assert np.allclose(agreement(np.nan_to_num(seeming), true, np.ones((6, 6), bool)), 1)
    few = np.zeros((6, 6), bool)
    few[:, :3] = True
    assert np.isnan(agreement(seeming, true, few)).all()


def test_vectors_that_tell_none_apart_agree_with_nothing():
    true = np.random.default_rng(3).random((5, 5))
    assert np.allclose(agreement(np.ones((5, 5)), true, np.ones((5, 5), bool)), 0)


def test_strangers_are_of_different_groups():
    assert strangers(["a", "b", "a"], 3).tolist() == [[False, True, False], [True, False, True], [False, True, False]]
    with pytest.raises(ValueError, match="give one an instance"):
        strangers(["a"], 3)
