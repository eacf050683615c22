"""Made-up tables of choices in which it is known what is best where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metapeft_core.selection.fit import FitSettings
from metapeft_core.selection.network import NetworkShape

SMALL = FitSettings(members=4, shape=NetworkShape(hidden=16, steps=120))
"""Enough for tables in which the pattern is plain."""

QUICK = FitSettings(members=2, folds=3, shape=NetworkShape(hidden=8, shared=4, steps=60, learning_rate=0.02))
"""Enough where it is not the selector that is looked at."""


@dataclass(frozen=True)
class Choices:
    """A table, and what its scores would be without noise."""

    features: np.ndarray
    scores: np.ndarray
    true: np.ndarray
    groups: list[int]


def choices(count: int = 160, *, noise: float = 0.02, seed: int = 0, effect: float = 0.08) -> Choices:
    """Candidate 0 is best by a little whatever the instance; the first two features say where 1 and 2 are better."""
    chance = np.random.default_rng(seed)
    features = chance.normal(size=(count, 6))
    gains = np.stack(
        [
            np.full(count, 0.02),
            effect * np.tanh(features[:, 0]),
            effect * np.tanh(features[:, 1]),
            np.full(count, -0.03),
        ],
        axis=1,
    )
    true = 0.6 + 0.1 * features[:, 2:3] + gains
    return Choices(features, true + noise * chance.normal(size=true.shape), true, [n // 4 for n in range(count)])


def closed_gap(chosen, true, single: int) -> float:
    """How much of what an oracle gains over the best single choice is gained."""
    ours = true[np.arange(len(true)), chosen].mean()
    base = true[:, single].mean()
    return float((ours - base) / (true.max(axis=1).mean() - base))
