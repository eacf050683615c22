"""How far off predictions will be, instance by instance. Knows past errors, not what was predicted.

Errors have a pattern: tasks near guessing are foretold within a point, tasks that a model may or may not learn within
twenty. The logarithm of the error is a score like any other, so the same selector learns it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from metapeft_core.selection.fit import FitSettings, Selector, fit
from metapeft_core.selection.table import Numbers

LEAST = 1e-3
"""Of the mean error: below, an error is as good as none, and its logarithm would run away."""


@dataclass(frozen=True, slots=True, eq=False)
class ErrorScale:
    """The typical error on an instance: as learned, but drawn towards the same for all as far as that held out."""

    selector: Selector
    common: float
    """Logarithm of the error where nothing is known."""
    belief: float
    """From 0, where all errors are taken to be of the common size, to 1."""

    def of(self, features: Numbers) -> Numbers:
        """The typical error on new instances."""
        return self._told(self.selector.predict(features).expected[:, 0])

    def held_out(self) -> Numbers:
        """The typical error on the instances it was fitted to, by what has not seen their groups."""
        return self._told(self.selector.held_out.expected[:, 0])

    def _told(self, logarithms: Numbers) -> Numbers:
        return np.exp(self.common + self.belief * (logarithms - self.common))


def fit_error_scale(
    features: Numbers, errors: Numbers, groups: Sequence[Hashable], settings: FitSettings
) -> ErrorScale:
    """Learn from one error an instance (a root mean square over its candidates), none of which is nan."""
    logarithms = np.log(errors + LEAST * max(LEAST, float(errors.mean())))
    selector = fit(features, logarithms[:, None], ["error"], groups=groups, settings=settings)
    told = selector.held_out.expected[:, 0]
    common = float(logarithms.mean())
    apart = told - common
    power = float(apart @ apart)
    belief = min(1.0, max(0.0, float(apart @ (logarithms - common)) / power)) if power > 0 else 0.0
    return ErrorScale(selector, common, belief)
