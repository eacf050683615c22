"""Whether one way of choosing is better than another on the same cases, or only seems so. Knows scores, no method.

Cases of one group (a family of tasks) are not independent, so it is groups that are drawn again and ranked, not cases.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import wilcoxon

from metapeft_core.groups import group_numbers

Scores = Sequence[float] | npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ours less theirs, over paired cases."""

    difference: float
    """Mean over all cases."""
    low: float
    high: float
    """Where the mean lies in so many of the resamples as the tester's level says."""
    p_value: float
    """Wilcoxon's signed-rank test over the groups' mean differences, two-sided; 1 where no group differs."""
    cases: int
    groups: int

    @property
    def is_better(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low > 0


@dataclass(frozen=True, slots=True)
class StatisticalTester:
    """How comparisons are made: the same seed gives the same intervals."""

    level: float = 0.95
    resamples: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise ValueError(f"level is {self.level}: it must be between 0 and 1, such as 0.95")
        if self.resamples < 100:
            raise ValueError(f"resamples is {self.resamples}: an interval needs at least 100")

    def compare(self, ours: Scores, theirs: Scores, groups: Sequence[Hashable] | None = None) -> Comparison:
        """Compare paired scores; without groups every case is one of its own."""
        differences = np.asarray(ours, dtype=np.float64) - np.asarray(theirs, dtype=np.float64)
        names = list(range(len(differences))) if groups is None else list(groups)
        if len(differences) == 0 or len(names) != len(differences):
            raise ValueError(f"{len(differences)} paired cases and {len(names)} groups: give one group a case")
        sums, sizes = _by_group(differences, names)
        low, high = self._interval(sums, sizes)
        means = sums / sizes
        p_value = float(wilcoxon(means).pvalue) if np.any(means != 0) else 1.0
        return Comparison(float(differences.mean()), low, high, p_value, len(differences), len(sums))

    def ratio_interval(self, above: Scores, below: Scores, groups: Sequence[Hashable]) -> tuple[float, float]:
        """Where the ratio of two means lies in so many of the resamples; groups are drawn, both means are theirs."""
        upper, _ = _by_group(np.asarray(above, dtype=np.float64), groups)
        lower, _ = _by_group(np.asarray(below, dtype=np.float64), groups)
        drawn = np.random.default_rng(self.seed).integers(0, len(upper), (self.resamples, len(upper)))
        totals = lower[drawn].sum(axis=1)
        ratios = upper[drawn].sum(axis=1)[totals != 0] / totals[totals != 0]
        outside = (1 - self.level) / 2
        if not len(ratios):
            return float("nan"), float("nan")
        low, high = np.quantile(ratios, (outside, 1 - outside))
        return float(low), float(high)

    def _interval(self, sums: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64]) -> tuple[float, float]:
        """Percentiles of the mean over groups drawn with replacement."""
        chance = np.random.default_rng(self.seed)
        drawn = chance.integers(0, len(sums), (self.resamples, len(sums)))
        means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
        outside = (1 - self.level) / 2
        low, high = np.quantile(means, (outside, 1 - outside))
        return float(low), float(high)


def _by_group(
    values: npt.NDArray[np.float64], names: Sequence[Hashable]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    numbers = group_numbers(names)
    sums = np.bincount(numbers, weights=values).astype(np.float64)
    return sums, np.bincount(numbers).astype(np.float64)
