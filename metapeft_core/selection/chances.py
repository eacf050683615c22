"""The probability that a candidate is best, or as good as that within noise. Knows predictions and their past errors.

What is expected is disturbed many times by errors as they were made before, and counted is how often each candidate
comes out within the noise floor of the best. How often that came true decides, by logistic regression on the logarithm
of the odds (Platt 1999) and on how large errors are expected to be, what is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metapeft_core.selection.table import Numbers

DRAWS = 1000
SEED = 0
LEAST_ERRORS = 20
"""Errors below which a normal distribution is more to be trusted than they are."""
MOST_SIZE = np.log(4.0)
"""Beyond four times the usual, or a quarter of it, nothing was ever seen to come true."""
PULL = 1.0
"""Weight of the belief that counts need no correction, in cases."""


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """Past errors between candidates in units of their expected size, and the correction."""

    errors: Numbers
    floor: float
    """Scores nearer than this are not told apart."""
    slope: float = 1.0
    shift: float = 0.0
    tilt: float = 0.0
    """By how much more is said where errors are expected to be e times as large as usual: mostly it is less."""
    usual: float = 1.0
    """Size that errors are expected to have on a typical instance."""

    def of(self, differences: Numbers, scales: Numbers) -> Numbers:
        """(instances, candidates): the probability of being within the floor of the best."""
        tilted = self.tilt * self._size(scales)[:, None]
        return _from_odds(self.slope * _odds(self._counted(differences, scales)) + self.shift + tilted)

    def calibrated(self, differences: Numbers, scales: Numbers, tied: Numbers) -> Chances:
        """The same with a correction learned from cases; `tied` is 1 where it came true, 0 where not, else nan."""
        # Only learning needs it, and a question would wait half a second for its import.
        from scipy.optimize import minimize

        known = ~np.isnan(tied)
        if not known.any():
            return self
        placed = replace(self, usual=float(np.exp(np.log(scales).mean())))
        odds, came = _odds(self._counted(differences, scales))[known], tied[known]
        sizes = np.repeat(placed._size(scales)[:, None], differences.shape[1], axis=1)[known]

        def surprise(values: Numbers) -> float:
            said = np.exp(values[0]) * odds + values[1] + values[2] * sizes
            cost = np.logaddexp(0.0, said) - came * said
            return float(cost.sum() + PULL * (values**2).sum())

        found = minimize(surprise, np.zeros(3), method="Nelder-Mead").x
        return replace(placed, slope=float(np.exp(found[0])), shift=float(found[1]), tilt=float(found[2]))

    def _size(self, scales: Numbers) -> Numbers:
        """How large errors are expected to be, as the logarithm of a multiple of the usual."""
        return np.clip(np.log(scales / self.usual), -MOST_SIZE, MOST_SIZE)

    def _counted(self, differences: Numbers, scales: Numbers) -> Numbers:
        """The share of disturbances after which each is near the best, never quite 0 or 1."""
        chance = np.random.default_rng(SEED)
        count = differences.shape[1]
        drawn = (
            chance.choice(self.errors, (DRAWS, count))
            if len(self.errors) >= LEAST_ERRORS
            else chance.normal(size=(DRAWS, count))
        )
        drawn = drawn - drawn.mean(axis=1, keepdims=True)
        # Centring takes a part of the spread away that single errors have.
        drawn *= np.sqrt(count / max(1, count - 1))
        hits = np.stack(
            [_near(row + scale * drawn, self.floor) for row, scale in zip(differences, scales, strict=True)]
        )
        return (hits + 0.5) / (DRAWS + 1)


def _odds(chances: Numbers) -> Numbers:
    """The logarithm of the odds."""
    return np.asarray(np.log(chances / (1 - chances)))


def _from_odds(odds: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-odds)))


def _near(scores: Numbers, floor: float) -> Numbers:
    return np.asarray((scores >= scores.max(axis=1, keepdims=True) - floor).sum(axis=0), dtype=np.float64)


def near_best(scores: Numbers, floor: float) -> Numbers:
    """1 for what came within the floor of the best, 0 for the rest, nan where not all candidates were tried."""
    whole = ~np.isnan(scores).any(axis=1, keepdims=True)
    return np.where(whole, (scores >= scores.max(axis=1, keepdims=True) - floor).astype(np.float64), np.nan)
