"""Training of the task embedding: each instance learns whom methods behave alike on. Knows arrays, no task.

For every instance there are two distributions over the others: one that favours those on which methods behave alike,
and one that favours those whose embeddings point the same way. The second is pulled towards the first.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np
import numpy.typing as npt

from metapeft_core.embedding.behaviour import Mask, Scores, behaviour_distances, strangers
from metapeft_core.embedding.clustering import Distances
from metapeft_core.embedding.features import Features
from metapeft_core.groups import group_numbers

Numbers = npt.NDArray[np.float64]
BATCH = 512
"""Instances in one step; of more, so many are drawn for each."""
CHANCE = 2.0
"""The squared distance, in squared deviations of a score, of two instances that differ by chance alone."""
NOWHERE = -1e9
"""A logit that takes a pair out of a softmax."""


@dataclass(frozen=True, slots=True)
class EmbeddingTraining:
    """How long and how carefully. The values were found on made-up worlds, before real experiences were looked at."""

    steps: int = 60
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    feature_noise: float = 0.1
    """Added to features in every step, so that nearly equal tasks are not told apart."""
    temperature: float = 0.05
    """Cosines are divided by it: the smaller, the nearer only the nearest count."""


TRAINING = EmbeddingTraining()
IMPROVING = EmbeddingTraining(steps=20, learning_rate=1e-3)
"""For weights that were trained already."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What one step learns from, as MLX has it."""

    targets: mx.array
    """Who is alike: each line sums to 1."""
    bar: mx.array
    """0 where a pair counts, a very low number where it does not."""
    weights: mx.array
    """How much each line counts; they sum to 1."""


def train(
    network: nn.Module,
    features: Features,
    scores: Scores,
    noise: float,
    groups: Sequence[Hashable] | None = None,
    *,
    seed: int = 0,
    training: EmbeddingTraining = TRAINING,
) -> None:
    """Change the network's weights; where no two instances can be compared there is nothing to learn."""
    if len(features) != len(scores):
        raise ValueError(f"{len(features)} lines of features and {len(scores)} of scores: give one of each an instance")
    logits = alikeness(behaviour_distances(scores, noise), strangers(groups, len(scores)))
    weights = _weights(groups, np.asarray(np.isfinite(logits).any(axis=1)))
    if not weights.any() or training.steps == 0:
        return
    chance = np.random.default_rng(seed)
    optimiser = optim.AdamW(
        learning_rate=optim.cosine_decay(training.learning_rate, training.steps, 0.05 * training.learning_rate),
        weight_decay=training.weight_decay,
    )
    step = nn.value_and_grad(network, lambda x, lesson: _loss(network(x), lesson, training.temperature))
    few = len(features) <= BATCH
    whole = _lesson(logits, weights) if few else None
    for _ in range(training.steps):
        chosen = np.arange(len(features)) if few else _drawn(weights, chance)
        lesson = whole or _lesson(logits[np.ix_(chosen, chosen)], weights[chosen])
        seen = features[chosen] + training.feature_noise * chance.normal(size=(len(chosen), features.shape[1]))
        _, gradients = step(mx.array(seen.astype(np.float32)), lesson)
        optimiser.update(network, gradients)
        mx.eval(network.parameters(), optimiser.state)


def alikeness(distances: Distances, counted: Mask) -> Numbers:
    """Logits of the distribution over others, by the square of the distance; minus infinity for pairs left out.

    Each line has a scale of its own: the distance within which the root of all others lies, so that an instance
    that is like few has neighbours as well as one that is like many, and never less than chance alone accounts for.
    """
    squares = np.where(counted & ~np.isnan(distances), np.nan_to_num(distances) ** 2, np.inf)
    near = np.sort(squares, axis=1)[:, : max(2, round(len(squares) ** 0.5))]
    scale = np.maximum(np.where(np.isfinite(near), near, 0.0).max(axis=1, initial=0.0), CHANCE)
    return np.asarray(-squares / scale[:, None])


def _weights(groups: Sequence[Hashable] | None, useful: Mask) -> Numbers:
    """Of an instance with nobody to compare it with, none; otherwise each group has as much as any other."""
    if groups is None:
        return useful.astype(np.float64)
    numbers = group_numbers(groups)
    return useful / np.maximum(np.bincount(numbers, useful, len(numbers))[numbers], 1)


def _drawn(weights: Numbers, chance: np.random.Generator) -> npt.NDArray[np.int64]:
    able = np.flatnonzero(weights)
    return chance.choice(able, size=min(BATCH, len(able)), replace=False)


def _lesson(logits: Numbers, weights: Numbers) -> Lesson:
    counted = np.isfinite(logits)
    useful = counted.any(axis=1)
    highest = np.where(useful, np.max(logits, axis=1, initial=-np.inf), 0.0)
    shares = np.where(counted, np.exp(logits - highest[:, None]), 0.0)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
    heavy = weights * useful
    return Lesson(
        mx.array(shares.astype(np.float32)),
        mx.array(np.where(counted, 0.0, NOWHERE).astype(np.float32)),
        mx.array((heavy / max(float(heavy.sum()), 1e-12)).astype(np.float32)),
    )


def _loss(embeddings: mx.array, lesson: Lesson, temperature: float) -> mx.array:
    """The cross-entropy, which is the divergence up to a constant."""
    logits = embeddings @ embeddings.T / temperature + lesson.bar
    likely = logits - mx.logsumexp(logits, axis=1, keepdims=True)
    return -((lesson.targets * likely).sum(axis=1) * lesson.weights).sum()
