"""Other ways to choose, on the same tables: always the same, by neighbours, by a random forest. Knows tables alone.

They get the same scaled features as the selector. Each says what it expects of every candidate; the largest is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from metapeft_core.selection.conformal import Conformal
from metapeft_core.selection.folds import group_folds
from metapeft_core.selection.prior import fit_prior
from metapeft_core.selection.scaling import Scaler
from metapeft_core.selection.table import Numbers, ScoreTable

NEIGHBOURS = 5
TREES = 500
Rival = Callable[[ScoreTable, Numbers], Numbers]
"""From what is known and features of new instances to what is expected of their candidates."""


def best_single(known: ScoreTable, asked: Numbers) -> Numbers:
    """The candidate that was best on average, everywhere."""
    return np.tile(fit_prior(known).of(known.traits), (len(asked), 1))


def nearest_neighbours(known: ScoreTable, asked: Numbers) -> Numbers:
    """The mean of the nearest instances' differences."""
    return _neighbours(known, asked, _differences(known))


def random_forest(known: ScoreTable, asked: Numbers) -> Numbers:
    """scikit-learn's, on differences between candidates."""
    scaler = Scaler.fitted(known.features)
    forest = RandomForestRegressor(TREES, min_samples_leaf=3, random_state=0, n_jobs=1)
    forest.fit(scaler.scale(known.features), _differences(known), sample_weight=known.weights)
    return np.asarray(forest.predict(scaler.scale(asked)), dtype=np.float64)


def always(candidate: str) -> Rival:
    """The same candidate everywhere, whatever is known."""

    def chosen(known: ScoreTable, asked: Numbers) -> Numbers:
        wanted = np.array([name == candidate for name in known.candidates], dtype=np.float64)
        return np.tile(wanted, (len(asked), 1))

    return chosen


RIVALS: Mapping[str, Rival] = {
    "best single method": best_single,
    "always LoRA": always("lora"),
    "nearest neighbours": nearest_neighbours,
    "random forest": random_forest,
}


@dataclass(frozen=True, slots=True, eq=False)
class NeighbourIntervals:
    """Split-conformal prediction around the mean of the nearest neighbours' scores."""

    low: Numbers
    high: Numbers


def neighbour_intervals(known: ScoreTable, asked: Numbers, level: float, seed: int = 0) -> NeighbourIntervals:
    """Half of the groups are neighbours, the other half says how far neighbours are off."""
    half = group_folds(known.groups, 2, seed) == 0
    near, held = known.rows(half), known.rows(~half)
    errors = held.scores - _neighbours(near, held.features, near.scores)
    fitted = Conformal.fitted(errors, np.ones((len(held), 1)))
    expected = _neighbours(near, asked, near.scores)
    return NeighbourIntervals(*fitted.interval(expected, np.ones((len(asked), 1)), level))


def _neighbours(known: ScoreTable, asked: Numbers, values: Numbers) -> Numbers:
    scaler = Scaler.fitted(known.features)
    left, right = scaler.scale(asked), scaler.scale(known.features)
    distances = ((left[:, None, :] - right[None, :, :]) ** 2).sum(axis=-1)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :NEIGHBOURS]
    return np.nan_to_num(np.nanmean(values[nearest], axis=1))


def _differences(known: ScoreTable) -> Numbers:
    """Less the mean of the instance; a missing cell is taken to be as its candidate is on average."""
    mean = np.nanmean(known.scores, axis=1, keepdims=True)
    apart = known.scores - mean
    return np.where(np.isnan(apart), np.nanmean(apart, axis=0, keepdims=True), apart)
