"""What is expected of several things that one may be, as one expectation. Knows intervals, not what they are of."""

from __future__ import annotations

import numpy as np

from metapeft_core.selection.table import Numbers

GRID = np.linspace(0.005, 0.995, 100)


def pooled(expected: Numbers, low: Numbers, high: Numbers, level: float) -> tuple[Numbers, Numbers, Numbers]:
    """Of lines of intervals the mean expectation, and the ends between which `level` of their mixture lies.

    A value is taken to be spread evenly between each end and what is expected, and as evenly beyond the ends.
    """
    if len(expected) == 1:
        return expected, low, high
    outside = (1 - level) / 2
    share = np.where(GRID < 0.5, 0.5 - GRID, GRID - 0.5) / (0.5 - outside)
    ends = np.where(GRID[:, None, None] < 0.5, low - expected, high - expected)
    values = (expected + share[:, None, None] * ends).reshape(-1, expected.shape[1])
    lower, upper = np.quantile(values, [outside, 1 - outside], axis=0)
    middle = expected.mean(axis=0)
    return middle[None, :], np.minimum(lower, middle)[None, :], np.maximum(upper, middle)[None, :]
