"""Groups of tasks that lie together, and how clearly they do. Knows distances, not what the tasks are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from metapeft_core.embedding.similarity import TaskSimilarityMetric, Vectors
from metapeft_core.groups import group_numbers

Distances = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Clustering:
    """Which group each task belongs to, numbered from 0 in the order in which they are met."""

    groups: tuple[int, ...]
    clarity: float
    """Mean silhouette: 1 where groups are tight and far apart, 0 where they run into each other."""

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(set(self.groups))


def cluster(
    vectors: Vectors,
    metric: TaskSimilarityMetric = TaskSimilarityMetric.COSINE,
    counts: Sequence[int] = range(2, 13),
) -> Clustering:
    """Join what is nearest on average, and stop at that of the counts whose groups are clearest."""
    distances = metric.distances(vectors, vectors)
    possible = sorted({count for count in counts if 2 <= count < len(distances)})
    if not possible:
        return Clustering((0,) * len(distances), 0.0)
    # Sums are rounded differently in the two triangles; squareform insists on their being equal.
    distances = (distances + distances.T) / 2
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), method="average")
    cuts = (tuple(group_numbers(fcluster(tree, count, criterion="maxclust").tolist()).tolist()) for count in possible)
    found = (Clustering(groups, silhouette(distances, groups)) for groups in cuts)
    return max(found, key=lambda clustering: (clustering.clarity, -clustering.count))


def silhouette(distances: Distances, groups: Sequence[int]) -> float:
    """How much nearer each task is to its own group than to the next one, on average; one alone counts 0."""
    labels = np.asarray(groups)
    names = np.unique(labels)
    if len(names) < 2:
        return 0.0
    members = (labels[:, None] == names[None, :]).astype(np.float64)
    sizes = members.sum(axis=0)
    own = np.searchsorted(names, labels)
    rows = np.arange(len(labels))
    sums = distances @ members
    within = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[rows, own] = np.inf
    nearest = means.min(axis=1)
    larger = np.maximum(within, nearest)
    scores = np.where((sizes[own] > 1) & (larger > 0), (nearest - within) / np.where(larger > 0, larger, 1.0), 0.0)
    return float(scores.mean())
