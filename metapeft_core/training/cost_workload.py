"""What a run reads: row lengths in tokens, and the batches they fall into. Knows no model and no cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice

import numpy as np
import numpy.typing as npt

from metapeft_core import runtime
from metapeft_core.backbones.tokens import Tokens
from metapeft_core.data.task import Example, Task
from metapeft_core.errors import DataError
from metapeft_core.lanes import shares
from metapeft_core.training.rows import WIDTH_STEP, Row, endless_batches, plain_batches
from metapeft_core.types import Objective, Spread, TaskCharacteristics

Counts = npt.NDArray[np.int64]
SHARED = 8
"""Workloads of which batches are kept: five methods are foretold on the same ones."""


@dataclass(frozen=True, slots=True)
class RowLengths:
    """Tokens of every row and, for generation, how many of them are the answer."""

    tokens: tuple[int, ...] = ()
    answers: tuple[int, ...] = ()

    def cut(self, limit: int) -> RowLengths:
        """The lengths that encoding with this limit leaves."""
        if not self.answers:
            return RowLengths(tuple(min(tokens, limit) for tokens in self.tokens))
        answers = tuple(min(answer, limit - 1) for answer in self.answers)
        prompts = (
            max(1, min(tokens - whole, limit - kept))
            for tokens, whole, kept in zip(self.tokens, self.answers, answers, strict=True)
        )
        return RowLengths(tuple(p + a for p, a in zip(prompts, answers, strict=True)), answers)

    def first(self, count: int | None) -> RowLengths:
        """The first `count` rows."""
        return RowLengths(self.tokens[:count], self.answers[:count])


@dataclass(frozen=True, slots=True)
class Workload:
    """The rows of a task as lengths. `classes` is 0 for generation."""

    train: RowLengths
    valid: RowLengths
    test: RowLengths = field(default_factory=RowLengths)
    classes: int = 2

    def __post_init__(self) -> None:
        if not self.train.tokens or not self.valid.tokens:
            raise DataError(
                f"the cost of a run on {len(self.train.tokens)} training and {len(self.valid.tokens)} validation rows "
                "cannot be foretold: give at least one of each"
            )

    @property
    def longest(self) -> int:
        """Tokens of the longest row of all."""
        return max((*self.train.tokens, *self.valid.tokens, *self.test.tokens))

    def cut(self, limit: int) -> Workload:
        """The same rows cut to `limit` tokens."""
        return replace(self, train=self.train.cut(limit), valid=self.valid.cut(limit), test=self.test.cut(limit))


@dataclass(frozen=True, slots=True)
class Batches:
    """What is computed at once, as numbers: a line for each time, a column for each lane; idle lanes have no rows."""

    rows: Counts
    widths: Counts
    """Tokens of a padded row."""
    learned: Counts
    """Tokens whose successor is scored."""

    def __len__(self) -> int:
        return len(self.rows)

    def widest_lanes(self) -> Batches:
        """The lane of each line that all others wait for, in a single column."""
        slowest = np.argmax(self.rows * self.widths, axis=1)
        lines = np.arange(len(self))
        return Batches(*(part[lines, slowest][:, None] for part in (self.rows, self.widths, self.learned)))

    def take(self, lines: Sequence[int]) -> Batches:
        """Some of the lines."""
        return Batches(*(part[list(lines)] for part in (self.rows, self.widths, self.learned)))

    def busy_lanes(self) -> Counts:
        """How many lanes each line keeps busy."""
        return np.asarray(np.sum(self.rows > 0, axis=1), dtype=np.int64)


def workload_of_rows(train: Sequence[Row], valid: Sequence[Row], test: Sequence[Row], classes: int) -> Workload:
    """The workload of encoded rows."""
    return Workload(lengths_of(train), lengths_of(valid), lengths_of(test), classes)


def lengths_of(rows: Sequence[Row]) -> RowLengths:
    """The lengths of encoded rows."""
    generated = any(row.answer for row in rows)
    answers = tuple(row.answer for row in rows) if generated else ()
    return RowLengths(tuple(len(row.ids) for row in rows), answers)


def workload_of_task(task: Task, tokens: Tokens) -> Workload:
    """The workload of a task under a backbone's tokenizer, nothing cut yet."""
    train, valid, test = (_of_examples(rows, task.objective, tokens) for rows in (task.train, task.valid, task.test))
    return Workload(train, valid, test, len(task.labels))


def _of_examples(rows: Sequence[Example], objective: Objective, tokens: Tokens) -> RowLengths:
    prompts = [len(ids) for ids in tokens.encode([row.text for row in rows])]
    if objective == "classification":
        return RowLengths(tuple(prompts))
    ends = 0 if tokens.end is None else 1
    answers = [len(ids) + ends for ids in tokens.encode([row.target for row in rows], special=False)]
    return RowLengths(tuple(p + a for p, a in zip(prompts, answers, strict=True)), tuple(answers))


def workload_like(characteristics: TaskCharacteristics, held_out: float = 0.15) -> Workload:
    """A workload of the size and spread of lengths that a task is described by, for a task whose rows are not at hand.

    Two tokens a row are added for the special ones, which characteristics do not count.
    """
    count = max(2, characteristics.dataset_size)
    valid = min(count - 1, max(1, round(held_out * count)))
    generation = characteristics.objective == "generation"
    target = characteristics.target_length if generation else None
    sizes = (count - valid, valid, valid)
    train, held, test = (
        RowLengths(*_spread_out(characteristics.sequence_length, target, generation, n)) for n in sizes
    )
    return Workload(train, held, test, classes=0 if generation else max(2, characteristics.classes))


def _spread_out(
    lengths: Spread, target: Spread | None, generation: bool, count: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    prompts = _quantiles(lengths, count)
    if not generation:
        return tuple(prompts), ()
    # Long prompts and long answers go together here: the widest batch is then not wider in the run than foretold.
    answers = _quantiles(target or lengths, count)
    return tuple(p + a for p, a in zip(prompts, answers, strict=True)), tuple(answers)


def _quantiles(spread: Spread, count: int) -> list[int]:
    places = (np.arange(count) + 0.5) / count
    known = (spread.minimum, spread.median, spread.p95, spread.maximum)
    values = np.interp(places, (0.0, 0.5, 0.95, 1.0), known)
    if count:
        values[-1] = spread.maximum
    return [int(max(1, round(value))) + 2 for value in values.tolist()]


@lru_cache(maxsize=SHARED)
def training_batches(
    work: Workload, size: int, seed: int, steps: int, device: runtime.DeviceKind, lanes: int
) -> Batches:
    """What a run of so many steps computes, in its own order: every batch is shared among the lanes."""
    order = islice(endless_batches(work.train.tokens, size, seed, skip=0), steps)
    return _lined_up([shares(sorted(c, key=lambda i: work.train.tokens[i]), lanes) for c in order], work.train, device)


@lru_cache(maxsize=SHARED)
def judged_batches(lengths: RowLengths, size: int, device: runtime.DeviceKind, lanes: int) -> Batches:
    """What is computed when rows are judged once: as many whole batches at a time as there are lanes."""
    batches = plain_batches(lengths.tokens, size)
    return _lined_up([batches[start : start + lanes] for start in range(0, len(batches), lanes)], lengths, device)


def _lined_up(lines: Sequence[Sequence[Sequence[int]]], lengths: RowLengths, device: runtime.DeviceKind) -> Batches:
    step = WIDTH_STEP[device]
    shape = (len(lines), max(len(line) for line in lines))
    rows, widths, learned = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    for number, line in enumerate(lines):
        for lane, chosen in enumerate(line):
            rows[number, lane] = len(chosen)
            widths[number, lane] = -(-max(lengths.tokens[i] for i in chosen) // step) * step
            learned[number, lane] = sum(lengths.answers[i] for i in chosen) if lengths.answers else 0
    for counts in (rows, widths, learned):
        counts.flags.writeable = False
    return Batches(rows, widths, learned)
