"""The whole evaluation of selection, from experiences to a report. Knows the order of things, no screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from metapeft_core.selection.cases import described_cases, floor_of
from metapeft_core.selection.cost_judge import count_runs
from metapeft_core.selection.evaluation.cross_task import CrossTaskEvaluator
from metapeft_core.selection.evaluation.report import SelectionReport, report
from metapeft_core.selection.judge import JudgeSettings
from metapeft_core.selection.statistical_tester import StatisticalTester
from metapeft_core.types import PEFTExperience

Watch = Callable[[int, int], None]
"""Told how many families are done, and of how many."""


def evaluate_selection(
    experiences: Iterable[PEFTExperience], settings: JudgeSettings, workers: int, watch: Watch, share: float = 1.0
) -> SelectionReport:
    """Judge every family by what was learned from all others, or from a share of them."""
    runs = [run for run in experiences if run.provenance != "published"]
    cases = described_cases(runs)
    floor = floor_of(runs)
    evaluator = CrossTaskEvaluator(settings, workers, share)
    parts = evaluator.evaluate(cases, floor, count_runs(cases), watch)
    return report(cases, parts, floor, StatisticalTester())
