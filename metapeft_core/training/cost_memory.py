"""Counts of numbers held in memory at a run's peaks, and the bytes they come to. Knows shapes, not values.

A training step is widest where its backward pass begins: all that the forward pass kept, and beside it either the
temporaries of one block or the scores over the vocabulary. With many trainable numbers and little text the optimiser's
update is wider still; with few adapted layers the validation is, because its batches have twice the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from metapeft_core.training.cost_geometry import Geometry
from metapeft_core.training.cost_workload import Batches, Counts
from metapeft_core.training.next_token_loss import CHUNK

Numbers = npt.NDArray[np.float64]
Counted = Mapping[str, Numbers]
Phase = Literal["training", "update", "validation", "writing"]
FULL = 4
"""Bytes of a number in full precision, in which whatever is trained and the loss are held."""


@dataclass(frozen=True, slots=True)
class MemoryParts:
    """What the peak consists of, in bytes, and when it comes."""

    weights: int
    trainable: int
    """Parameters, their gradients and the best copy."""
    optimizer: int
    activations: int
    logits: int
    """Scores over the vocabulary."""
    when: Phase

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.trainable + self.optimizer + self.activations + self.logits


def kept_counts(shape: Geometry, batches: Batches) -> Counted:
    """Numbers that the forward pass keeps for the backward one, all lanes together."""
    spans, keys = spans_and_keys(shape, batches)
    tokens = np.sum(batches.rows * spans, axis=1, dtype=np.float64)
    depth = shape.depth - shape.idle
    return {
        "kept_width": tokens * shape.width * depth,
        "kept_feed_forward": tokens * shape.feed_forward * depth,
        "kept_scores": np.sum(batches.rows * spans * keys, axis=1) * shape.heads * depth,
        "kept_keys": np.sum(batches.rows * keys, axis=1) * shape.key_width * float(shape.depth),
        "kept_inputs": tokens * shape.kept_inputs,
        "kept_dropped": tokens * shape.dropped_inputs,
        "kept_rescaled": tokens * shape.rescaled_outputs,
    }


def spans_and_keys(shape: Geometry, batches: Batches, room: int = 0) -> tuple[Counts, Counts]:
    """Positions that are computed, and positions that are looked at, in every row."""
    spans = batches.widths + shape.prompt_rows
    return spans, spans + shape.prefix_rows + room


def block_counts(shape: Geometry, batches: Batches, room: int = 0) -> Counted:
    """Numbers that are held while blocks are computed; `room` are columns of a cache not yet written.

    So many operations are under way at any time, whatever the number of lanes, that a share of the temporaries
    belongs to the lanes' mean and a share to each lane.
    """
    spans, keys = spans_and_keys(shape, batches, room)
    tokens = np.sum(batches.rows * spans, axis=1, dtype=np.float64)
    scores = np.sum(batches.rows * spans * keys, axis=1) * float(shape.heads)
    lanes = batches.busy_lanes()
    return {
        "block_width": tokens * shape.width,
        "block_feed_forward": tokens * shape.feed_forward,
        "block_scores": scores,
        "mean_width": tokens * shape.width / lanes,
        "mean_feed_forward": tokens * shape.feed_forward / lanes,
        "mean_scores": scores / lanes,
        "block_weights": lanes * (shape.rescaled_weights / max(1, shape.adapted)),
    }


def logit_counts(shape: Geometry, batches: Batches) -> Counted:
    """Scores over the vocabulary, made some tokens at a time, and the last states beside them."""
    at_once = np.minimum(batches.learned, CHUNK)
    spans, _ = spans_and_keys(shape, batches)
    asked = np.sum(batches.learned, axis=1) > 0
    return {
        "logits_states": asked * np.sum(batches.rows * spans, axis=1) * float(shape.width),
        "logits": np.sum(at_once, axis=1) * float(shape.vocabulary),
        "logits_more": np.sum(batches.learned - at_once, axis=1) * float(shape.vocabulary),
    }


def held_counts(shape: Geometry) -> Mapping[str, float]:
    """Numbers that a training holds from its first step to its last."""
    return {"held": float(shape.trainable), "remembered": float(shape.remembered)}


def priced(
    counted: Mapping[str, Numbers] | Mapping[str, float], prices: Mapping[str, float], prefix: str = ""
) -> Numbers:
    """Counts times their coefficients, summed."""
    return np.asarray(sum((prices.get(prefix + name, 0.0) * value for name, value in counted.items()), np.float64(0)))


def training_peak(
    shape: Geometry, batches: Batches, prices: Mapping[str, float], weights: int, number: int, scale: float = 1.0
) -> MemoryParts:
    """The peak over the steps on these batches. `number` is the bytes of one activation, `scale` corrects them."""
    kept = priced(kept_counts(shape, batches), prices)
    block = priced(block_counts(shape, batches), prices)
    logits = priced(logit_counts(shape, batches), prices)
    held = float(priced(held_counts(shape), prices))
    widest = int(np.argmax(number * kept + np.maximum(number * block, FULL * logits)))
    activations, scores = number * float(kept[widest]), FULL * float(logits[widest])
    beside = number * float(block[widest])
    update = prices.get("update", 0.0) * shape.trainable
    if FULL * held + activations + max(beside, scores) < FULL * update:
        return _parts(shape, weights, update, 0.0, 0.0, scale, "update")
    extra = (0.0, scores) if scores > beside else (beside, 0.0)
    return _parts(shape, weights, held, activations + extra[0], extra[1], scale, "training")


def _parts(
    shape: Geometry, weights: int, held: float, activations: float, logits: float, scale: float, when: Phase
) -> MemoryParts:
    moments = 2 * shape.trainable
    return MemoryParts(
        weights=weights,
        trainable=round(scale * FULL * max(held - moments, shape.trainable)),
        optimizer=round(scale * FULL * moments),
        activations=round(scale * activations),
        logits=round(scale * logits),
        when=when,
    )


def judging_peak(
    shape: Geometry, batches: Batches, prices: Mapping[str, float], weights: int, number: int, scale: float = 1.0
) -> MemoryParts:
    """The peak while rows are judged."""
    block = number * priced(block_counts(shape, batches), prices, "judge_")
    logits = FULL * priced(logit_counts(shape, batches), prices, "judge_")
    widest = int(np.argmax(np.maximum(block, logits)))
    held = float(priced(held_counts(shape), prices, "judge_"))
    activations, scores = float(block[widest]), float(logits[widest])
    both = (0.0, scores) if scores > activations else (activations, 0.0)
    return _parts(shape, weights, held, both[0], both[1], scale, "validation")


def writing_peak(
    shape: Geometry,
    batches: Batches,
    most: int,
    prices: Mapping[str, float],
    weights: int,
    number: int,
    scale: float = 1.0,
) -> MemoryParts:
    """The peak while answers of at most so many tokens are written."""
    _, columns = spans_and_keys(shape, batches, most)
    cache = 2.0 * np.sum(batches.rows * columns, axis=1) * shape.key_width * shape.layers
    block = priced(block_counts(shape, batches, room=most), prices, "judge_")
    taken = number * (block + prices.get("cache", 0.0) * cache)
    scores = FULL * prices.get("judge_logits", 0.0) * float(np.max(batches.rows)) * shape.vocabulary
    held = float(priced(held_counts(shape), prices, "judge_"))
    return _parts(shape, weights, held, float(np.max(taken)), scores, scale, "writing")
