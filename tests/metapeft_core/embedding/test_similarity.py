"""The three ways to compare task vectors are what their names say, whatever the vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from metapeft_core.embedding.similarity import TaskSimilarityMetric

METRICS = list(TaskSimilarityMetric)
NUMBERS = st.floats(-1e3, 1e3).filter(lambda value: value == 0 or abs(value) > 1e-3)
REFERENCE = {"cosine": "cosine", "euclidean": "euclidean", "manhattan": "cityblock"}


def tables(rows: int):
    return arrays(np.float64, (rows, 6), elements=NUMBERS)


@pytest.mark.parametrize("metric", METRICS)
@given(left=tables(4), right=tables(3))
def test_distances_are_those_of_scipy(metric, left, right):
    left[:, 0] += 2e3
    right[:, 0] += 2e3
    ours, theirs = metric.distances(left, right), cdist(left, right, REFERENCE[metric])
    assert ours.shape == (4, 3)
    assert np.allclose(ours, theirs, rtol=1e-6, atol=1e-3)


@pytest.mark.parametrize("metric", METRICS)
@given(table=tables(5))
def test_a_vector_is_most_like_itself(metric, table):
    table[:, 0] += 2e3
    likeness = metric.similarities(table, table)
    assert np.allclose(np.diag(likeness), 1.0, atol=1e-2)
    assert np.allclose(likeness, likeness.T, atol=1e-9)
    assert likeness.max() <= 1 + 1e-12


@pytest.mark.parametrize("metric", METRICS)
def test_the_nearest_come_first_and_of_equals_the_earlier(metric):
    known = np.array([[0.0, 1.0], [1.0, 0.1], [1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
    assert metric.nearest(np.array([1.0, 0.0]), known, 4)[:3] == [2, 3, 1]
    assert metric.nearest(np.array([1.0, 0.0]), known, 99)[-1] == 4


def test_the_cosine_does_not_mind_the_length_and_the_others_do():
    short, long = np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]])
    assert TaskSimilarityMetric.COSINE.distances(short, long) == pytest.approx(0)
    assert TaskSimilarityMetric.EUCLIDEAN.distances(short, long) == pytest.approx(np.hypot(9, 18))
    assert TaskSimilarityMetric.MANHATTAN.distances(short, long) == pytest.approx(27)


def test_a_vector_of_zeros_is_like_nothing():
    assert TaskSimilarityMetric.COSINE.similarities(np.zeros((1, 3)), np.ones((1, 3))) == pytest.approx(0)


@pytest.mark.parametrize("metric", METRICS)
def test_vectors_that_cannot_be_compared_are_refused(metric):
    with pytest.raises(ValueError, match="3 numbers cannot be compared with vectors of 2"):
        metric.distances(np.ones((1, 3)), np.ones((1, 2)))
    with pytest.raises(ValueError, match="rows of a table"):
        metric.distances(np.ones(3), np.ones((1, 3)))


@pytest.mark.parametrize("metric", METRICS)
def test_nothing_is_near_where_there_is_nothing(metric):
    assert metric.distances(np.ones((2, 3)), np.ones((0, 3))).shape == (2, 0)
    assert metric.nearest(np.ones(3), np.ones((0, 3)), 5) == []
