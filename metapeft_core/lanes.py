"""Both halves of a batch at once: one lane a core, each with its own MLX stream. Knows no model and no loss.

On the CPU only the matrix products of one stream use several cores; everything between them runs on one. Two streams
with one BLAS thread each keep two cores busy all the time. Accelerators have one lane.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from threading import local
from typing import Any, TypeVar

import mlx.core as mx
from mlx.utils import tree_map

from metapeft_core import runtime

T = TypeVar("T")
R = TypeVar("R")
LEAST_ROWS = 2
"""Rows a lane must have to be worth its own graph."""


class _Own(local):
    """A stream can only be used on the thread that made it."""

    streams: tuple[mx.Stream, ...] = ()


_own = _Own()


def _streams() -> tuple[mx.Stream, ...]:
    if not _own.streams:
        own = mx.default_stream(mx.default_device())
        _own.streams = (own, *(mx.new_stream(mx.default_device()) for _ in range(runtime.lanes() - 1)))
    return _own.streams


def leave_thread() -> None:
    """Give back what MLX keeps for this thread, before it ends: a process that does not may be aborted at its end."""
    _own.streams = ()
    mx.clear_streams()


class _Openings:
    """How many blocks hold the lanes open: only the last one to end gives the threads back."""

    count = 0


@contextmanager
def open_lanes() -> Iterator[None]:
    """Give every lane one BLAS thread for as long as the block lasts; blocks may stand within each other."""
    if runtime.lanes() == 1:
        yield
        return
    _Openings.count += 1
    runtime.set_blas_threads(1)
    try:
        yield
    finally:
        _Openings.count -= 1
        if not _Openings.count:
            runtime.set_blas_threads(runtime.lanes())


def shares(rows: Sequence[T], lanes: int | None = None) -> list[Sequence[T]]:
    """The rows of every lane: neighbours stay together, so that rows of one length meet little padding.

    `lanes` stands for those of another process or machine; None takes this one's.
    """
    count = max(1, min(runtime.lanes() if lanes is None else lanes, len(rows) // LEAST_ROWS))
    cuts = [round(i * len(rows) / count) for i in range(count + 1)]
    return [rows[a:b] for a, b in pairwise(cuts)]


def in_lanes(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """What `work` builds of every item, computed as many at a time as there are lanes."""
    streams = _streams()
    results: list[R] = []
    for start in range(0, len(items), len(streams)):
        together = []
        for item, stream in zip(items[start : start + len(streams)], streams, strict=False):
            with mx.stream(stream):
                together.append(work(item))
        mx.eval(together)
        results += together
    return results


def build_in_lanes(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """The same, at most one item a lane and nothing computed yet."""
    results = []
    for item, stream in zip(items, _streams(), strict=False):
        with mx.stream(stream):
            results.append(work(item))
    return results


def weighted_sum(trees: Sequence[Any], weights: Sequence[float]) -> Any:
    """Trees of arrays added up, each with its weight."""
    if len(trees) == 1:
        return trees[0]
    return tree_map(lambda *leaves: sum(w * leaf for w, leaf in zip(weights, leaves, strict=True)), *trees)
