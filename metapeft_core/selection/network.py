"""The selector's network: many small ones side by side in MLX. Knows numbers; what they mean is told elsewhere.

A member has two halves that share nothing. One has a tower for the instance and one for the candidate, whose product is
how much better or worse than its prior the candidate does on this instance. The other says how well candidates do on
the instance at all. All members are trained at once as one batched product, and so are those that miss a fold: they
tell after how many steps a half stops getting better on what it has not seen, and there all members stop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np
from mlx.utils import tree_map

from metapeft_core.selection.table import Mask, Numbers

Parts = Mapping[str, mx.array]
Merge = Callable[[mx.array], mx.array]
"""Leaves what members say as it is, or takes their mean."""
Loss = Callable[[Any, mx.array, Merge], mx.array]
"""Of a half, under weights of the instances; one number a member, or one for all of them together."""


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Sizes, and how long and how carefully it is trained; settled on made-up tables, not on real ones."""

    hidden: int = 32
    shared: int = 8
    steps: int = 200
    """At most."""
    look_every: int = 10
    patience: int = 60
    """Steps without getting better after which it is over."""
    learning_rate: float = 0.01
    weight_decay: float = 1.0
    share_seen: float = 0.7
    """Of the features, by each member: what one leaves out another sees, as in a random forest."""
    huber: float = 2.0
    """Standard deviations beyond which an error counts in proportion and no longer as its square."""


class Tower(nn.Module):
    """Two layers for each of the members, the second around a shortcut."""

    def __init__(self, inputs: int, hidden: int, members: int, key: mx.array) -> None:
        super().__init__()
        first, second = mx.random.split(key, 2)
        self.first, self.first_bias = _drawn(members, inputs, hidden, 1.4, first), mx.zeros((members, 1, hidden))
        self.second, self.second_bias = _drawn(members, hidden, hidden, 0.7, second), mx.zeros((members, 1, hidden))

    def __call__(self, x: mx.array) -> mx.array:
        x = nn.relu(x @ self.first + self.first_bias)
        return x + nn.relu(x @ self.second + self.second_bias)


class Differences(nn.Module):
    """What tells candidates apart on an instance."""

    def __init__(self, features: int, traits: int, members: int, shape: NetworkShape, key: mx.array) -> None:
        super().__init__()
        keys = mx.random.split(key, 4)
        self.tower = Tower(features, shape.hidden, members, keys[0])
        self.instance = _drawn(members, shape.hidden, shape.shared, 0.3, keys[1])
        self.traits = Tower(traits, shape.hidden, members, keys[2])
        self.candidate = _drawn(members, shape.hidden, shape.shared, 0.7, keys[3])

    def __call__(self, features: mx.array, traits: mx.array) -> mx.array:
        return (self.tower(features) @ self.instance) @ (self.traits(traits) @ self.candidate).transpose(0, 2, 1)


class Levels(nn.Module):
    """What an instance gives to any candidate."""

    def __init__(self, features: int, members: int, shape: NetworkShape, key: mx.array) -> None:
        super().__init__()
        first, second = mx.random.split(key, 2)
        self.tower = Tower(features, shape.hidden, members, first)
        self.last, self.bias = _drawn(members, shape.hidden, 1, 0.3, second), mx.zeros((members, 1, 1))

    def __call__(self, features: mx.array) -> mx.array:
        return (self.tower(features) @ self.last + self.bias)[..., 0]


class MethodSelectionNetwork(nn.Module):
    """`members` networks over the same instances and candidates."""

    shape: NetworkShape
    sizes: dict[str, int]

    def __init__(self, features: int, traits: int, members: int, shape: NetworkShape, seed: int) -> None:
        super().__init__()
        # Set below nn.Module's bookkeeping, which would take them for parameters.
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "sizes", {"features": features, "traits": traits, "members": members})
        first, second, third = mx.random.split(mx.random.key(seed), 3)
        self.differences = Differences(features, traits, members, shape, first)
        self.levels = Levels(features, members, shape, second)
        # Every feature is seen by as many members as any other: chance might hide from all the one that counts.
        order = mx.argsort(mx.random.uniform(shape=(members, 1, features), key=third), axis=0)
        self.seen = (order < math.ceil(shape.share_seen * members)).astype(mx.float32)
        self.freeze(keys=["seen"], recurse=False)

    def __call__(self, features: mx.array, traits: mx.array) -> tuple[mx.array, mx.array]:
        """(members, instances, candidates) of differences, and (members, instances) of levels."""
        shown = features * self.seen
        return self.differences(shown, traits), self.levels(shown)

    def repeated(self, copies: int) -> MethodSelectionNetwork:
        """The same members several times over: what they then learn differs by nothing but what they are shown."""
        self.update(tree_map(lambda array: mx.concatenate([array] * copies), self.parameters()))
        self.sizes["members"] *= copies
        return self

    def last(self, members: int) -> MethodSelectionNetwork:
        """The last members alone."""
        self.update(tree_map(lambda array: array[-members:], self.parameters()))
        self.sizes["members"] = members
        return self


def _drawn(members: int, inputs: int, outputs: int, gain: float, key: mx.array) -> mx.array:
    return gain / max(1, inputs) ** 0.5 * mx.random.normal((members, inputs, outputs), key=key)


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What the members are to learn: scaled features, traits, and scores less their prior in standard deviations."""

    features: Numbers
    traits: Numbers
    scores: Numbers
    """(members, instances, candidates), nan where there is none."""
    levels: Numbers
    """(members, instances), nan where there is no score at all."""
    attention: Numbers
    """(members, instances): how much each instance counts for each member."""
    examined: Mask
    """(members, instances): which instances tell how a member does on what it has not seen."""


def train(network: MethodSelectionNetwork, lesson: Lesson, shape: NetworkShape) -> dict[str, int]:
    """Train both halves; returns after how many steps each was best, which is where it is left."""
    parts = _prepared(lesson)
    shown = parts["features"] * network.seen
    halves: dict[str, tuple[nn.Module, Loss]] = {
        "differences": (
            network.differences,
            lambda half, heavy, merge: _apart(merge(half(shown, parts["traits"])), parts, merge, heavy, shape.huber),
        ),
        "levels": (
            network.levels,
            lambda half, heavy, merge: _level(merge(half(shown)), parts, merge, heavy, shape.huber),
        ),
    }
    idle = lesson.traits.shape[0] < 2
    return {
        name: 0 if idle and name == "differences" else _train_half(half, loss, parts, shape)
        for name, (half, loss) in halves.items()
    }


def _train_half(half: nn.Module, loss: Loss, parts: Parts, shape: NetworkShape) -> int:
    """Full-batch steps of AdamW until what was not seen is foretold no better; the best parameters are put back."""
    optimiser = optim.AdamW(learning_rate=shape.learning_rate, weight_decay=shape.weight_decay)
    unseen = parts["examined"]
    share = unseen / mx.maximum(unseen.sum(axis=0), 1e-9)
    # Members that have missed an instance answer together, as those that have seen all will.
    together = partial(_merged, share=share)
    step = nn.value_and_grad(half, lambda model: loss(model, parts["attention"], lambda array: array).sum())
    best, place, kept = float("inf"), 0, half.parameters()
    tested = bool(unseen.any())
    for count in range(shape.steps + 1):
        if tested and count % shape.look_every == 0:
            found = float(loss(half, unseen.sum(axis=0), together))
            if found < best:
                best, place, kept = found, count, half.parameters()
            elif count - place >= shape.patience:
                break
        _, gradients = step(half)
        optimiser.update(half, gradients)
        mx.eval(half.parameters(), optimiser.state)
    if tested:
        half.update(kept)
    # Without anything unseen there is nothing to stop for.
    return place if tested else shape.steps


def _merged(array: mx.array, share: mx.array) -> mx.array:
    """The mean over those members that count for an instance."""
    return ((share if array.ndim == share.ndim else share[..., None]) * array).sum(axis=0)


def _prepared(lesson: Lesson) -> Parts:
    seen, known = ~np.isnan(lesson.scores[0]), ~np.isnan(lesson.levels)
    tables: dict[str, Any] = {
        "features": lesson.features,
        "traits": lesson.traits,
        "seen": seen,
        "counts": np.maximum(seen.sum(axis=-1, keepdims=True), 1),
        "scores": np.where(seen, lesson.scores, 0.0),
        "levels": np.where(known, lesson.levels, 0.0),
        "attention": lesson.attention * known,
        "examined": lesson.examined * known,
    }
    return {name: mx.array(np.asarray(table, dtype=np.float32)) for name, table in tables.items()}


def _apart(differences: mx.array, parts: Parts, merge: Merge, heavy: mx.array, limit: float) -> mx.array:
    seen = parts["seen"]
    errors = (differences - merge(parts["scores"])) * seen
    # An instance's scores are compared with each other alone: what they have in common is the level's business.
    errors = (errors - errors.sum(axis=-1, keepdims=True) / parts["counts"]) * seen
    cells = (seen.sum(axis=-1) * heavy).sum(axis=-1)
    return (_huber(errors, limit).sum(axis=-1) * heavy).sum(axis=-1) / mx.maximum(cells, 1e-9)


def _level(levels: mx.array, parts: Parts, merge: Merge, heavy: mx.array, limit: float) -> mx.array:
    errors = _huber(levels - merge(parts["levels"]), limit)
    return (errors * heavy).sum(axis=-1) / mx.maximum(heavy.sum(axis=-1), 1e-9)


def _huber(errors: mx.array, limit: float) -> mx.array:
    size = mx.abs(errors)
    return mx.where(size < limit, 0.5 * errors * errors, limit * (size - 0.5 * limit))
