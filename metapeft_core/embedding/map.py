"""Vectors on a plane, as near to their true distances as a plane allows, and how near that is. Draws nothing.

Metric multidimensional scaling: classical scaling gives a beginning without chance, SMACOF (de Leeuw 1977) improves it
step by step, and each step makes the stress smaller. The same vectors give the same map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metapeft_core.embedding.clustering import Distances
from metapeft_core.embedding.similarity import TaskSimilarityMetric, Vectors

Points = npt.NDArray[np.float64]
"""Two numbers a row."""
STEPS = 500
ENOUGH = 1e-6
"""The part of the stress that a step must take away for another to follow."""
NEIGHBOURS = 5
COINCIDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class PlaneMap:
    """Where each vector lies on the plane, and how far the plane can be believed."""

    points: Points
    """Around 0; the longer direction is the first. Distances mean something, directions do not."""
    stress: float
    """Kruskal's stress-1: how wrong distances are on the map, as a share of them: 0 is exact, above 0.2 is poor."""
    kept: float
    """Of the five nearest of each vector, the share that is among the five nearest on the map as well."""
    nearest: tuple[int, ...]
    """The nearest of each vector in truth, wherever the map has put it; itself where it is alone."""


def plane_map(vectors: Vectors, metric: TaskSimilarityMetric = TaskSimilarityMetric.COSINE) -> PlaneMap:
    """The map of these vectors."""
    distances = metric.distances(vectors, vectors)
    # Sums are rounded differently in the two triangles.
    distances = (distances + distances.T) / 2
    np.fill_diagonal(distances, 0.0)
    points = _turned(_smacof(distances, _classical(distances)))
    nearest = _others(distances).argmin(axis=1) if len(points) else np.zeros(0, np.int64)
    kept = kept_neighbours(distances, points)
    return PlaneMap(points, stress_of(distances, points), kept, tuple(nearest.tolist()))


def stress_of(distances: Distances, points: Points) -> float:
    """The root of the squared errors over the squared distances on the map."""
    drawn = _between(points)
    size = float((drawn * drawn).sum())
    return float(np.sqrt(((distances - drawn) ** 2).sum() / size)) if size > 0 else 0.0


def kept_neighbours(distances: Distances, points: Points, count: int = NEIGHBOURS) -> float:
    """How many of the nearest are still among the nearest; 1 where there are too few to lose any."""
    count = min(count, len(points) - 1)
    if count < 1:
        return 1.0
    true, drawn = (_nearest(table, count) for table in (distances, _between(points)))
    return float(np.mean([len(a & b) / count for a, b in zip(true, drawn, strict=True)]))


def _nearest(distances: Distances, count: int) -> list[set[int]]:
    return [set(row[:count].tolist()) for row in np.argsort(_others(distances), axis=1, kind="stable")]


def _others(distances: Distances) -> Distances:
    """Nothing is its own neighbour."""
    return np.where(np.eye(len(distances), dtype=np.bool_), np.inf, distances)


def _classical(distances: Distances) -> Points:
    """Torgerson's scaling: exact for points of a plane, and a good beginning for all others."""
    if len(distances) < 2:
        return np.zeros((len(distances), 2))
    squares = distances**2
    middles = squares.mean(axis=0)
    products = -0.5 * (squares - middles[:, None] - middles[None, :] + middles.mean())
    values, directions = np.linalg.eigh(products)
    return np.asarray(_two(directions * np.sqrt(np.maximum(values, 0.0))))


def _two(columns: Points) -> Points:
    """The last two columns, which are those of the largest values, the larger one first."""
    found = columns[:, ::-1][:, :2]
    return np.hstack([found, np.zeros((len(found), 2 - found.shape[1]))])


def _smacof(distances: Distances, points: Points) -> Points:
    """Guttman transforms until they no longer help."""
    count = len(points)
    before = np.inf
    for _ in range(STEPS):
        drawn = _between(points)
        stress = float(((distances - drawn) ** 2).sum())
        if stress == 0 or stress > (1 - ENOUGH) * before:
            break
        before = stress
        pulls = -distances / np.where(drawn > COINCIDING, drawn, np.inf)
        pulls[np.diag_indices(count)] = -pulls.sum(axis=1)
        points = pulls @ points / count
    return points


def _turned(points: Points) -> Points:
    """The same map with its longer direction first, and of both directions the side where the farthest point lies."""
    if len(points) < 2:
        return points
    centred = points - points.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    turned = centred @ directions[:, ::-1]
    farthest = turned[np.argmax(np.abs(turned).round(9), axis=0), (0, 1)]
    return np.asarray(turned * np.where(farthest < 0, -1.0, 1.0))


def _between(points: Points) -> Distances:
    x, y = (points[:, axis][:, None] - points[:, axis][None, :] for axis in (0, 1))
    return np.hypot(x, y)
