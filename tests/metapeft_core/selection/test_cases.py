"""Runs that can be compared become cases, fairly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_up_runs import SMALL_MODEL, figure, run, runs, task

from metapeft_core.errors import SelectionError
from metapeft_core.selection.cases import DESCRIPTION, METHODS, cases_of, describe, described_cases, score_table_of
from metapeft_core.types import PEFTMethod

LORA = PEFTMethod.LORA


def test_runs_on_the_same_rows_and_model_are_one_case():
    found = cases_of(
        [
            *(run(0, method) for method in METHODS),
            run(1, LORA),
            replace(run(0, LORA), id="x", backbone=replace(SMALL_MODEL, name="other")),
        ]
    )
    assert [len(case.cells) for case in found] == [5, 1, 1]
    assert [case.is_whole for case in found] == [True, False, False]


def test_a_method_counts_by_its_usual_setting_however_lucky_another_was():
    lucky = replace(run(0, LORA, learning_rate=1e-2), performance={"accuracy": 1.0})
    found = cases_of([run(0, LORA), run(1, LORA), run(2, LORA), lucky])
    assert found[0].cells[LORA].runs == (run(0, LORA),)
    assert found[0].cells[LORA].is_usual


def test_settings_that_all_methods_share_do_not_make_another_setting():
    other = replace(run(0, LORA), id="y", seed=1, hyperparameters={**run(0, LORA).hyperparameters, "max_length": 99})
    assert len(cases_of([run(0, LORA), other])[0].cells[LORA].runs) == 2


def test_several_seeds_are_averaged():
    cell = cases_of([run(0, LORA), run(0, LORA, seed=1)])[0].cells[LORA]
    values = [one.performance["accuracy"] for one in cell.runs]
    assert cell.score == pytest.approx(np.mean(values))
    assert len(set(values)) == 2


def test_without_the_usual_setting_it_is_the_middle_one_and_the_case_is_not_fair():
    usual = [run(number, method) for number in (1, 2) for method in METHODS]
    scores = {1e-4: 0.1, 3e-4: 0.9, 5e-4: 0.5}
    tried = [replace(run(0, LORA, learning_rate=r), performance={"accuracy": s}) for r, s in scores.items()]
    found = cases_of([*usual, *tried, *(run(0, method) for method in METHODS[1:])])
    own = next(case for case in found if case.task == "task 0")
    assert own.cells[LORA].score == 0.5
    assert own.is_whole
    assert not own.is_fair
    table = score_table_of(found)
    assert table.weights.tolist() == [1, 1, 0.5]


def test_public_figures_count_by_the_best_that_was_shown():
    found = cases_of([figure(LORA, 0.4), figure(LORA, 0.5), figure(PEFTMethod.P_TUNING, 0.3)], tuned=True)
    assert found[0].cells[LORA].score == 0.5


def test_runs_that_failed_or_have_no_score_are_no_part_of_any_case():
    failed = replace(run(0, LORA), outcome="diverged")
    silent = replace(run(1, LORA), performance={"loss": 1.0})
    assert cases_of([failed, silent]) == ()


def test_what_is_not_known_of_a_task_is_told_as_not_known():
    told = describe(None, SMALL_MODEL)
    assert len(told) == len(DESCRIPTION)
    assert np.isnan(told[:12]).all()
    assert np.isfinite(told[12:]).all()
    assert np.isfinite(describe(task(0), SMALL_MODEL)).all()


def test_too_few_families_are_refused():
    with pytest.raises(SelectionError, match="too few to learn from"):
        described_cases(runs(6))
    assert len(described_cases(runs(20))) == 20
