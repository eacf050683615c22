"""How many labels contradict their neighbours. Knows vectors and labels; cannot tell a wrong one from a rare truth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

NEIGHBOURS = 10
CONFIDENT = 0.7
SHUFFLES = 20
SILENT, TELLING = 0.1, 0.2
"""Shares of telling neighbourhoods below which nothing is said, and from which the estimate counts in full."""

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


def label_noise(vectors: Floats, labels: Integers, seed: int = 0) -> float:
    """Estimated share of wrong labels, 0 where the neighbourhoods tell nothing about the labels.

    A row speaks against its label when its ten nearest neighbours agree (70 % of their votes, each divided by the
    square root of its class's share, so that a large class does not win everywhere) on another one. A hard task has
    such rows by chance; how many is found by shuffling the labels over the same neighbourhoods. Take the rows to be
    a mixture of a part `p` where neighbours tell the label and a part where they are as good as shuffled. With the
    share of confident rows `q` (shuffled: `q0`) and of contradicted ones `a` (shuffled: `a0`)

        p = (q - q0) / (1 - q0)        noise = (a - (1 - p) a0) / p

    and the noise of the telling part is taken to hold everywhere. Where p falls to a tenth and below, neighbours say
    nothing about this task, noise cannot be told from difficulty, and the estimate fades to 0. Flipping up to a fifth
    of the labels of an easy task is found within 6.5 points, with five classes within 3; beyond that the neighbours
    themselves disagree, and the estimate falls short.
    """
    classes = int(labels.max(initial=0)) + 1
    if classes < 2 or len(labels) <= 2 * NEIGHBOURS:
        return 0.0
    near = _nearest(vectors, NEIGHBOURS)
    generator = np.random.default_rng(seed)
    confident, against = _judge(near, labels, classes)
    chance = np.mean([_judge(near, generator.permutation(labels), classes) for _ in range(SHUFFLES)], axis=0)
    if chance[0] >= 1.0:
        return 0.0
    telling = float(np.clip((confident - chance[0]) / (1 - chance[0]), 0.0, 1.0))
    weight = float(np.clip((telling - SILENT) / (TELLING - SILENT), 0.0, 1.0))
    if weight == 0.0:
        return 0.0
    noise = (against - (1 - telling) * chance[1]) / telling
    return weight * float(np.clip(noise, 0.0, 1.0))


def _nearest(vectors: Floats, count: int) -> Integers:
    """The nearest other rows of every row. Twins count: two equal texts with two labels are noise to be seen."""
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -np.inf)
    return np.argpartition(-likeness, count, axis=1)[:, :count].astype(np.int64)


def _judge(near: Integers, labels: Integers, classes: int) -> tuple[float, float]:
    """Shares of rows whose neighbours agree, and of rows whose neighbours agree on another label."""
    share = np.bincount(labels, minlength=classes) / len(labels)
    votes = np.zeros((len(labels), classes))
    rows = np.arange(len(labels))
    for column in near.T:
        votes[rows, labels[column]] += 1
    votes /= np.sqrt(np.maximum(share, 1 / len(labels)))
    votes /= votes.sum(axis=1, keepdims=True)
    sure = votes.max(axis=1) >= CONFIDENT
    return float(sure.mean()), float((sure & (votes.argmax(axis=1) != labels)).mean())
