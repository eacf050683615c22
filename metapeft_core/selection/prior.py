"""How much better each candidate is than the others whatever the instance: the best single choice. Knows no features.

Scores are taken as what the instance gives plus what the candidate gives. Candidates that were rarely tried are drawn
towards what their traits, or the middle of all, would lead one to expect: how far follows from the table itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metapeft_core.selection.table import Mask, Numbers, ScoreTable

ROUNDS = 30
LEAST = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What traits are worth. Only differences between candidates mean anything."""

    worth: Numbers
    spread: float
    """Of a score around what instance and candidate explain."""

    def of(self, traits: Numbers) -> Numbers:
        """What candidates with these traits are worth."""
        return np.asarray(traits @ self.worth)


def fit_prior(table: ScoreTable) -> Prior:
    """Ridge regression of scores within instances on traits; its penalty is found by expectation-maximisation."""
    seen = table.seen
    heavy = np.where(seen, table.weights[:, None], 0.0)
    counts = np.maximum(seen.sum(axis=1), 1)
    filled = np.where(seen, table.scores, 0.0)
    scores = filled - (filled.sum(axis=1) / counts)[:, None]
    # Sums over cells without a table of instances x candidates x traits: centring is a matrix of its own.
    products = _within(table.traits, heavy, seen, counts)
    right = table.traits.T @ np.where(seen, heavy * scores, 0.0).sum(axis=0)
    total = float((heavy * np.where(seen, scores, 0.0) ** 2).sum())
    freedom = max(1.0, float(heavy.sum() - table.weights.sum()))
    return _evidence(products, right, total, freedom)


def _within(traits: Numbers, heavy: Numbers, seen: Mask, counts: Numbers) -> Numbers:
    means = (seen @ traits) / counts[:, None]
    each = traits.T @ (heavy.sum(axis=0)[:, None] * traits)
    shared = means.T @ (heavy.sum(axis=1)[:, None] * means)
    return np.asarray(each - shared)


def _evidence(products: Numbers, right: Numbers, total: float, freedom: float) -> Prior:
    size = len(right)
    noise = max(LEAST, total / freedom)
    width = noise
    worth = np.zeros(size)
    for _ in range(ROUNDS):
        inverse = np.linalg.inv(products / noise + np.eye(size) / width)
        worth = inverse @ right / noise
        left = total - 2 * float(worth @ right) + float(worth @ products @ worth)
        left += float(np.trace(products @ inverse))
        noise = max(LEAST, left / freedom)
        width = max(LEAST, (float(worth @ worth) + float(np.trace(inverse))) / size)
    return Prior(worth, float(np.sqrt(noise)))
