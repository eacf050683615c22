"""Features of any scale become small numbers that a network takes. Knows numbers, not what they measure."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from metapeft_core.selection.table import Numbers

KNOTS = 33
LEAST_SPREAD = 1e-12
FARTHEST = 3.0
RANKED = 0.5
"""Share of the rank in the result; the rest is the plain standard score, which keeps how far apart values are."""


@dataclass(frozen=True, slots=True, eq=False)
class Scaler:
    """Half rank, half standard score: heavy tails do not drown the rest, and distances are not lost altogether.

    What is not known becomes the middle, and a column more says that it was not known, for every feature of which
    that happened in the table that the scaler was fitted to.
    """

    knots: Numbers
    """Quantiles of every kept feature, a column each."""
    middle: Numbers
    spread: Numbers
    kept: tuple[int, ...]
    gappy: tuple[int, ...]

    @classmethod
    def fitted(cls, features: Numbers) -> Scaler:
        """Take quantiles from these instances; a feature in which all agree says nothing and is left out."""
        known = ~np.isnan(features)
        spread = np.array([_spread(column[told]) for column, told in zip(features.T, known.T, strict=True)])
        kept = tuple(np.flatnonzero(spread > LEAST_SPREAD).tolist())
        chosen = [features[known[:, place], place] for place in kept]
        places = np.linspace(0, 1, KNOTS)
        knots = np.stack([np.quantile(column, places) for column in chosen], axis=1) if kept else np.zeros((KNOTS, 0))
        middle = np.array([float(column.mean()) for column in chosen])
        gaps = ~known.all(axis=0) & known.any(axis=0)
        return cls(knots, middle, spread[list(kept)], kept, tuple(np.flatnonzero(gaps).tolist()))

    @property
    def width(self) -> int:
        """Numbers an instance becomes."""
        return len(self.kept) + len(self.gappy)

    def scale(self, features: Numbers) -> Numbers:
        """The instances as the network is to see them."""
        columns = [self._column(features[:, place], n) for n, place in enumerate(self.kept)]
        columns += [np.isnan(features[:, place]).astype(np.float64) for place in self.gappy]
        return np.stack(columns, axis=1) if columns else np.zeros((len(features), 0))

    def _column(self, values: Numbers, number: int) -> Numbers:
        knots = self.knots[:, number]
        known = ~np.isnan(values)
        filled = np.where(known, values, self.middle[number])
        standard = (filled - self.middle[number]) / self.spread[number]
        mixed = RANKED * _normal(_rank(filled, knots)) + (1 - RANKED) * standard
        return np.where(known, np.clip(mixed, -FARTHEST, FARTHEST), 0.0)


def _normal(shares: Numbers) -> Numbers:
    """Where a normal distribution has so much below it. Python's own: scipy's takes half a second to import."""
    return np.array([NormalDist().inv_cdf(share) for share in shares.tolist()])


def _spread(values: Numbers) -> float:
    return float(values.std()) if len(values) else 0.0


def _rank(values: Numbers, knots: Numbers) -> Numbers:
    """The share that lies below, from 0.01 to 0.99; among equal values the middle of the share that is theirs."""
    places = np.linspace(0, 1, len(knots))
    lowest, highest = np.searchsorted(knots, values, "left"), np.searchsorted(knots, values, "right")
    between = np.interp(values, knots, places)
    tied = highest > lowest
    middle = (places[np.minimum(lowest, len(knots) - 1)] + places[np.maximum(highest - 1, 0)]) / 2
    return np.clip(np.where(tied, middle, between), 0.01, 0.99)
