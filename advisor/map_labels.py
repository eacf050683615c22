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
COVERED_LABEL, COVERED_POINT, OUTSIDE, FAR, UNUSUAL = 1.0, 0.6, 2.0, 0.9, 1.5
"""Prices: of a unit of area that covers a label or a point or lies outside, of a unit of distance, of a direction."""


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Points with their radii, the sizes of their labels, and the room there is: left, bottom, right, top."""

    points: Numbers
    radii: Numbers
    sizes: Numbers
    room: tuple[float, float, float, float]


def placed(crowd: Crowd) -> Numbers:
    """The lower left corner of every label."""
    if not len(crowd.points):
        return np.zeros((0, 2))
    places = [_places(crowd, number) for number in range(len(crowd.points))]
    fixed = [_fixed_cost(crowd, number, boxes, cost) for number, (boxes, cost) in enumerate(places)]
    chosen = [int(np.argmin(cost)) for cost in fixed]
    taken = np.stack([boxes[place] for (boxes, _), place in zip(places, chosen, strict=True)])
    for _ in range(TURNS):
        moved = False
        for number, (boxes, _) in enumerate(places):
            others = np.delete(taken, number, axis=0)
            best = int(np.argmin(fixed[number] + COVERED_LABEL * _overlaps(boxes, others)))
            if best != chosen[number]:
                chosen[number], taken[number], moved = best, boxes[best], True
        if not moved:
            break
    return np.asarray(taken[:, :2])


def _places(crowd: Crowd, number: int) -> tuple[Numbers, Numbers]:
    """Boxes (left, bottom, right, top) around a point, and what each costs by itself."""
    x, y = crowd.points[number]
    width, height = crowd.sizes[number]
    boxes, costs = [], []
    for distance in DISTANCES:
        for step in range(DIRECTIONS):
            angle = 2 * np.pi * step / DIRECTIONS
            reach = crowd.radii[number] + distance
            # The label's centre goes to where the label's own rim is met in this direction.
            centre_x = x + np.cos(angle) * (reach + width / 2)
            centre_y = y + np.sin(angle) * (reach + height / 2)
            boxes.append((centre_x - width / 2, centre_y - height / 2, centre_x + width / 2, centre_y + height / 2))
            # People look to the right of a point first, then to its left, then above.
            unusual = min(1.0, abs(np.sin(angle))) + (0.3 if np.cos(angle) < -0.1 else 0.0)
            costs.append(FAR * distance + UNUSUAL * unusual)
    return np.array(boxes), np.array(costs)


def _fixed_cost(crowd: Crowd, number: int, boxes: Numbers, cost: Numbers) -> Numbers:
    """What does not depend on the other labels: points that are covered, and what lies outside."""
    radii = crowd.radii[:, None]
    points = np.hstack([crowd.points - radii, crowd.points + radii])
    left, bottom, right, top = crowd.room
    room = np.array([[left, bottom, right, top]])
    inside = _overlaps(boxes, room)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return np.asarray(cost + COVERED_POINT * _overlaps(boxes, points) + OUTSIDE * (area - inside))


def _overlaps(boxes: Numbers, others: Numbers) -> Numbers:
    """The area that each box shares with the others, summed up."""
    width = np.minimum(boxes[:, None, 2], others[None, :, 2]) - np.maximum(boxes[:, None, 0], others[None, :, 0])
    height = np.minimum(boxes[:, None, 3], others[None, :, 3]) - np.maximum(boxes[:, None, 1], others[None, :, 1])
    return np.asarray((np.maximum(width, 0.0) * np.maximum(height, 0.0)).sum(axis=1))
