"""Settings are chosen from what was run, by what it gained over others on the same rows."""

from __future__ import annotations

import numpy as np
import pytest
from made_up_choices import SMALL
from made_up_runs import LARGE_MODEL, SETTINGS, SMALL_MODEL, run, runs, task

from metapeft_core.selection.cases import describe
from metapeft_core.selection.costs import counted_cost, counted_of, fits, spec_of
from metapeft_core.selection.settings_choice import default_settings, fit_settings, settings_table
from metapeft_core.selection.settings_space import own_settings, traits_of
from metapeft_core.training.spec import Budget
from metapeft_core.types import PEFTMethod

ASKED = describe(task(1000), SMALL_MODEL)


@pytest.fixture(scope="module")
def chooser():
    return fit_settings([one for one in runs(40) if one.method is PEFTMethod.LORA], SMALL)


def test_the_setting_that_gained_most_is_chosen(chooser):
    found = chooser.choose(ASKED, SMALL_MODEL, PEFTMethod.LORA)
    assert found.settings["learning_rate"] == pytest.approx(4e-3)
    assert 0 < found.gain < 0.05


def test_a_setting_that_the_backbone_cannot_take_is_passed_over():
    # The rank that gains most is larger than the layers are wide.
    best = [run(n, PEFTMethod.LORA, learning_rate=4e-3, rank=5000) for n in range(0, 40, 2)]
    chooser = fit_settings([*(run(n, PEFTMethod.LORA) for n in range(40)), *best], SMALL)
    assert chooser.choose(ASKED, SMALL_MODEL, PEFTMethod.LORA).settings["rank"] == 8


def test_with_too_few_comparisons_the_usual_setting_stays():
    few = fit_settings([one for one in runs(6) if one.method is PEFTMethod.P_TUNING], SMALL)
    assert few.choose(ASKED, SMALL_MODEL, PEFTMethod.P_TUNING).settings == SETTINGS[PEFTMethod.P_TUNING]


@pytest.mark.parametrize("method", list(PEFTMethod))
def test_where_no_run_is_known_it_is_the_method_s_own_defaults(chooser, method):
    found = chooser.choose(describe(task(1000), LARGE_MODEL), LARGE_MODEL, method)
    assert found.settings == default_settings(method)
    assert fits(method, found.settings, LARGE_MODEL)


def test_only_cases_with_several_settings_say_anything_of_settings():
    table, known = settings_table([one for one in runs(40) if one.method is PEFTMethod.LORA])
    assert len(table) == 20
    assert len(known) == 4
    assert (table.seen.sum(axis=1) >= 2).all()


def test_numbers_of_settings_are_0_at_the_usual_and_grow_by_ratios():
    rates = [{"learning_rate": rate, "rank": rank} for rate, rank in ((1e-3, 8), (4e-3, 32), (2.5e-4, 2))]
    traits = traits_of(PEFTMethod.LORA, rates)
    assert traits[0, :3].tolist() == [0, 0, 0]
    assert traits[1:, 0] == pytest.approx([1, -1])
    assert traits[1:, 1] == pytest.approx([1, 1])
    assert traits[1:, 2] == pytest.approx([1, -1])


@pytest.mark.parametrize("method", list(PEFTMethod))
def test_every_method_s_settings_have_finite_numbers(method):
    assert np.isfinite(traits_of(method, [SETTINGS[method], default_settings(method), {}])).all()


def test_a_recorded_setting_can_be_run_again():
    recorded = run(0, PEFTMethod.LORA).hyperparameters
    spec = spec_of(PEFTMethod.LORA, recorded, seed=3)
    assert (spec.rate(), spec.batch_size, spec.max_length, spec.seed) == (2e-3, 8, 40, 3)
    assert spec.method.rank == 8
    assert set(own_settings(recorded)) == set(SETTINGS[PEFTMethod.LORA])


def test_costs_are_counted_for_any_number_of_rows_without_filling_the_memory():
    spec = spec_of(PEFTMethod.LORA, SETTINGS[PEFTMethod.LORA])
    small, large = (counted_cost(task(0, rows=n), SMALL_MODEL, spec, Budget(50)) for n in (1000, 10**9))
    assert small.seconds > 0
    assert small.memory <= large.memory < 2 * small.memory
    assert counted_of(run(0, PEFTMethod.LORA)) is not None
