"""Points of a plane on a grid of characters, some of them marked. Knows numbers, no task and no screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.tui.canvas import Canvas

ONE, SEVERAL = "·", ":"
TALL = 2.0
"""How much higher than wide a character is."""


def scatter(points: Sequence[tuple[float, float]], marks: Mapping[int, str], width: int, height: int) -> Canvas:
    """Distances are the same in both directions; a mark that finds its place taken by another stands beside it."""
    canvas = Canvas(width, height)
    if not points or width < 1 or height < 1:
        return canvas
    lows = [min(point[axis] for point in points) for axis in (0, 1)]
    spans = [max(point[axis] for point in points) - lows[axis] for axis in (0, 1)]
    unit = min((width - 1) / max(spans[0], 1e-9), TALL * (height - 1) / max(spans[1], 1e-9))
    left, top = (width - 1 - spans[0] * unit) / 2, (height - 1 - spans[1] * unit / TALL) / 2
    places = [
        (round(left + (x - lows[0]) * unit), height - 1 - round(top + (y - lows[1]) * unit / TALL)) for x, y in points
    ]
    for number, (column, row) in enumerate(places):
        if number not in marks:
            canvas.put(column, row, ONE if canvas.at(column, row) == " " else SEVERAL)
    for owner, (number, mark) in enumerate(marks.items()):
        column, row = _beside(canvas, *places[number], set(marks.values()))
        canvas.put(column, row, mark, owner)
    return canvas


def _beside(canvas: Canvas, column: int, row: int, marks: set[str]) -> tuple[int, int]:
    """The place itself, or the nearest one on its row without a mark."""
    for away in range(canvas.width):
        for at in (column + away, column - away):
            if 0 <= at < canvas.width and canvas.at(at, row) not in marks:
                return at, row
    return column, row
