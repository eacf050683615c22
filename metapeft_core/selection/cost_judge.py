"""What the counts of a cost leave out, learned method by method, with intervals. Knows cases and counts, no scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from metapeft_core.selection.cases import METHODS, Case, Cell, describe, seconds_of
from metapeft_core.selection.conformal import Conformal
from metapeft_core.selection.costs import Cost, counted_of
from metapeft_core.selection.fit import FitSettings, Selector, fit_table
from metapeft_core.selection.mixture import pooled
from metapeft_core.selection.novelty import Novelty
from metapeft_core.selection.table import Numbers, score_table
from metapeft_core.types import PEFTExperience

LEVEL = 0.9
Counts = Mapping[str, Cost | None]
"""By the id of a run."""
Read = Callable[[PEFTExperience, Cost], float]
"""The logarithm of what a run took over what the counts say; nan where nobody told what it took."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A line an instance, a column a method."""

    expected: Numbers
    low: Numbers
    high: Numbers
    errors: Conformal
    """Of the logarithm."""
    wider: Numbers
    """By how much errors are taken to be larger than they were, a number an instance."""

    def chance_within(self, limit: Numbers) -> Numbers:
        """The probability of taking no more than the instance's limit."""
        room = (np.log(limit)[:, None] - np.log(self.expected)) / self.wider[:, None]
        return self.errors.share_below(room)

    def united(self) -> Estimate:
        """One estimate where the instances are what one thing may be, each as likely as the others."""
        told = pooled(np.log(self.expected), np.log(self.low), np.log(self.high), LEVEL)
        expected, low, high = (np.exp(part) for part in told)
        return Estimate(expected, low, high, self.errors, np.array([float(self.wider.mean())]))


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """How one kind of cost differs from what is counted."""

    selector: Selector
    errors: Conformal

    def correct(self, features: Numbers, counted: Numbers, wider: Numbers) -> Estimate:
        """What to expect where this was counted; farther from evidence the counts alone are believed, less surely."""
        believed = 1 / wider[:, None]
        logarithms = np.log(counted) + believed * self.selector.predict(features).expected
        low, high = self.errors.interval(logarithms, wider[:, None], LEVEL)
        return Estimate(np.exp(logarithms), np.exp(low), np.exp(high), self.errors, wider)


@dataclass(frozen=True, slots=True, eq=False)
class CostJudge:
    """Seconds and bytes of every method."""

    seconds: Correction
    memory: Correction
    novelty: Novelty

    def judge(self, features: Numbers, counted: Sequence[Sequence[Cost]]) -> tuple[Estimate, Estimate]:
        """Of seconds and of bytes; `counted` has a line an instance and a cost a method."""
        wider = np.maximum(1.0, self.novelty.of(features))
        seconds = np.array([[cost.seconds for cost in line] for line in counted])
        memory = np.array([[cost.memory for cost in line] for line in counted])
        return self.seconds.correct(features, seconds, wider), self.memory.correct(features, memory, wider)


def count_runs(cases: Sequence[Case]) -> Counts:
    """What the counts would have said of every run of the cases."""
    return {run.id: counted_of(run) for case in cases for run in case.runs}


def fit_cost_judge(cases: Sequence[Case], counts: Counts, settings: FitSettings) -> CostJudge:
    """Learn from cases; those without described data say nothing of what the counts leave out."""
    told = [case for case in cases if case.characteristics is not None]
    features = np.stack([describe(case.characteristics, case.backbone) for case in told])
    groups = [case.family for case in told]
    half = replace(settings, members=max(1, settings.members // 2))

    def corrected(read: Read) -> Correction:
        scores = [[_ratio(case.cells.get(method), counts, read) for method in METHODS] for case in told]
        selector = fit_table(score_table(features, scores, groups=groups), half)
        errors = np.array(scores) - selector.held_out.expected
        return Correction(selector, Conformal.fitted(errors, np.ones((len(errors), 1))))

    return CostJudge(corrected(_seconds), corrected(_memory), Novelty.fitted(features, groups))


def _seconds(run: PEFTExperience, counted: Cost) -> float:
    # Without its number of steps nothing can be said of how long a run should have taken.
    return float(np.log(seconds_of(run) / counted.seconds)) if seconds_of(run) > 0 and run.steps else np.nan


def _memory(run: PEFTExperience, counted: Cost) -> float:
    return float(np.log(run.peak_memory_bytes / counted.memory)) if run.peak_memory_bytes > 0 else np.nan


def _ratio(cell: Cell | None, counts: Counts, read: Read) -> float:
    runs = () if cell is None else cell.runs
    found = [read(run, counted) for run in runs if (counted := counts[run.id]) is not None]
    told = [value for value in found if not np.isnan(value)]
    return float(np.mean(told)) if told else np.nan
