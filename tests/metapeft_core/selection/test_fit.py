"""The selector finds what there is to find, and stays with the best single choice where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest
from made_up_choices import SMALL, choices, closed_gap

from metapeft_core.selection.fit import fit


@pytest.fixture(scope="module")
def table():
    return choices()


@pytest.fixture(scope="module")
def selector(table):
    return fit(table.features, table.scores, list("abcd"), groups=table.groups, settings=SMALL)


def test_a_plain_pattern_is_found_and_holds_on_new_instances(selector):
    new = choices(400, seed=1)
    found = selector.predict(new.features)
    assert selector.best_single == 0
    assert closed_gap(found.choices, new.true, selector.best_single) > 0.5
    assert np.corrcoef(found.expected.ravel(), new.true.ravel())[0, 1] > 0.9


def test_the_table_itself_is_foretold_by_what_had_not_seen_the_group(table, selector):
    # Memory of the table would beat what noise allows: no prediction can come nearer than the noise itself.
    errors = (selector.held_out.expected - table.scores).std()
    assert errors > 0.02
    assert closed_gap(selector.held_out.choices, table.true, 0) > 0.5


def test_shuffled_features_leave_only_the_best_single_choice(table):
    shuffled = np.random.default_rng(5).permutation(table.features)
    selector = fit(shuffled, table.scores, groups=table.groups, settings=SMALL)
    assert set(selector.predict(table.features).choices.tolist()) == {selector.best_single}


def test_the_same_seed_gives_the_same_selector(table, selector):
    again = fit(table.features, table.scores, list("abcd"), groups=table.groups, settings=SMALL)
    assert np.array_equal(again.predict(table.features).expected, selector.predict(table.features).expected)


def test_cells_that_are_missing_by_chance_do_no_great_harm(table):
    scores = table.scores.copy()
    scores[np.random.default_rng(3).random(scores.shape) < 0.3] = np.nan
    selector = fit(table.features, scores, groups=table.groups, settings=SMALL)
    new = choices(400, seed=1)
    assert closed_gap(selector.predict(new.features).choices, new.true, 0) > 0.4


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_unit_of_scores_does_not_matter(table, selector, factor: float):
    scaled = fit(table.features, table.scores * factor, groups=table.groups, settings=SMALL)
    assert scaled.trust == pytest.approx(selector.trust, abs=0.05)
    assert scaled.predict(table.features).expected / factor == pytest.approx(
        selector.predict(table.features).expected, abs=0.02
    )


def test_candidates_described_by_traits_are_judged_without_having_been_tried():
    chance = np.random.default_rng(0)
    traits = np.linspace(-1, 1, 12)[:, None]
    features = chance.normal(size=(150, 4))
    scores = 0.2 * features[:, :1] * traits.T + 0.02 * chance.normal(size=(150, 12))
    scores[:, 5:7] = np.nan
    selector = fit(features, scores, traits=traits, groups=[n // 3 for n in range(150)], settings=SMALL)
    found = selector.predict(features, np.array([[-0.9], [0.9]])).differences
    gain = found[:, 1] - found[:, 0]
    assert np.corrcoef(gain, features[:, 0])[0, 1] > 0.9


@pytest.mark.parametrize(
    ("features", "scores", "groups"),
    [
        ([[1.0]], [[0.5, 0.4]], None),
        ([[1.0], [2.0]], [[0.5, 0.4], [0.6, 0.1]], None),
        ([[1.0], [2.0], [3.0]], [[0.5, 0.4]] * 3, ["one", "one", "one"]),
        ([[np.nan], [np.nan]], [[0.5, 0.4], [0.5, 0.4]], None),
        ([[1.0], [2.0], [3.0]], [[0.5, np.nan], [np.nan, np.nan], [np.nan, 0.4]], None),
        (np.zeros((4, 0)), [[0.5, 0.1]] * 4, None),
        ([[1.0], [2.0]], [[0.5], [0.6]], None),
    ],
)
def test_tables_too_small_to_learn_from_give_the_best_single_choice(features, scores, groups):
    selector = fit(features, scores, groups=groups, settings=SMALL)
    found = selector.predict(features)
    assert np.isfinite(found.expected).all()
    assert set(found.choices.tolist()) == {0}
