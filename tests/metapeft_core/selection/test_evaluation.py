"""An evaluation says what is true of choices whose worth is known."""

from __future__ import annotations

import numpy as np
import pytest
from made_up_choices import QUICK, choices
from made_up_runs import runs

from metapeft_core.selection.conformal import Conformal
from metapeft_core.selection.cost_judge import Estimate
from metapeft_core.selection.evaluation import figures
from metapeft_core.selection.evaluation.baselines import RIVALS, always, neighbour_intervals
from metapeft_core.selection.evaluation.limits import best_under_limits, limits_of, under_limits
from metapeft_core.selection.evaluation.report import OURS, RANDOM, SHUFFLED, SINGLE
from metapeft_core.selection.evaluation.run import evaluate_selection
from metapeft_core.selection.judge import JudgeSettings
from metapeft_core.selection.table import score_table

SCORES = np.array([[0.5, 0.6, 0.4], [0.9, 0.7, 0.8], [0.3, 0.3, 0.3], [0.2, 0.8, 0.1]])


def test_the_closed_gap_is_0_for_the_single_choice_and_1_for_the_oracle():
    single, oracle = SCORES[:, 0], SCORES.max(axis=1)
    assert figures.closed_gap(single, single, oracle) == 0
    assert figures.closed_gap(oracle, single, oracle) == 1
    assert figures.closed_gap(SCORES[:, 2], single, oracle) < 0
    assert np.isnan(figures.closed_gap(single, single, single))


def test_near_the_best_is_within_the_floor():
    assert figures.near_share(SCORES, SCORES[:, 0], 0.11) == 0.75
    assert figures.near_share(SCORES, SCORES[:, 0], 0.01) == 0.5
    ranked = np.tile([3.0, 2.0, 1.0], (4, 1))
    assert figures.near_share_of_two(SCORES, ranked, 0.01) == 1.0


def test_the_calibration_error_is_the_distance_of_what_was_said_from_what_came():
    said = np.repeat([0.2, 0.8], 500)
    came = np.concatenate([np.arange(500) % 5 == 0, np.arange(500) % 5 != 0]).astype(float)
    assert figures.calibration_error(said, came, bins=2) == pytest.approx(0)
    assert figures.calibration_error(said, 1 - came, bins=2) == pytest.approx(0.6)
    chance = np.random.default_rng(0)
    exact = figures.calibration_error(said, (chance.random(1000) < said).astype(float))
    assert exact < 2 * figures.calibration_noise(said)


def test_ties_are_counted_where_they_are_called():
    tied = np.array([[True, True, False], [False] * 3, [True, True, True], [True, False, True]])
    assert figures.tie_hits(SCORES, np.array([0, 0, 2, 2]), tied, 0.1) == (3, 2)


@pytest.mark.parametrize(("methods", "runs", "share"), [(5, 1, 0.63), (5, 2, 0.79), (5, 4, 0.93), (2, 2, 0.92)])
def test_luck_alone_parts_methods_that_are_the_same_the_more_the_fewer_runs_there_are(methods, runs, share):
    # With two runs each, the cheapest of five equal methods is seen within the noise floor of the best in four of five
    # cases: why ties that are true cannot be seen to hold in nine of ten until there are four runs of each.
    scores = np.random.default_rng(0).normal(size=(20_000, methods)) / np.sqrt(runs)
    tied = np.ones(scores.shape, dtype=bool)
    called, held = figures.tie_hits(scores, np.zeros(len(scores), dtype=np.int64), tied, float(np.sqrt(2)))
    assert held / called == pytest.approx(share, abs=0.01)


def test_ranks_agree_as_spearman_says():
    assert figures.rank_correlation(SCORES, SCORES) == pytest.approx(1)
    assert figures.rank_correlation(-SCORES, SCORES) == pytest.approx(-1)


def estimate(costs: np.ndarray, errors: np.ndarray) -> Estimate:
    return Estimate(costs, costs, costs, Conformal(np.sort(errors)), np.ones(len(costs)))


def test_under_limits_knowing_the_costs_is_worth_more_than_any_one_method():
    chance = np.random.default_rng(0)
    scores = 0.5 + 0.2 * chance.random((200, 4))
    costs = np.exp(chance.normal(size=(200, 4)))
    guess = np.full(200, 0.3)
    single = np.full(200, best_under_limits(scores, costs, guess))
    known = under_limits(scores, costs, guess, scores, estimate(costs, np.zeros(99)), single)
    assert figures.closed_gap(known.ours, known.single, known.oracle) > 0.9
    wrong = under_limits(scores, costs, guess, scores, estimate(costs[::-1], np.zeros(99)), single)
    assert wrong.ours.mean() < known.ours.mean()


def test_under_the_tightest_limit_only_what_is_cheapest_fits():
    costs = np.array([[1.0, 2.0, 3.0], [5.0, 4.0, 9.0]])
    assert limits_of(costs) == pytest.approx(np.array([[1.05, 2.1], [4.2, 5.25]]))
    foretold, last = estimate(costs, np.zeros(9)), np.array([2, 2])
    worth = under_limits(np.ones((2, 3)), costs, np.zeros(2), np.ones((2, 3)), foretold, last)
    assert worth.single.tolist() == [0, 0, 0, 0]
    assert worth.oracle.tolist() == [1, 1, 1, 1]


def test_rivals_choose_as_their_names_say():
    table = choices(120)
    known = score_table(table.features, table.scores, ["lora", "b", "c", "d"])
    new = choices(200, seed=1)
    chosen = {name: rival(known, new.features).argmax(axis=1) for name, rival in RIVALS.items()}
    assert set(chosen["always LoRA"].tolist()) == {0}
    assert set(chosen["best single method"].tolist()) == {0}
    assert len(set(chosen["random forest"].tolist())) > 1
    assert set(always("c")(known, new.features).argmax(axis=1).tolist()) == {2}
    gain = new.true[np.arange(200), chosen["random forest"]].mean() - new.true[:, 0].mean()
    assert gain > 0


def test_intervals_of_neighbours_hold():
    table, new = choices(300), choices(300, seed=1)
    known = score_table(table.features, table.scores, groups=table.groups)
    found = neighbour_intervals(known, new.features, 0.9)
    assert 0.82 < figures.coverage(new.scores, found.low, found.high) < 0.97


@pytest.fixture(scope="module")
def found():
    told = []
    report = evaluate_selection(
        runs(28), JudgeSettings(bounds=(0.0, 1.0), fit=QUICK), 1, lambda done, of: told.append((done, of))
    )
    assert told == [(n, 14) for n in range(1, 15)]
    return report


def test_what_there_is_to_find_is_found_and_the_control_finds_nothing(found):
    assert found.row(OURS).gap > 0.3
    assert found.row(SHUFFLED).gap < found.row(OURS).gap - 0.2
    assert found.row(SINGLE).gap == 0
    assert found.row("oracle").gap == 1
    assert found.row(RANDOM).gap < 0


def test_every_figure_is_there_and_means_something(found):
    assert found.cases == 28
    assert found.families == 14
    assert {"16 rows", "64 rows", "256 rows", "1,000 rows", "small"} <= {row.where for row in found.choices}
    figure = found.figures
    assert 0.7 < figure["interval coverage"] <= 1
    assert figure["interval width"] < 0.5
    assert figure["calibration error"] < 0.2
    # These made-up runs took the same whatever their rows, which counts of shapes cannot foretell.
    assert figure["closed gap under a limit on time"] <= 1
    assert figure["time interval coverage"] > 0.7
    assert sum(count for _, _, count in found.reliability) == 5 * found.cases


def test_two_processes_find_the_same_as_one(found):
    again = evaluate_selection(runs(28), JudgeSettings(bounds=(0.0, 1.0), fit=QUICK), 2, lambda *_: None)
    assert again.row(OURS) == found.row(OURS)
    # What does not apply is nan, which equals nothing.
    assert str(again.figures) == str(found.figures)
