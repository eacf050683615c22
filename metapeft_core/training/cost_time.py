"""Counts of the work in a run's steps, and the seconds they come to. Knows shapes, not values.

Each count belongs to one of a machine's three speeds: products (in floating point operations), element-wise work (in
numbers touched) and operations started. Lanes compute side by side, so the widest decides; operations are started by
one thread for all lanes. Gradients are taken with respect to activations and the adapter only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from metapeft_core.training.cost_geometry import Geometry
from metapeft_core.training.cost_memory import Counted, Numbers, spans_and_keys
from metapeft_core.training.cost_speed import Speed
from metapeft_core.training.cost_workload import Batches


def forward_counts(shape: Geometry, batches: Batches, speed: Speed, room: int = 0) -> Counted:
    """Seconds that the forward pass would take if every count cost exactly what its speed says."""
    wide, lanes = batches.widest_lanes(), batches.busy_lanes().astype(np.float64)
    tokens, logits = _tokens(shape, wide), _logits(shape, wide)
    return {
        **_block_work(shape, batches, speed, room, shape.layers, "forward"),
        "forward_low_rank": 2 * tokens * shape.low_rank * speed.flop,
        "forward_adapted": lanes * shape.adapted * speed.operation,
        "forward_logits_product": 2 * logits * shape.width * speed.flop,
        "forward_logits": logits * speed.element,
        "forward_rescaled": np.full(len(batches), shape.rescaled_weights * speed.element),
        "network": np.full(len(batches), 2 * shape.network * speed.flop),
        "recurrent": lanes * shape.recurrent_steps * speed.operation,
        "call": np.full(len(batches), speed.operation),
    }


def backward_counts(shape: Geometry, batches: Batches, speed: Speed) -> Counted:
    """The same for the backward pass and the optimiser's update."""
    wide, lanes = batches.widest_lanes(), batches.busy_lanes().astype(np.float64)
    tokens, logits = _tokens(shape, wide), _logits(shape, wide)
    once = np.ones(len(batches))
    return {
        **_block_work(shape, batches, speed, 0, shape.depth, "backward"),
        "backward_low_rank": 4 * tokens * shape.low_rank * speed.flop,
        "backward_adapted": lanes * shape.adapted * speed.operation,
        "backward_dropped": tokens * shape.dropped_inputs * speed.element,
        "backward_rescaled_outputs": tokens * shape.rescaled_outputs * speed.element,
        "backward_logits": logits * speed.element,
        "backward_rescaled": once * shape.rescaled_weights * speed.element,
        "backward_network": once * 4 * shape.network * speed.flop,
        "backward_recurrent": lanes * shape.recurrent_steps * speed.operation,
        "update": once * shape.trainable * speed.element,
        "update_arrays": once * shape.arrays * speed.operation,
        "importance": once * shape.remembered * speed.element,
        "importance_arrays": once * (shape.arrays if shape.remembered else 0) * speed.operation,
        "step": once * speed.operation,
    }


def writing_counts(shape: Geometry, prompts: Batches, most: int, speed: Speed) -> Counted:
    """The work of writing `most` tokens after prompts of these widths, every row to its end. One lane writes."""
    _, columns = spans_and_keys(shape, prompts, most)
    caches = 2.0 * np.sum(prompts.rows * columns, axis=1) * shape.key_width * shape.layers
    scores = np.sum(prompts.rows, axis=1) * float(shape.vocabulary)
    rows = np.sum(prompts.rows, axis=1, dtype=np.float64)
    once = np.full(len(prompts), float(most))
    return {
        "write_linear": once * 2 * rows * shape.linear_weights * speed.flop,
        "write_logits_product": once * 2 * scores * shape.width * speed.flop,
        "cache": once * caches * speed.element,
        "read": once * (shape.linear_weights + shape.vocabulary * shape.width) * speed.element,
        "write_layers": once * shape.layers * speed.operation,
        "write_call": once * speed.operation,
    }


def _block_work(
    shape: Geometry, batches: Batches, speed: Speed, room: int, layers: int, way: str
) -> dict[str, Numbers]:
    wide, lanes = batches.widest_lanes(), batches.busy_lanes()
    tokens = _tokens(shape, wide)
    keys = spans_and_keys(shape, wide, room)[1][:, 0]
    worked = layers - shape.idle
    linear = shape.linear_weights * worked / shape.layers
    return {
        f"{way}_linear": 2 * tokens * linear * speed.flop,
        f"{way}_attention": 4 * tokens * keys * shape.attention_width * worked * speed.flop,
        f"{way}_width": tokens * shape.width * worked * speed.element,
        f"{way}_feed_forward": tokens * shape.feed_forward * worked * speed.element,
        f"{way}_scores": tokens * keys * shape.heads * worked * speed.element,
        f"{way}_weights": np.full(len(batches), linear * speed.element),
        f"{way}_layers": lanes * layers * speed.operation,
    }


def _tokens(shape: Geometry, wide: Batches) -> Numbers:
    spans, _ = spans_and_keys(shape, wide)
    return np.asarray((wide.rows * spans)[:, 0], dtype=np.float64)


def _logits(shape: Geometry, wide: Batches) -> Numbers:
    return np.asarray(wide.learned[:, 0] * float(shape.vocabulary))


def seconds(counted: Mapping[str, Numbers], prices: Mapping[str, float]) -> Numbers:
    """Seconds of every line."""
    return np.asarray(sum((prices.get(name, 0.0) * value for name, value in counted.items()), np.float64(0)))


def step_seconds(shape: Geometry, batches: Batches, speed: Speed, prices: Mapping[str, float]) -> Numbers:
    """Seconds of a training step on every line."""
    forward, backward = forward_counts(shape, batches, speed), backward_counts(shape, batches, speed)
    return seconds(forward, prices) + seconds(backward, prices)
