"""Verdicts: intervals that hold, ties that are ties, and the safe choice where nothing is known."""

from __future__ import annotations

import numpy as np
import pytest
from made_up_choices import SMALL, choices, closed_gap

from metapeft_core.selection.judge import Judge, JudgeSettings, fit_judge
from metapeft_core.selection.table import score_table

FLOOR = 0.03


def fitted(table, **told) -> Judge:
    known = score_table(table.features, table.scores, groups=table.groups)
    return fit_judge(known, FLOOR, JudgeSettings(fit=SMALL, **told))


@pytest.fixture(scope="module")
def judge():
    return fitted(choices())


@pytest.fixture(scope="module")
def new():
    return choices(400, seed=1)


def test_intervals_hold_on_new_instances(judge, new):
    found = judge.judge(new.features)
    held = (new.scores >= found.low) & (new.scores <= found.high)
    # Members that have missed a fold err more than those that have seen all: a little too wide is as it should be.
    assert 0.85 < held.mean() < 0.985


def test_probabilities_tell_who_will_be_near_the_best(judge, new):
    found = judge.judge(new.features)
    near = new.scores >= new.scores.max(axis=1, keepdims=True) - FLOOR
    order = np.argsort(found.chances.ravel())
    parts = np.array_split(order, 5)
    gaps = [abs(found.chances.ravel()[part].mean() - near.ravel()[part].mean()) for part in parts]
    assert max(gaps) < 0.2


def test_the_best_is_chosen_of_what_is_allowed(judge, new):
    allowed = np.ones((400, 4), dtype=bool)
    allowed[:, 0] = False
    found = judge.judge(new.features, allowed=allowed)
    assert 0 not in found.best
    assert (found.chances[:, 0] == 0).all()
    assert closed_gap(judge.judge(new.features).best, new.true, 0) > 0.5


def test_candidates_that_do_not_differ_are_tied_and_the_cheapest_is_taken():
    chance = np.random.default_rng(0)
    features = chance.normal(size=(150, 3))
    scores = 0.5 + 0.1 * features[:, :1] + 0.004 * chance.normal(size=(150, 3)) + np.array([0.0, 0.001, -0.2])
    judge = fit_judge(score_table(features, scores), FLOOR, JudgeSettings(fit=SMALL))
    costs = np.tile([1.0, 2.0, 0.5], (150, 1))
    found = judge.judge(features, costs)
    assert found.tied[:, :2].all()
    assert not found.tied[:, 2].any()
    assert (found.taken == 0).all()


def test_without_costs_nothing_is_taken_for_being_cheap(judge, new):
    found = judge.judge(new.features)
    assert np.array_equal(found.taken, found.best)


def test_far_from_all_evidence_the_safe_choice_is_taken_and_intervals_widen(judge, new):
    far = new.features[:5] + 30
    found, near = judge.judge(far), judge.judge(new.features[:5])
    assert found.abstained.all()
    assert (found.best == judge.selector.best_single).all()
    assert ((found.high - found.low) > 2 * (near.high - near.low)).all()
    assert not judge.judge(new.features).abstained.mean() > 0.05


def test_scores_stay_between_their_bounds():
    table = choices()
    judge = fitted(table, bounds=(0.0, 0.7))
    found = judge.judge(table.features)
    for part in (found.expected, found.low, found.high):
        assert (part >= 0).all()
        assert (part <= 0.7).all()
    assert (found.low <= found.expected).all()
    assert (found.expected <= found.high).all()


def test_missing_cells_are_no_trouble():
    table = choices()
    scores = table.scores.copy()
    scores[np.random.default_rng(0).random(scores.shape) < 0.4] = np.nan
    judge = fit_judge(score_table(table.features, scores, groups=table.groups), FLOOR, JudgeSettings(fit=SMALL))
    assert np.isfinite(judge.judge(table.features).chances).all()
