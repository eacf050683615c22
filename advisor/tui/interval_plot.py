"""Points with intervals in both directions on a grid of characters. Knows numbers, no method and no screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.tui.canvas import Canvas
from metapeft_core.types import Interval

LEAST = (24, 6)
"""Columns and rows below which nothing could be told apart."""
GUTTER = 6
"""Columns left of the axis, for its numbers."""
BELOW = 2
"""Rows of the axis and its numbers."""


@dataclass(frozen=True, slots=True)
class Cross:
    """One point: a letter, and how far it may lie from there."""

    letter: str
    x: Interval
    y: Interval


@dataclass(frozen=True, slots=True)
class Scale:
    """Values between two ends, as places of so many."""

    low: float
    high: float
    places: int

    def place(self, value: float) -> int:
        """The nearest place; ends where it lies outside."""
        span = self.high - self.low
        share = (value - self.low) / span if span > 0 else 0.5
        return round(min(1.0, max(0.0, share)) * (self.places - 1))


def interval_plot(
    crosses: Sequence[Cross], width: int, height: int, x_said: Callable[[float], str], y_said: Callable[[float], str]
) -> Canvas:
    """The first cross lies on top of the others; a letter that finds its place taken stands beside it."""
    canvas = Canvas(width, height)
    columns, rows = width - GUTTER - 1, height - BELOW
    if not crosses or width < LEAST[0] or height < LEAST[1]:
        return canvas
    across = _scale([cross.x for cross in crosses], columns)
    up = _scale([cross.y for cross in crosses], rows)
    _axes(canvas, across, up, x_said, y_said)
    for number, cross in reversed(list(enumerate(crosses))):
        _whiskers(canvas, cross, number, across, up)
    letters: set[tuple[int, int]] = set()
    for number, cross in enumerate(crosses):
        spot = _free(across.place(cross.x.expected), rows - 1 - up.place(cross.y.expected), columns, letters)
        letters.add(spot)
        canvas.put(GUTTER + 1 + spot[0], spot[1], cross.letter, number)
    return canvas


def _scale(intervals: Sequence[Interval], places: int) -> Scale:
    """From the least to the greatest of what is foretold; room is made where all are one."""
    low, high = min(each.low for each in intervals), max(each.high for each in intervals)
    if high <= low:
        room = abs(low) / 10 or 1.0
        low, high = low - room, high + room
    return Scale(low, high, places)


def _whiskers(canvas: Canvas, cross: Cross, number: int, across: Scale, up: Scale) -> None:
    bottom = up.places - 1
    column, row = GUTTER + 1 + across.place(cross.x.expected), bottom - up.place(cross.y.expected)
    left, right = (GUTTER + 1 + across.place(value) for value in (cross.x.low, cross.x.high))
    canvas.put(left, row, "─" * (right - left + 1), number)
    for place in range(bottom - up.place(cross.y.high), bottom - up.place(cross.y.low) + 1):
        canvas.put(column, place, "│", number)


def _free(column: int, row: int, columns: int, taken: set[tuple[int, int]]) -> tuple[int, int]:
    """The place itself, or the nearest one on its row that no letter has."""
    for away in range(columns):
        for at in (column + away, column - away):
            if 0 <= at < columns and (at, row) not in taken:
                return at, row
    return column, row


def _axes(
    canvas: Canvas, across: Scale, up: Scale, x_said: Callable[[float], str], y_said: Callable[[float], str]
) -> None:
    for row in range(up.places):
        canvas.put(GUTTER, row, "│")
    canvas.put(GUTTER, up.places, "└" + "─" * across.places)
    for share in (0.0, 0.5, 1.0):
        row = up.places - 1 - round(share * (up.places - 1))
        canvas.put(0, row, f"{y_said(up.low + share * (up.high - up.low))[:GUTTER]:>{GUTTER}}┤")
        text = x_said(across.low + share * (across.high - across.low))
        column = GUTTER + 1 + round(share * (across.places - 1))
        canvas.put(column, up.places, "┬")
        start = column if share == 0 else column - len(text) // 2 if share == 0.5 else column - len(text) + 1
        canvas.put(start, up.places + 1, text)
