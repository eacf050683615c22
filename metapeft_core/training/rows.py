"""A task's rows as token ids, and the order in which they are read. Knows no model and no loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np

from metapeft_core import runtime
from metapeft_core.backbones.tokens import Tokens
from metapeft_core.data.task import Example, Task
from metapeft_core.errors import DataError

POOLED_BATCHES = 16
"""Rows are sorted by length within so many batches: nearly no padding, and still an order that chance decides."""
WIDTH_STEP = {"cpu": 1, "metal": 32, "cuda": 32}
"""Batches are padded to a multiple of this: an accelerator compiles anew for each width, the CPU does not."""


@dataclass(frozen=True, slots=True)
class Row:
    """One example in ids. For generation `answer` ids follow the prompt's; for classification it is the label."""

    ids: tuple[int, ...]
    label: int = -1
    answer: int = 0
    """How many of the last ids are the answer that is learned; 0 for classification."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows padded on the right. `lengths` is None when no row is padded."""

    ids: mx.array
    lengths: mx.array | None
    labels: mx.array
    positions: mx.array
    """For generation: places in the flattened batch whose next token is learned. Empty for classification."""
    tokens: int
    """Real tokens, padding not counted."""


def encode(rows: Sequence[Example], task: Task, tokens: Tokens, limit: int) -> list[Row]:
    """Token ids of the rows, cut to `limit`."""
    if task.objective == "classification":
        place = {label: i for i, label in enumerate(task.labels)}
        ids = tokens.encode([row.text for row in rows], limit)
        return [Row(tuple(i), _label(place, row, task)) for i, row in zip(ids, rows, strict=True)]
    prompts = tokens.encode([row.text for row in rows])
    answers = tokens.encode([row.target for row in rows], special=False)
    return [_joined(p, a, tokens.end, limit) for p, a in zip(prompts, answers, strict=True)]


def _label(place: dict[str, int], row: Example, task: Task) -> int:
    if row.target not in place:
        raise DataError(f"the label {row.target!r} is not among the {len(place)} labels of {task.name}")
    return place[row.target]


def _joined(prompt: list[int], answer: list[int], end: int | None, limit: int) -> Row:
    answer = answer if end is None else [*answer, end]
    answer = answer[: limit - 1]
    # The end of a prompt usually carries the instruction, so what is too long is cut at its beginning.
    kept = prompt[-(limit - len(answer)) :]
    if not kept:
        # Something has to stand before the first token that is learned.
        kept = [end if end is not None else 0]
    return Row((*kept, *answer), answer=len(answer))


def epoch_batches(lengths: Sequence[int], size: int, seed: int, epoch: int) -> list[list[int]]:
    """Row numbers of every batch of an epoch. The same arguments always give the same batches."""
    generator = np.random.default_rng((seed, epoch))
    order = generator.permutation(len(lengths)).tolist()
    pool = size * POOLED_BATCHES
    batches: list[list[int]] = []
    for start in range(0, len(order), pool):
        by_length = sorted(order[start : start + pool], key=lambda i: lengths[i])
        batches += [by_length[k : k + size] for k in range(0, len(by_length), size)]
    return [batches[i] for i in generator.permutation(len(batches)).tolist()]


def endless_batches(lengths: Sequence[int], size: int, seed: int, skip: int) -> Iterator[list[int]]:
    """Batch after batch, epoch after epoch, the first `skip` left out."""
    epoch = 0
    while True:
        batches = epoch_batches(lengths, size, seed, epoch)
        yield from batches[skip:]
        skip = max(0, skip - len(batches))
        epoch += 1


def plain_batches(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Every row once, shortest first: how rows are read when nothing is learned."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    return [order[start : start + size] for start in range(0, len(order), size)]


def make_batch(rows: Sequence[Row], pad: int, limit: int) -> Batch:
    """Pad the rows to one width."""
    step = WIDTH_STEP[runtime.current().device]
    longest = max(len(row.ids) for row in rows)
    width = min(max(limit, longest), -(-longest // step) * step)
    ids = np.full((len(rows), width), pad, dtype=np.int32)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = row.ids
    lengths = [len(row.ids) for row in rows]
    labels, positions = _targets(rows, width)
    return Batch(
        ids=mx.array(ids),
        lengths=None if min(lengths) == width else mx.array(lengths),
        labels=labels,
        positions=positions,
        tokens=sum(lengths),
    )


def _targets(rows: Sequence[Row], width: int) -> tuple[mx.array, mx.array]:
    if rows[0].answer == 0:
        return mx.array([row.label for row in rows]), mx.array([], dtype=mx.int32)
    positions: list[int] = []
    labels: list[int] = []
    for i, row in enumerate(rows):
        first = len(row.ids) - row.answer
        positions += [i * width + k - 1 for k in range(first, len(row.ids))]
        labels += row.ids[first:]
    return mx.array(labels), mx.array(positions)
