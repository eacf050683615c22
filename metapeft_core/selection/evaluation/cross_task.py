"""Every family of tasks is judged by what never saw it, and so are the rivals. Knows cases, no store and no screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context

import numpy as np

from metapeft_core.selection.cases import Case, score_table_of
from metapeft_core.selection.cost_judge import Counts, Estimate, fit_cost_judge
from metapeft_core.selection.costs import Cost
from metapeft_core.selection.evaluation.baselines import RIVALS, neighbour_intervals
from metapeft_core.selection.fit import fit_table
from metapeft_core.selection.folds import one_group_out
from metapeft_core.selection.judge import JudgeSettings, Verdicts, fit_judge
from metapeft_core.selection.table import Mask, Numbers, Places, ScoreTable


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What was said of the fair cases of one family, or of all families one after another."""

    places: Places
    """Of the cases, among all that were handed over."""
    scores: Numbers
    verdicts: Verdicts
    differences: Numbers
    """What the selector expected of the candidates, relative to each other."""
    shuffled: Numbers
    """The same by a selector that was given the features of other instances."""
    rivals: Mapping[str, Numbers]
    neighbours: tuple[Numbers, Numbers]
    """Lower and upper ends of split-conformal nearest neighbours."""
    seconds: Estimate
    memory: Estimate
    believed: tuple[float, ...]
    """How far each family's selector believed its network."""


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """All that is needed to judge one family; it travels to another process."""

    cases: tuple[Case, ...]
    held: Mask
    learned: Mask
    """Cases of other families that are learned from."""
    floor: float
    counts: Counts
    settings: JudgeSettings


@dataclass(frozen=True, slots=True)
class CrossTaskEvaluator:
    """Leaves one family out at a time."""

    settings: JudgeSettings = field(default_factory=JudgeSettings)
    workers: int = 1
    share: float = 1.0
    """Of the other families, those that are learned from: with fewer it is seen what more of them are worth."""

    def evaluate(
        self, cases: Sequence[Case], floor: float, counts: Counts, watch: Callable[[int, int], None] = lambda *_: None
    ) -> list[HeldOut]:
        """A held-out judgement a family that has fair cases; `watch` is told how many are done, and of how many."""
        families = [case.family for case in cases]
        fair = np.array([case.is_fair for case in cases])
        masks = [mask for _, mask in one_group_out(families) if (mask & fair).any()]
        folds = [
            Fold(tuple(cases), mask, self._learned(families, mask, number), floor, counts, self.settings)
            for number, mask in enumerate(masks)
        ]
        found = []
        for done, part in enumerate(self._judged(folds), 1):
            watch(done, len(folds))
            found.append(part)
        return found

    def _learned(self, families: Sequence[str], held: Mask, number: int) -> Mask:
        """All that is not held out, or the cases of a share of its families, drawn anew for every fold."""
        others = sorted({family for family, out in zip(families, held, strict=True) if not out})
        order = np.random.default_rng([self.settings.fit.seed, number]).permutation(len(others))
        kept = {others[place] for place in order[: round(self.share * len(others))].tolist()}
        return np.array([family in kept for family in families])

    def _judged(self, folds: Sequence[Fold]) -> Iterator[HeldOut]:
        if self.workers == 1:
            yield from map(judge_fold, folds)
            return
        # Spawned, not forked: a fork after MLX has computed hangs.
        with ProcessPoolExecutor(self.workers, mp_context=get_context("spawn")) as pool:
            yield from pool.map(judge_fold, folds)


def judge_fold(fold: Fold) -> HeldOut:
    """Learn from all other families, and judge the fair cases of this one."""
    asked_cases = [case for case, held in zip(fold.cases, fold.held, strict=True) if held and case.is_fair]
    known_cases = [case for case, kept in zip(fold.cases, fold.learned, strict=True) if kept]
    known, asked = score_table_of(known_cases), score_table_of(asked_cases)
    judge = fit_judge(known, fold.floor, fold.settings)
    costs = fit_cost_judge(known_cases, fold.counts, fold.settings.fit)
    counted = [[_counted(case, n, fold.counts) for n in range(len(case.cells))] for case in asked_cases]
    seconds, memory = costs.judge(asked.features, counted)
    intervals = neighbour_intervals(known, asked.features, fold.settings.level)
    fair = np.array([case.is_fair for case in fold.cases])
    return HeldOut(
        np.flatnonzero(fold.held & fair),
        asked.scores,
        judge.judge(asked.features, seconds.expected),
        judge.selector.predict(asked.features).differences,
        _shuffled(known, asked.features, fold),
        {name: rival(known, asked.features) for name, rival in RIVALS.items()},
        (intervals.low, intervals.high),
        seconds,
        memory,
        (judge.selector.trust,),
    )


def _counted(case: Case, place: int, counts: Counts) -> Cost:
    """The mean of what the counts say of a cell's runs."""
    runs = list(case.cells.values())[place].runs
    found = [cost for run in runs if (cost := counts[run.id]) is not None]
    return Cost(float(np.mean([cost.seconds for cost in found])), float(np.mean([cost.memory for cost in found])))


def _shuffled(known: ScoreTable, asked: Numbers, fold: Fold) -> Numbers:
    """The control: what is learned when instances are given each other's features must be worth nothing."""
    order = np.random.default_rng(fold.settings.fit.seed).permutation(len(known))
    mixed = replace(known, features=known.features[order])
    return fit_table(mixed, fold.settings.fit).predict(asked).differences
