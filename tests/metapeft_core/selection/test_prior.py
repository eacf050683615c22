"""What candidates are worth whatever the instance."""

from __future__ import annotations

import numpy as np
import pytest

from metapeft_core.selection.prior import fit_prior
from metapeft_core.selection.table import score_table


def worth_of(scores, **told):
    table = score_table(np.zeros((len(scores), 1)), scores, **told)
    found = fit_prior(table).of(table.traits)
    return found - found.mean()


def test_with_every_cell_and_many_instances_it_is_the_mean_difference():
    chance = np.random.default_rng(0)
    scores = chance.normal(size=(400, 1)) + np.array([0.3, 0.0, -0.3]) + 0.1 * chance.normal(size=(400, 3))
    assert worth_of(scores) == pytest.approx([0.3, 0.0, -0.3], abs=0.02)


def test_hard_instances_do_not_count_against_the_candidates_that_were_tried_on_them():
    chance = np.random.default_rng(1)
    scores = np.array([0.1, 0.0, -0.1]) + 0.02 * chance.normal(size=(300, 3))
    hard = np.arange(300) % 2 == 0
    scores[hard] -= 0.5
    scores[hard, 2] = np.nan
    scores[~hard, 0] = np.nan
    assert worth_of(scores) == pytest.approx([0.1, 0.0, -0.1], abs=0.02)


def test_one_lucky_trial_does_not_make_a_favourite():
    chance = np.random.default_rng(2)
    scores = np.full((100, 6), np.nan)
    scores[:, :5] = np.array([0.02, 0.01, 0.0, -0.01, -0.02]) + 0.03 * chance.normal(size=(100, 5))
    scores[0, 5] = np.nanmax(scores[0]) + 0.03
    assert worth_of(scores).argmax() == 0


def test_traits_lend_what_is_known_to_candidates_that_share_them():
    chance = np.random.default_rng(3)
    traits = chance.normal(size=(20, 2))
    scores = traits @ [0.1, -0.05] + 0.01 * chance.normal(size=(60, 20))
    scores[:, 10:] = np.nan
    found = worth_of(scores, traits=traits)
    assert np.corrcoef(found[10:], (traits @ [0.1, -0.05])[10:])[0, 1] > 0.98


def test_weights_of_nothing_take_an_instance_out():
    scores = np.array([[1.0, 0.0]] * 20 + [[0.0, 5.0]])
    weighed = worth_of(scores, weights=[1.0] * 20 + [0.0])
    assert weighed.argmax() == 0
