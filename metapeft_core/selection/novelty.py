"""How far an instance lies from all that is known, in units of how far known ones lie apart. Knows features alone."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from metapeft_core.groups import group_numbers
from metapeft_core.selection.table import Numbers

NEAREST = 3
LEAST_SPREAD = 1e-9
MOST = 10.0
"""Farther than this says nothing more; a feature in which all known agree would make anything else infinitely new."""
UNTOLD = 1.0
"""Spreads that something unknown is taken to be away."""


@dataclass(frozen=True, slots=True, eq=False)
class Novelty:
    """Standard scores without a limit: something ten times as large as all that is known shall look it."""

    known: Numbers
    middle: Numbers
    spread: Numbers
    usual: float
    """Distance that nine of ten known instances keep from those of other groups."""

    @classmethod
    def fitted(cls, features: Numbers, groups: Sequence[Hashable]) -> Novelty:
        """Learn what is usual; distances within a group say nothing of what a new one will be like."""
        told = ~np.isnan(features)
        counts = np.maximum(told.sum(axis=0), 1)
        middle = np.where(told, features, 0.0).sum(axis=0) / counts
        spread = np.sqrt(np.where(told, (features - middle) ** 2, 0.0).sum(axis=0) / counts)
        found = cls(features, middle, np.maximum(spread, LEAST_SPREAD * np.maximum(1.0, np.abs(middle))), 1.0)
        number = group_numbers(groups)
        distances = found.distances(features)
        distances[number[:, None] == number[None, :]] = np.inf
        own = _nearest(distances)
        own = own[np.isfinite(own)]
        return cls(features, middle, found.spread, max(LEAST_SPREAD, float(np.quantile(own, 0.9))) if len(own) else 1.0)

    def of(self, features: Numbers) -> Numbers:
        """1 is as far as hardly any known instance is from the others; 2 twice as far."""
        return np.minimum(_nearest(self.distances(features)) / self.usual, MOST)

    def distances(self, features: Numbers) -> Numbers:
        """Of instances to all that are known, in spreads of a feature."""
        asked, known = ((table - self.middle) / self.spread for table in (features, self.known))
        total = np.zeros((len(asked), len(known)))
        for left, right in zip(asked.T, known.T, strict=True):
            apart = (left[:, None] - right[None, :]) ** 2
            total += np.where(np.isnan(apart), UNTOLD, apart)
        return np.sqrt(total / max(1, asked.shape[1]))


def _nearest(distances: Numbers) -> Numbers:
    """The mean of the few smallest."""
    return np.asarray(np.sort(distances, axis=1)[:, :NEAREST].mean(axis=1))
