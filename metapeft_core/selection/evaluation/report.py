"""Held-out judgements as the figures that are shown. Knows scores and verdicts, no screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from metapeft_core.selection.cases import METHODS, Case, value_of
from metapeft_core.selection.cost_judge import Estimate
from metapeft_core.selection.evaluation import figures
from metapeft_core.selection.evaluation.cross_task import HeldOut
from metapeft_core.selection.evaluation.limits import best_under_limits, under_limits
from metapeft_core.selection.judge import Verdicts
from metapeft_core.selection.statistical_tester import Comparison, StatisticalTester
from metapeft_core.selection.table import Mask, Numbers, Places
from metapeft_core.types import train_size_of

OURS, SHUFFLED, SINGLE = "selector", "features shuffled", "best single method"
RANDOM, ORACLE = "random method", "oracle"
LARGER = 10_000
"""Stands for more rows than the largest train size."""
LEAST_CASES = 5
"""Below, a slice is not worth a line."""


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """How one way of choosing did on one slice of the cases."""

    who: str
    where: str
    cases: int
    families: int
    score: float
    gap: float
    """Closed gap: 0 is the best single method, 1 the oracle."""
    gap_low: float
    gap_high: float
    """Between these lies the closed gap in 95 of 100 resamples of the families."""
    regret: float
    """Mean distance from the best method."""
    first: float
    """How often the choice was within the noise floor of the best."""
    first_two: float | None
    """How often one of the first two was; none for those that have no second."""
    against_single: Comparison


@dataclass(frozen=True, slots=True)
class SelectionReport:
    """Everything that is shown of an evaluation."""

    cases: int
    families: int
    floor: float
    choices: tuple[ChoiceRow, ...]
    figures: Mapping[str, float]
    reliability: tuple[tuple[float, float, int], ...]
    """Probabilities said, how often they came true, and of how many, in equal parts."""

    def row(self, who: str, where: str = "all") -> ChoiceRow:
        """One of the rows."""
        return next(row for row in self.choices if (row.who, row.where) == (who, where))


def merge(parts: Sequence[HeldOut]) -> HeldOut:
    """The judgements of all families as one."""

    def stacked(read: Callable[[HeldOut], Numbers | Places | Mask]) -> Any:
        return np.concatenate([read(part) for part in parts])

    def verdict(name: str) -> Any:
        return stacked(lambda part: getattr(part.verdicts, name))

    def estimate(name: str) -> Estimate:
        own: list[Estimate] = [getattr(part, name) for part in parts]
        # Errors differ a little from fold to fold; in units of each fold's own middle they can be one.
        return Estimate(
            np.concatenate([one.expected for one in own]),
            np.concatenate([one.low for one in own]),
            np.concatenate([one.high for one in own]),
            own[0].errors,
            np.concatenate([one.wider for one in own]),
        )

    names = Verdicts.__dataclass_fields__
    return HeldOut(
        stacked(lambda part: part.places),
        stacked(lambda part: part.scores),
        Verdicts(**{name: verdict(name) for name in names}),
        stacked(lambda part: part.differences),
        stacked(lambda part: part.shuffled),
        {name: np.concatenate([part.rivals[name] for part in parts]) for name in parts[0].rivals},
        (stacked(lambda part: part.neighbours[0]), stacked(lambda part: part.neighbours[1])),
        estimate("seconds"),
        estimate("memory"),
        tuple(trust for part in parts for trust in part.believed),
    )


def report(cases: Sequence[Case], parts: Sequence[HeldOut], floor: float, tester: StatisticalTester) -> SelectionReport:
    """All figures of an evaluation."""
    whole = merge(parts)
    own = [cases[place] for place in whole.places.tolist()]
    rows = [row for where, mask in slices(own).items() for row in _rows(whole, own, where, mask, floor, tester)]
    near = whole.scores >= whole.scores.max(axis=1, keepdims=True) - floor
    found = {
        **_interval_figures(whole),
        **_calibration_figures(whole, near.astype(np.float64)),
        **_tie_figures(whole, floor),
        **_limit_figures(whole, own, tester),
        **_other_figures(whole, own),
    }
    families = len({case.family for case in own})
    return SelectionReport(len(own), families, floor, tuple(rows), found, _reliability(whole, near))


def slices(cases: Sequence[Case]) -> dict[str, Mask]:
    """All cases, those of each train size, and those of each backbone."""
    sizes = [_size(case) for case in cases]
    found = {"all": np.ones(len(cases), dtype=bool)}
    for size in sorted(set(sizes)):
        found[f"{size:,} rows"] = np.array([other == size for other in sizes])
    for name in dict.fromkeys(case.backbone.name for case in cases):
        found[name] = np.array([case.backbone.name == name for case in cases])
    return {where: mask for where, mask in found.items() if mask.sum() >= LEAST_CASES}


def _size(case: Case) -> int:
    rows = case.characteristics.dataset_size if case.characteristics else 0
    return train_size_of(rows) or LARGER


def _rows(
    whole: HeldOut, cases: Sequence[Case], where: str, mask: Mask, floor: float, tester: StatisticalTester
) -> list[ChoiceRow]:
    scores = whole.scores[mask]
    groups = [case.family for case, kept in zip(cases, mask, strict=True) if kept]
    expected = {OURS: whole.differences, SHUFFLED: whole.shuffled, **whole.rivals, ORACLE: whole.scores}
    worth = {who: figures.achieved(scores, told[mask].argmax(axis=1)) for who, told in expected.items()}
    worth[OURS] = figures.achieved(scores, whole.verdicts.best[mask])
    worth[RANDOM] = scores.mean(axis=1)
    single, oracle = worth[SINGLE], worth[ORACLE]
    rows = []
    for who, ours in worth.items():
        low, high = tester.ratio_interval(ours - single, oracle - single, groups)
        two = figures.near_share_of_two(scores, expected[who][mask], floor) if who in expected else None
        constant = who.startswith("always")
        first = figures.near_share(scores, ours, floor) if who != RANDOM else _random_share(scores, floor)
        rows.append(
            ChoiceRow(
                who,
                where,
                len(scores),
                len(set(groups)),
                float(ours.mean()),
                figures.closed_gap(ours, single, oracle),
                low,
                high,
                float((oracle - ours).mean()),
                first,
                None if constant else two,
                tester.compare(ours, single, groups),
            )
        )
    return rows


def _random_share(scores: Numbers, floor: float) -> float:
    return float((scores >= scores.max(axis=1, keepdims=True) - floor).mean())


def _interval_figures(whole: HeldOut) -> dict[str, float]:
    verdicts = whole.verdicts
    low, high = whole.neighbours
    return {
        "interval coverage": figures.coverage(whole.scores, verdicts.low, verdicts.high),
        "interval width": float((verdicts.high - verdicts.low).mean()),
        "interval coverage, nearest neighbours": figures.coverage(whole.scores, low, high),
        "interval width, nearest neighbours": float((np.minimum(high, 1.0) - np.maximum(low, 0.0)).mean()),
        "mean error of expected score": float(np.abs(whole.scores - verdicts.expected).mean()),
    }


def _calibration_figures(whole: HeldOut, near: Numbers) -> dict[str, float]:
    said, taken = whole.verdicts.chances, whole.verdicts.best
    rows = np.arange(len(said))
    return {
        "calibration error": figures.calibration_error(said, near),
        "calibration error of exact probabilities": figures.calibration_noise(said),
        "calibration error of the choice": figures.calibration_error(said[rows, taken], near[rows, taken]),
        "Brier score": float(((said - near) ** 2).mean()),
        "Brier score of the base rate": float(((near.mean(axis=0) - near) ** 2).mean()),
    }


def _tie_figures(whole: HeldOut, floor: float) -> dict[str, float]:
    called, hits = figures.tie_hits(whole.scores, whole.verdicts.taken, whole.verdicts.tied, floor)
    return {"ties called": float(called), "ties that held": hits / called if called else float("nan")}


def _limit_figures(whole: HeldOut, cases: Sequence[Case], tester: StatisticalTester) -> dict[str, float]:
    guess = np.array([case.characteristics.majority_share if case.characteristics else 0.0 for case in cases])
    families = np.array([case.family for case in cases])
    real = {
        "time": (np.array([[case.cells[m].seconds for m in METHODS] for case in cases]), whole.seconds),
        "memory": (np.array([[case.cells[m].memory for m in METHODS] for case in cases]), whole.memory),
    }
    found = {}
    for name, (costs, foretold) in real.items():
        single = np.zeros(len(cases), dtype=np.int64)
        for family in set(families.tolist()):
            others = families != family
            single[~others] = best_under_limits(whole.scores[others], costs[others], guess[others])
        judged = under_limits(whole.scores, costs, guess, whole.verdicts.expected, foretold, single)
        groups = np.tile(families, len(judged.ours) // len(families)).tolist()
        low, high = tester.ratio_interval(judged.ours - judged.single, judged.oracle - judged.single, groups)
        found[f"closed gap under a limit on {name}"] = figures.closed_gap(judged.ours, judged.single, judged.oracle)
        found[f"closed gap under a limit on {name}, low"] = low
        found[f"closed gap under a limit on {name}, high"] = high
        found[f"{name} interval coverage"] = figures.coverage(costs, foretold.low, foretold.high)
        found[f"median error of {name}"] = float(np.median(np.abs(np.log(costs / foretold.expected))))
    return found


def _other_figures(whole: HeldOut, cases: Sequence[Case]) -> dict[str, float]:
    return {
        "rank correlation of methods": figures.rank_correlation(whole.differences, whole.scores),
        "mean belief in the network": float(np.mean(whole.believed)),
        "abstentions": float(whole.verdicts.abstained.sum()),
        "closed gap of taking the winner of one run each": one_run_each(cases),
    }


def one_run_each(cases: Sequence[Case]) -> float:
    """The closed gap of whoever runs all five methods once and takes the winner, judged by another run of another seed.

    What choosing without any run at all has to be measured against.
    """
    first, second = [], []
    for case in cases:
        runs = [{run.seed: run for run in case.cells[method].runs} for method in METHODS]
        if all({0, 1} <= set(found) for found in runs):
            first.append([value_of(found[0]) for found in runs])
            second.append([value_of(found[1]) for found in runs])
    if not first:
        return float("nan")
    known, true = np.array(first), np.array(second)
    single = int(true.mean(axis=0).argmax())
    return figures.closed_gap(figures.achieved(true, known.argmax(axis=1)), true[:, single], true.max(axis=1))


def _reliability(whole: HeldOut, near: Mask) -> tuple[tuple[float, float, int], ...]:
    said, came = whole.verdicts.chances.ravel(), near.ravel()
    parts = np.array_split(np.argsort(said, kind="stable"), figures.BINS)
    return tuple((float(said[p].mean()), float(came[p].mean()), len(p)) for p in parts if len(p))
