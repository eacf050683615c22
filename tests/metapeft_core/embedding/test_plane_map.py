"""Maps are exact where a plane suffices, the same every time, and honest about what they lose."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import smacof

from metapeft_core.embedding.map import kept_neighbours, plane_map, stress_of
from metapeft_core.embedding.similarity import TaskSimilarityMetric

METRICS = list(TaskSimilarityMetric)
EUCLIDEAN = TaskSimilarityMetric.EUCLIDEAN


def scattered(count: int, width: int, seed: int = 0):
    return np.random.default_rng(seed).normal(size=(count, width))


def turned(points, width: int):
    """Points of a plane somewhere in a wider space."""
    basis, _ = np.linalg.qr(scattered(width, width, seed=9))
    return points @ basis[:2] + 5


def test_what_lies_in_a_plane_is_drawn_exactly():
    points = scattered(40, 2)
    found = plane_map(turned(points, 30), EUCLIDEAN)
    assert np.allclose(EUCLIDEAN.distances(found.points, found.points), EUCLIDEAN.distances(points, points), atol=1e-5)
    assert found.stress < 1e-5
    assert found.kept == 1


def test_directions_do_not_depend_on_those_of_the_vectors():
    points = scattered(25, 2) * [3, 1]
    there, back = plane_map(turned(points, 12), EUCLIDEAN), plane_map(turned(points * [-1, 1], 12), EUCLIDEAN)
    assert np.allclose(there.points[:, 0], back.points[:, 0], atol=1e-4)
    assert np.ptp(there.points[:, 0]) > np.ptp(there.points[:, 1])
    assert np.allclose(there.points.mean(axis=0), 0, atol=1e-9)


@pytest.mark.parametrize("metric", METRICS)
def test_the_same_vectors_give_the_same_map(metric):
    vectors = scattered(30, 16)
    first, again = plane_map(vectors, metric), plane_map(vectors.copy(), metric)
    assert np.array_equal(first.points, again.points)
    assert (first.stress, first.kept, first.nearest) == (again.stress, again.kept, again.nearest)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_is_no_worse_than_scikit_learn_from_eight_beginnings(seed: int):
    vectors = scattered(40, 10, seed)
    distances = EUCLIDEAN.distances(vectors, vectors)
    theirs, _ = smacof(
        (distances + distances.T) / 2, n_components=2, n_init=8, random_state=seed, normalized_stress=False
    )
    assert plane_map(vectors, EUCLIDEAN).stress < 1.05 * stress_of(distances, theirs)


def test_the_stress_tells_a_poor_map_from_a_good_one():
    good, poor = plane_map(turned(scattered(30, 2), 5), EUCLIDEAN), plane_map(scattered(30, 50), EUCLIDEAN)
    assert good.stress < 0.01 < 0.2 < poor.stress < 1
    assert good.kept == 1 > poor.kept > 0


def test_the_nearest_is_the_one_in_truth():
    vectors = scattered(20, 8)
    distances = EUCLIDEAN.distances(vectors, vectors) + np.diag(np.full(20, np.inf))
    assert plane_map(vectors, EUCLIDEAN).nearest == tuple(distances.argmin(axis=1).tolist())


def test_neighbours_that_are_lost_are_counted():
    line = np.arange(12.0)[:, None]
    distances = EUCLIDEAN.distances(line, line)
    straight = np.hstack([line, np.zeros((12, 1))])
    assert kept_neighbours(distances, straight, 2) == 1
    shuffled = straight[np.random.default_rng(0).permutation(12)]
    assert kept_neighbours(distances, shuffled, 2) < 0.5


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_vectors_are_no_trouble(metric, count: int):
    found = plane_map(np.eye(5)[:count], metric)
    assert found.points.shape == (count, 2)
    assert found.stress == pytest.approx(0, abs=1e-6)
    assert len(found.nearest) == count


def test_vectors_that_are_equal_come_to_lie_on_each_other():
    vectors = np.repeat(scattered(4, 6), 3, axis=0)
    found = plane_map(vectors, EUCLIDEAN)
    assert np.isfinite(found.points).all()
    assert np.allclose(found.points[0::3], found.points[1::3], atol=1e-3)
    assert np.allclose(plane_map(np.ones((5, 4))).points, 0)
