"""Which runs to make, in an order of which every beginning is a balanced design. Knows sizes, reads and runs nothing.

Runs come in blocks: the five methods on the same rows, the same backbone and the same seed, so that every block is a
whole comparison. Streams of blocks (anchors, draws, repetitions, other backbones) take turns by their shares, and each
walks the tasks so that all of them are met once before any is met twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.collecting.spaces import ALL_METHODS, anchor, drawn
from metapeft_core.training.spec import Budget, TrainingSpec
from metapeft_core.types import TRAIN_SIZES, Objective

SHALLOW, DEEP, WRITER = "minilm:3", "minilm", "smollm2"
STEPS: Mapping[int, int] = {16: 40, 64: 64, 256: 100, 1000: 150}
WRITER_STEPS: Mapping[int, int] = {16: 16, 64: 24, 256: 32, 1000: 40}
CHECKS = 5
"""Looks at the validation rows a run."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task that can be run: what the design needs to know of it."""

    name: str
    objective: Objective
    rows: int
    """Training rows at hand."""

    def sizes(self) -> tuple[int, ...]:
        """The train sizes it has rows for; with more than half as many again as one size, the next is all it has."""
        fits = [size for size in TRAIN_SIZES if size <= self.rows]
        next_size = TRAIN_SIZES[len(fits)] if len(fits) < len(TRAIN_SIZES) else None
        if next_size is not None and fits and self.rows > 1.5 * fits[-1]:
            fits.append(next_size)
        return tuple(fits)


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run of a block."""

    spec: TrainingSpec
    budget: Budget


@dataclass(frozen=True, slots=True)
class Block:
    """The five methods side by side on one task at one size."""

    stream: str
    task: str
    size: int
    backbone: str
    runs: tuple[PlannedRun, ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """A kind of block and its share of the whole."""

    name: str
    share: float
    backbone: str
    settings: str
    """An anchor's name, or `drawn`."""
    seed: int = 0
    objective: Objective = "classification"


STREAMS = (
    Stream("anchors", 8.0, SHALLOW, "brisk"),
    Stream("draws", 4.0, SHALLOW, "drawn"),
    Stream("deeper", 2.5, DEEP, "brisk"),
    Stream("repeats", 8.0, SHALLOW, "brisk", seed=1),
    Stream("defaults", 1.5, SHALLOW, "default"),
    Stream("writer", 3.0, WRITER, "decoder"),
    Stream("writing", 0.5, WRITER, "decoder", objective="generation"),
)


def plan(candidates: Sequence[Candidate], streams: Sequence[Stream] = STREAMS, seed: int = 0) -> Iterator[Block]:
    """All blocks, the streams interleaved by their shares."""
    queues = [(stream, iter(_instances(candidates, stream, seed))) for stream in streams]
    # The stream that is furthest behind its share goes next, as a fair scheduler does it.
    done = dict.fromkeys((stream.name for stream in streams), 0.0)
    number = dict.fromkeys(done, 0)
    while queues:
        stream, instances = min(queues, key=lambda entry: (done[entry[0].name], -entry[0].share))
        chosen = next(instances, None)
        if chosen is None:
            queues = [entry for entry in queues if entry[0] is not stream]
            continue
        yield _block(stream, *chosen, number[stream.name])
        done[stream.name] += 1 / stream.share
        number[stream.name] += 1


def _instances(candidates: Sequence[Candidate], stream: Stream, seed: int) -> Iterator[tuple[str, int]]:
    """Task and size, every task once before any twice, and every size as often as the others."""
    fitting = [c for c in candidates if c.objective == stream.objective and c.sizes()]
    order = [fitting[i] for i in np.random.default_rng(seed).permutation(len(fitting)).tolist()]
    for turn in range(len(TRAIN_SIZES)):
        for place, candidate in enumerate(order):
            size = TRAIN_SIZES[(turn + place) % len(TRAIN_SIZES)]
            if size in candidate.sizes():
                yield candidate.name, size


def _block(stream: Stream, task: str, size: int, number: int) -> Block:
    writes = stream.backbone == WRITER
    common = {
        "seed": stream.seed,
        "batch_size": 4 if writes else 8,
        "max_length": 64 if stream.objective == "generation" else 32 if writes else 40,
    }
    draws = stream.settings == "drawn"
    specs = (
        drawn(number, method, **common) if draws else anchor(stream.settings, method, **common)
        for method in ALL_METHODS
    )
    runs = tuple(PlannedRun(spec, _budget(size, writes)) for spec in specs)
    return Block(stream.name, task, size, stream.backbone, runs)


def _budget(size: int, writes: bool) -> Budget:
    steps = (WRITER_STEPS if writes else STEPS)[size]
    every = math.ceil(steps / CHECKS)
    if not writes:
        return Budget(steps, evaluate_every=every, patience=None)
    return Budget(
        steps,
        evaluate_every=every,
        patience=None,
        evaluation_rows=16,
        test_rows=60,
        generated_rows=12,
        generated_tokens=32,
    )
