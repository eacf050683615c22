"""Where labels go so that they cover neither each other nor the points. Knows boxes, neither text nor drawing.

Each label tries places around its point, from near to far; in turns, every label takes the place that costs least while
the others stay, until none wants to move. The same boxes give the same places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
TURNS = 40
DISTANCES = (3.0, 9.0, 17.0, 27.0, 39.0, 53.0)
"""Of a label from the rim of its point, in the unit of the boxes."""
DIRECTIONS = 16
PULLED = 7.0
"""Beyond this distance from its point a label needs a line to it."""
CLOSE = 4.0
"""Around a point, where a name would be taken for its name."""
COVERED_LABEL, COVERED_POINT, CLOSE_TO_POINT, OUTSIDE = 1.0, 2.0, 0.2, 2.0
"""Prices of a unit of area that covers something, or lies outside."""
FAR, UNUSUAL, CROSSED = 0.9, 1.5, 12.0
"""Prices of a unit of distance, of a direction where names are not looked for, of a line that runs through a name."""
ALONG = np.linspace(0.15, 0.9, 6)
"""Where a line is looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Points with their radii, the sizes of their labels, and the room there is: left, bottom, right, top."""

    points: Numbers
    radii: Numbers
    sizes: Numbers
    room: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where the label of one point could be."""

    boxes: Numbers
    """Left, bottom, right, top."""
    lines: Numbers
    """Spots on the line from the point to each box; nan where the box is near enough without one."""
    costs: Numbers
    """What each costs whatever the other labels do."""


def placed(crowd: Crowd) -> Numbers:
    """The lower left corner of every label."""
    if not len(crowd.points):
        return np.zeros((0, 2))
    places = [_places(crowd, number) for number in range(len(crowd.points))]
    chosen = [int(np.argmin(each.costs)) for each in places]
    boxes = np.stack([each.boxes[place] for each, place in zip(places, chosen, strict=True)])
    lines = np.stack([each.lines[place] for each, place in zip(places, chosen, strict=True)])
    for _ in range(TURNS):
        moved = False
        for number, each in enumerate(places):
            others = np.arange(len(places)) != number
            crossed = _inside(each.boxes, lines[others]) + _inside(boxes[others], each.lines).T
            costs = each.costs + COVERED_LABEL * _overlaps(each.boxes, boxes[others]) + CROSSED * crossed.sum(axis=1)
            best = int(np.argmin(costs))
            if best != chosen[number]:
                chosen[number], boxes[number], lines[number] = best, each.boxes[best], each.lines[best]
                moved = True
        if not moved:
            break
    return np.asarray(boxes[:, :2])


def gap(point: Numbers, boxes: Numbers) -> Numbers:
    """From the point to the nearest spot of each box, as a step to either side and up or down."""
    return np.asarray(np.clip(point, boxes[..., :2], boxes[..., 2:]) - point)


def _places(crowd: Crowd, number: int) -> Places:
    angles, distances = np.meshgrid(np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS, DISTANCES)
    across, upwards, far = np.cos(angles).ravel(), np.sin(angles).ravel(), distances.ravel()
    half, reach = crowd.sizes[number] / 2, crowd.radii[number] + far
    # The label's centre goes to where the label's own rim is met in this direction.
    centres = crowd.points[number] + np.stack([across * (reach + half[0]), upwards * (reach + half[1])], axis=1)
    boxes = np.hstack([centres - half, centres + half])
    # People look to the right of a point first, then to its left, then above.
    unusual = np.abs(upwards) + np.where(across < -0.1, 0.3, 0.0)
    steps = gap(crowd.points[number], boxes)
    lines = crowd.points[number] + ALONG[:, None] * steps[:, None, :]
    lines[np.hypot(steps[:, 0], steps[:, 1]) - crowd.radii[number] <= PULLED] = np.nan
    return Places(boxes, lines, FAR * far + UNUSUAL * unusual + _covered(crowd, number, boxes, lines))


def _covered(crowd: Crowd, number: int, boxes: Numbers, lines: Numbers) -> Numbers:
    """Points that are covered, hardly spared or crossed, and what lies outside."""
    radii = crowd.radii[:, None]
    points = np.hstack([crowd.points - radii, crowd.points + radii])
    others = np.delete(points, number, axis=0)
    around = others + CLOSE * np.array([-1.0, -1.0, 1.0, 1.0])
    outside = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) - _overlaps(boxes, np.array([crowd.room]))
    spared = COVERED_POINT * _overlaps(boxes, points) + CLOSE_TO_POINT * _overlaps(boxes, around)
    return np.asarray(spared + OUTSIDE * outside + CROSSED * _inside(others, lines).sum(axis=0))


def _overlaps(boxes: Numbers, others: Numbers) -> Numbers:
    """The area that each box shares with the others, summed up."""
    width = np.minimum(boxes[:, None, 2], others[None, :, 2]) - np.maximum(boxes[:, None, 0], others[None, :, 0])
    height = np.minimum(boxes[:, None, 3], others[None, :, 3]) - np.maximum(boxes[:, None, 1], others[None, :, 1])
    return np.asarray((np.maximum(width, 0.0) * np.maximum(height, 0.0)).sum(axis=1))


def _inside(boxes: Numbers, lines: Numbers) -> npt.NDArray[np.bool_]:
    """Which boxes are crossed by which lines."""
    x, y = (lines[..., axis].T[:, None, :] for axis in (0, 1))
    left, bottom, right, top = (boxes[None, :, side, None] for side in range(4))
    return np.asarray(((x > left) & (x < right) & (y > bottom) & (y < top)).any(axis=0))
