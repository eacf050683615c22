"""Intervals that hold as often as they say, from errors on what had not been seen. Knows errors, not their causes.

Cross-conformal prediction (Vovk 2015): every known score has an error made by a predictor that had not seen its group;
a new score's error is taken to be one more of them, once all are divided by how far off one expects to be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metapeft_core.selection.table import Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Conformal:
    """Errors divided by their expected size, sorted. More seen than expected counts above 0."""

    errors: Numbers

    @classmethod
    def fitted(cls, errors: Numbers, scales: Numbers) -> Conformal:
        """Learn from errors, nan where there is none; `scales` says how large each was expected to be."""
        relative = (errors / scales)[~np.isnan(errors)]
        return cls(np.sort(relative))

    def with_more(self, errors: Numbers, scales: Numbers) -> Conformal:
        """The same with further errors."""
        return Conformal(np.sort(np.concatenate([self.errors, Conformal.fitted(errors, scales).errors])))

    def interval(self, expected: Numbers, scales: Numbers, level: float) -> tuple[Numbers, Numbers]:
        """Lower and upper ends between which a score lies in `level` of all cases."""
        outside = (1 - level) / 2
        return expected + self._quantile(outside) * scales, expected + self._quantile(1 - outside) * scales

    def share_below(self, room: Numbers) -> Numbers:
        """The probability that an error, divided by its expected size, is no larger than this."""
        count = len(self.errors)
        return np.asarray((np.searchsorted(self.errors, room, "right") + 0.5) / (count + 1))

    def _quantile(self, share: float) -> float:
        """With a new error among them, so that few errors give wide intervals."""
        count = len(self.errors)
        if not count:
            return 0.0
        place = share * (count + 1) - 1
        return float(np.interp(place, np.arange(count), self.errors))
