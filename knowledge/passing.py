"""The task vectors that pass one filter, and the nearest of them by comparing each. Knows no index.

They are read once and hold as long as the store does not grow.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from knowledge.records import Filter, Vector, Vectors
from knowledge.store import ExperienceStore


class Passing:
    """What passes a filter."""

    def __init__(self, store: ExperienceStore, wanted: Filter) -> None:
        self._store = store
        self.digests: dict[str, None] = dict.fromkeys(store.passing(wanted))
        """In order, and quick to ask."""

    @cached_property
    def _vectors(self) -> Vectors:
        found = self._store.vectors(self.digests)
        return np.stack([found[digest] for digest in self.digests])

    def nearest(self, vector: Vector, count: int) -> dict[str, float]:
        """The nearest, and the cosine to each."""
        if not self.digests:
            return {}
        alike = self._vectors @ vector
        last = min(count, len(alike)) - 1
        chosen = np.argpartition(-alike, last)[: last + 1]
        names = list(self.digests)
        return {names[i]: float(alike[i]) for i in chosen}
