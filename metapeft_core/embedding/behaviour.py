"""How alike methods behave on two instances, whatever is known of these. Knows scores, neither tasks nor methods."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from metapeft_core.embedding.clustering import Distances
from metapeft_core.groups import group_numbers

Scores = npt.NDArray[np.floating[Any]]
"""A line an instance, a column a candidate, nan where a candidate was not tried on it."""
Mask = npt.NDArray[np.bool_]
LEAST_SHARED = 2
"""Candidates that two instances must both have tried: one alone has nothing that it is better or worse than."""
LEAST_RANKED = 4
"""Others that an instance needs before their order says something."""


def behaviour_distances(scores: Scores, noise: float) -> Distances:
    """How far apart two instances are in what works on them, in standard deviations of a score; nan where unknown.

    Of both, the scores of the candidates that both have tried count, less their mean: that a task is hard for all
    says nothing about what to use on it. Two instances that differ by chance alone are about the root of 2 apart.
    """
    known = np.asarray(scores, dtype=np.float64)
    if known.ndim != 2:
        raise ValueError(f"scores have the shape {known.shape}: give a line an instance and a column a candidate")
    if not 0 < noise < np.inf:
        raise ValueError(f"the noise of a score is {noise}: give its standard deviation, a number above 0")
    seen = (~np.isnan(known)).astype(np.float64)
    values = np.where(seen > 0, known, 0.0)
    shared = seen @ seen.T
    # The variance of the difference over shared cells, by sums: a table of all pairs and cells would be too large.
    squares = (values * values) @ seen.T
    sums = values @ seen.T
    apart = squares + squares.T - 2 * (values @ values.T)
    variance = (apart - (sums - sums.T) ** 2 / np.maximum(shared, 1)) / np.maximum(shared - 1, 1)
    distances = np.sqrt(np.maximum(variance, 0.0)) / noise
    np.fill_diagonal(distances, 0.0)
    return np.where(shared >= LEAST_SHARED, distances, np.nan)


def strangers(groups: Sequence[Hashable] | None, count: int) -> Mask:
    """Which pairs are of different groups; without groups, all but each instance with itself."""
    if groups is None:
        return ~np.eye(count, dtype=np.bool_)
    if len(groups) != count:
        raise ValueError(f"{len(groups)} groups for {count} instances: give one an instance")
    numbers = group_numbers(groups)
    return numbers[:, None] != numbers[None, :]


def agreement(similarities: Scores, distances: Distances, counted: Mask) -> npt.NDArray[np.float64]:
    """For each instance: the rank correlation of how alike the others seem with how alike methods behave on them.

    1 where the others come in the right order, 0 where the order is none; nan where too few of them count. `counted`
    are the pairs to look at.
    """
    used = counted & ~np.isnan(distances)
    return np.array([_rank_correlation(a[u], -d[u]) for a, d, u in zip(similarities, distances, used, strict=True)])


def _rank_correlation(left: Scores, right: Scores) -> float:
    """Spearman's, with the mean rank for equal values; 0 where one side does not tell any two apart."""
    if len(left) < LEAST_RANKED:
        return float("nan")
    a, b = (rankdata(side) - (len(side) + 1) / 2 for side in (left, right))
    length = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / length if length > 0 else 0.0
