"""Labels find places where they can be read, and the same ones every time."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.map_labels import Crowd, placed


def crowd(count: int, seed: int = 0, spread: float = 1.0) -> Crowd:
    chance = np.random.default_rng(seed)
    points = np.array([360.0, 300.0]) + spread * (chance.random((count, 2)) - 0.5) * [600, 480]
    sizes = np.stack([chance.uniform(20, 90, count), np.full(count, 9.0)], axis=1)
    return Crowd(points, np.full(count, 3.0), sizes, (0.0, 0.0, 720.0, 600.0))


def shared(a, b) -> float:
    """The area that two boxes have in common."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    return float(np.prod(np.maximum(sides, 0)))


def boxes_of(given: Crowd):
    corners = placed(given)
    return np.hstack([corners, corners + given.sizes])


@pytest.mark.parametrize("seed", [0, 1])
def test_sixty_labels_cover_neither_each_other_nor_a_point(seed: int):
    given = crowd(60, seed)
    boxes = boxes_of(given)
    assert sum(shared(a, b) for n, a in enumerate(boxes) for b in boxes[:n]) < 1
    points = np.hstack([given.points - given.radii[:, None], given.points + given.radii[:, None]])
    assert sum(shared(a, b) for a in boxes for b in points) < 1


def test_all_stay_inside_even_where_points_lie_at_the_rim():
    given = crowd(40, spread=1.18)
    boxes = boxes_of(given)
    assert (boxes[:, :2] >= -1e-9).all()
    assert (boxes[:, 2:] <= [720, 600]).all()


def test_a_label_alone_stands_close_to_the_right_of_its_point():
    given = Crowd(np.array([[100.0, 100.0]]), np.array([3.0]), np.array([[40.0, 9.0]]), (0.0, 0.0, 200.0, 200.0))
    left, bottom, right, top = boxes_of(given)[0]
    assert 103 <= left < 110
    assert bottom < 100 < top
    assert right == left + 40


def test_points_that_lie_on_each_other_still_have_labels_apart():
    given = Crowd(np.full((8, 2), 300.0), np.full(8, 3.0), np.full((8, 2), [60.0, 9.0]), (0.0, 0.0, 600.0, 600.0))
    boxes = boxes_of(given)
    assert sum(shared(a, b) for n, a in enumerate(boxes) for b in boxes[:n]) < 1


def test_the_same_crowd_finds_the_same_places():
    assert np.array_equal(placed(crowd(30)), placed(crowd(30)))


def test_nobody_needs_no_place():
    assert placed(Crowd(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 2)), (0.0, 0.0, 1.0, 1.0))).shape == (0, 2)
