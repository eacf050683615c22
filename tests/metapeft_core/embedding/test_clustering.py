"""Groups are found where there are groups, and their clarity is what others compute it to be."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from metapeft_core.embedding.clustering import cluster, silhouette
from metapeft_core.embedding.similarity import TaskSimilarityMetric

METRICS = list(TaskSimilarityMetric)


def blobs(groups: int, each: int, spread: float = 0.05, seed: int = 0):
    chance = np.random.default_rng(seed)
    centres = 3 * np.eye(groups, 8)
    labels = np.repeat(np.arange(groups), each)
    return centres[labels] + spread * chance.normal(size=(groups * each, 8)), labels


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("groups", [2, 3, 6])
def test_groups_that_are_there_are_found(metric, groups: int):
    vectors, labels = blobs(groups, 9)
    found = cluster(vectors, metric)
    assert found.groups == tuple(labels.tolist())
    assert found.count == groups
    assert found.clarity > 0.8


def test_the_order_of_the_tasks_does_not_matter():
    vectors, labels = blobs(4, 10)
    order = np.random.default_rng(1).permutation(len(vectors))
    found = cluster(vectors[order])
    pairs = {(a, b) for a, b in zip(found.groups, labels[order].tolist(), strict=True)}
    assert len(pairs) == 4


def test_clarity_is_the_silhouette_of_scikit_learn():
    vectors, labels = blobs(5, 7, spread=1.2)
    labels[0] = 9
    distances = TaskSimilarityMetric.EUCLIDEAN.distances(vectors, vectors)
    assert silhouette(distances, labels.tolist()) == pytest.approx(silhouette_score(vectors, labels), abs=1e-9)


def test_noise_has_no_clear_groups():
    vectors = np.random.default_rng(0).normal(size=(60, 20))
    assert cluster(vectors).clarity < 0.2


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_tasks_are_one_group(count: int):
    assert cluster(np.eye(3)[:count]).groups == (0,) * count


def test_tasks_that_are_all_the_same_are_no_trouble():
    found = cluster(np.ones((6, 4)))
    assert found.clarity == 0
    assert len(found.groups) == 6
