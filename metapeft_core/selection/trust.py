"""How far predictions are to be believed, from how they fared where the answer had not been seen. Knows no network."""

from __future__ import annotations

import numpy as np

from metapeft_core.groups import group_numbers
from metapeft_core.selection.table import Mask, Numbers, ScoreTable

SHARES = (1.0, 0.5)
"""Of what regression says: a choice is bolder than an estimate, and half as much is sometimes right."""
CAUTION = 0.5
"""Standard errors by which choosing has to gain before the best single choice is left."""


def believed_share(table: ScoreTable, worth: Numbers, expected: Numbers) -> float:
    """The factor by which to take differences between candidates that depend on the instance; 0 where none pays.

    `worth` is what the candidates are worth as such, `expected` the same with the differences in full, both without
    the instance's own group having been seen.
    """
    seen = table.seen
    fine = _centred(expected - worth, seen)
    left = _centred(np.where(seen, table.scores, 0.0) - worth, seen)
    heavy = table.weights[:, None] * seen
    power = float((heavy * fine**2).sum())
    slope = min(1.0, float((heavy * fine * left).sum()) / power) if power > 0 else 0.0
    if slope <= 0:
        return 0.0
    gains = {share * slope: _sure_gain(table, worth, fine, share * slope) for share in SHARES}
    best = max(gains, key=lambda trust: gains[trust])
    return best if gains[best] > 0 else 0.0


def _sure_gain(table: ScoreTable, worth: Numbers, fine: Numbers, trust: float) -> float:
    """Mean gain over the best single choice, less some of its standard error over groups."""
    seen = table.seen
    known = seen.any(axis=1)
    rows = np.arange(len(table))
    ours = np.where(seen, worth + trust * fine, -np.inf).argmax(axis=1)
    theirs = np.where(seen, worth, -np.inf).argmax(axis=1)
    gain = np.where(known, table.scores[rows, ours] - table.scores[rows, theirs], 0.0) * table.weights
    sums = np.bincount(group_numbers(table.groups), weights=gain)
    total = float((table.weights * known).sum())
    error = float(np.sqrt(len(sums)) * sums.std()) / total
    return float(gain.sum()) / total - CAUTION * error


def _centred(values: Numbers, seen: Mask) -> Numbers:
    """Less their mean over what was seen of an instance; 0 where nothing was."""
    kept = np.where(seen, values, 0.0)
    mean = kept.sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    return np.where(seen, kept - mean, 0.0)
