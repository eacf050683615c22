"""A task: the rows to learn from and to be judged by. Knows nothing of the file they came from, nor of tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metapeft_core.errors import DataError
from metapeft_core.types import Objective


@dataclass(frozen=True, slots=True)
class Example:
    """One row: what the model reads, and what it should answer (a label, or a completion)."""

    text: str
    target: str


@dataclass(frozen=True, slots=True)
class Task:
    """Rows in three splits. `labels` is sorted and empty for generation."""

    name: str
    objective: Objective
    train: tuple[Example, ...]
    valid: tuple[Example, ...]
    test: tuple[Example, ...]
    labels: tuple[str, ...] = ()

    def take(self, size: int, seed: int) -> Task:
        """The same task with `size` training rows, drawn so that every class keeps its share where it can."""
        if size >= len(self.train):
            return self
        if size < 1:
            raise DataError(f"cannot train on {size} rows of {self.name}: ask for at least one")
        return replace(self, train=stratified(self.train, size, seed))


def stratified(rows: tuple[Example, ...], count: int, seed: int) -> tuple[Example, ...]:
    """At most `count` of the rows, in their order, every class with its share where it can."""
    return tuple(rows[i] for i in sorted(stratified_order(rows, seed)[:count])) if count < len(rows) else rows


def stratified_order(rows: tuple[Example, ...], seed: int) -> list[int]:
    """An order of the rows in which every prefix holds the classes in about the proportions of the whole."""
    generator = np.random.default_rng(seed)
    by_target: dict[str, list[int]] = {}
    for i in generator.permutation(len(rows)).tolist():
        by_target.setdefault(rows[i].target, []).append(i)
    # Each row gets the quantile it has within its own class; sorting by it interleaves the classes.
    place = {i: (k + 0.5) / len(members) for members in by_target.values() for k, i in enumerate(members)}
    tie = generator.permutation(len(rows))
    return sorted(place, key=lambda i: (place[i], tie[i]))


def split_rows(rows: tuple[Example, ...], share: float, seed: int) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Two disjoint parts of the rows, the second holding about `share` of them, both stratified."""
    if len(rows) < 2:
        return rows, ()
    count = min(len(rows) - 1, max(1, round(share * len(rows))))
    # A prefix keeps the proportions; every k-th row would not where k and the rhythm of the classes share a divisor.
    held = set(stratified_order(rows, seed)[:count])
    return tuple(r for i, r in enumerate(rows) if i not in held), tuple(rows[i] for i in sorted(held))
