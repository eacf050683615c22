"""How alike two task vectors are: by angle, by distance, or by the sum of differences. Knows vectors alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.floating[Any]]


class TaskSimilarityMetric(StrEnum):
    """A way to compare; each gives distances from 0 and similarities up to 1."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"
    MANHATTAN = "manhattan"

    def distances(self, left: Vectors, right: Vectors) -> npt.NDArray[np.float64]:
        """From every row of `left` to every row of `right`."""
        a, b = _table(left), _table(right)
        if a.shape[1] != b.shape[1]:
            raise ValueError(f"vectors of {a.shape[1]} numbers cannot be compared with vectors of {b.shape[1]}")
        if self is TaskSimilarityMetric.COSINE:
            return np.clip(1.0 - _unit(a) @ _unit(b).T, 0.0, 2.0)
        if self is TaskSimilarityMetric.EUCLIDEAN:
            squares = np.sum(a * a, axis=1)[:, None] + np.sum(b * b, axis=1)[None, :] - 2 * (a @ b.T)
            return np.sqrt(np.maximum(squares, 0.0))
        return np.stack([np.abs(a - row).sum(axis=1) for row in b], axis=1) if len(b) else np.zeros((len(a), 0))

    def similarities(self, left: Vectors, right: Vectors) -> npt.NDArray[np.float64]:
        """1 for the same vector, less the farther apart; the cosine itself, or 1 / (1 + distance)."""
        distances = self.distances(left, right)
        return 1.0 - distances if self is TaskSimilarityMetric.COSINE else 1.0 / (1.0 + distances)

    def nearest(self, vector: Vectors, known: Vectors, count: int) -> list[int]:
        """The rows of `known` nearest to the vector, nearest first; of equals, the earlier one."""
        distances = self.distances(np.asarray(vector)[None, :], known)[0]
        return [int(place) for place in np.argsort(distances, kind="stable")[:count]]


def _table(vectors: Vectors) -> npt.NDArray[np.float64]:
    table = np.asarray(vectors, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"vectors must be the rows of a table, and this has the shape {table.shape}")
    return table


def _unit(table: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A vector of zeros has no direction and is like nothing, itself included."""
    return table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
