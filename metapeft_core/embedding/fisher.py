"""The diagonal Fisher information of an encoder's units, in one backward pass a batch. Knows rows of ids, not tasks.

A gain of one, a number for every row and unit, is put on what a linear layer gives out. The gradient with respect to
it is that of the row alone: the sum over the unit's weights of weight times gradient, its bias included. So one
backward pass over a batch gives every row's gradient, where weights would need a pass a row.

Gains are on values and on the wide half of the feed-forward network. A key's gain has the very gradient of the query's
at the same place, since only their product counts, and with queries tasks of one family were told from others less
surely; so they were with the two projections that write into the residual stream, whose units alone did worst of all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import numpy.typing as npt

from metapeft_core.backbones.model import FrozenModel, linear_dims
from metapeft_core.lanes import in_lanes, open_lanes

Floats = npt.NDArray[np.float64]
GAINED = ("attention.self.value", "intermediate.dense")
BATCH = 16
"""Rows a backward pass. Fixed, so that sums are added up in the same way whatever the number of lanes."""


@dataclass(frozen=True, slots=True)
class Place:
    """A linear layer that has gains: where it stands, and where its units lie in a vector of all units."""

    block: int
    name: str
    start: int
    end: int

    @property
    def units(self) -> slice:
        """Its part of a vector of all units."""
        return slice(self.start, self.end)


class Gained(nn.Module):
    """A linear layer whose outputs are multiplied by gains. Neither is a parameter of the model."""

    base: nn.Module
    gain: mx.array

    def __init__(self, base: nn.Module) -> None:
        super().__init__()
        # Set below nn.Module's bookkeeping: whoever walks the model's parameters finds what it always found.
        object.__setattr__(self, "base", base)

    def set(self, gain: mx.array) -> None:
        """Use these gains, (rows, 1, units), from now on."""
        object.__setattr__(self, "gain", gain)

    def __call__(self, x: mx.array) -> mx.array:
        return self.base(x) * self.gain


def places(model: FrozenModel) -> tuple[Place, ...]:
    """The layers that have gains, in the order in which `fisher` lines up their units."""
    found: list[Place] = []
    start = 0
    for block, name, linear in model.block_linears():
        if name in GAINED:
            end = start + linear_dims(linear)[1]
            found.append(Place(block, name, start, end))
            start = end
    return tuple(found)


def mean_states(model: FrozenModel, rows: Sequence[Sequence[int]]) -> Floats:
    """The mean of every row's last states, (rows, width)."""
    found = np.zeros((len(rows), model.card.width))
    parts = _batches(rows)
    with open_lanes():
        for part, states in zip(parts, in_lanes(lambda p: _means(model, [rows[i] for i in p]), parts), strict=True):
            found[part] = np.array(states)
    return found


def fisher(model: FrozenModel, rows: Sequence[Sequence[int]], directions: Floats) -> tuple[Floats, Floats]:
    """Of every unit with a gain the mean over rows of its squared gradient, and the mean states on the way.

    What is differentiated is, for every row, the product of its mean state with its direction (rows, width): the
    gradient of a log-likelihood with respect to the mean state makes it the gradient of that log-likelihood.
    """
    states = np.zeros((len(rows), model.card.width))
    parts = _batches(rows)
    squares = np.zeros(places(model)[-1].end)

    def work(part: list[int]) -> tuple[mx.array, mx.array]:
        return _squares(model, [rows[i] for i in part], mx.array(directions[part].astype(np.float32)))

    with open_lanes():
        for part, (means, sums) in zip(parts, in_lanes(work, parts), strict=True):
            states[part] = np.array(means)
            squares += np.array(sums)
    return squares / len(rows), states


def _batches(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """Rows of like length together, so that little is padding."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    return [order[start : start + BATCH] for start in range(0, len(order), BATCH)]


def _squares(model: FrozenModel, rows: list[Sequence[int]], directions: mx.array) -> tuple[mx.array, mx.array]:
    """Mean states of a batch, and of every unit the sum over rows of its squared gradient. Nothing is computed yet."""
    with _gained(model) as layers:

        def read(*gains: mx.array) -> list[mx.array]:
            for layer, gain in zip(layers, gains, strict=True):
                layer.set(gain)
            return [_means(model, rows)]

        dtype = model.word_embedding().dtype
        ones = [mx.ones((len(rows), 1, linear_dims(layer.base)[1]), dtype=dtype) for layer in layers]
        (means,), gradients = mx.vjp(read, ones, [directions])
    sums = [mx.sum(mx.square(gradient.astype(mx.float32)), axis=(0, 1)) for gradient in gradients]
    return means, mx.concatenate(sums)


@contextmanager
def _gained(model: FrozenModel) -> Iterator[list[Gained]]:
    """Gains in their places for as long as the block lasts, whatever happens in it."""
    linears = [(block, name, linear) for block, name, linear in model.block_linears() if name in GAINED]
    layers = [Gained(linear) for _, _, linear in linears]
    try:
        for (block, name, _), layer in zip(linears, layers, strict=True):
            model.replace_linear(block, name, layer)
        yield layers
    finally:
        for block, name, linear in linears:
            model.replace_linear(block, name, linear)


def _means(model: FrozenModel, rows: Sequence[Sequence[int]]) -> mx.array:
    longest = max(len(row) for row in rows)
    lengths = mx.array([len(row) for row in rows])
    padded = mx.array([[*row, *[model.tokens.pad] * (longest - len(row))] for row in rows])
    states = model(padded, lengths if any(len(row) < longest for row in rows) else None).astype(mx.float32)
    real = (mx.arange(longest)[None, :] < lengths[:, None])[..., None]
    return mx.sum(states * real, axis=1) / lengths[:, None]
