"""Parts of a batch side by side."""

from threading import Thread

import mlx.core as mx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metapeft_core import lanes, runtime


@given(st.integers(0, 40))
def test_every_row_has_exactly_one_lane_and_none_is_empty(count):
    rows = list(range(count))
    parts = lanes.shares(rows)
    assert [row for part in parts for row in part] == rows
    assert len(parts) <= max(1, runtime.lanes())
    assert all(len(part) >= 1 for part in parts) or not rows


def test_what_lanes_compute_is_what_one_stream_computes():
    items = [mx.random.normal((20, 20), key=mx.random.key(i)) for i in range(5)]
    together = lanes.in_lanes(lambda x: x @ x, items)
    for own, item in zip(together, items, strict=True):
        assert np.array_equal(np.array(own), np.array(item @ item))


def test_trees_are_added_by_weight():
    found = lanes.weighted_sum([{"a": [mx.array(1.0)]}, {"a": [mx.array(3.0)]}], [0.25, 0.75])
    assert found["a"][0].item() == pytest.approx(2.5)


def test_only_the_outermost_block_gives_the_threads_back(monkeypatch):
    asked = []
    monkeypatch.setattr(runtime, "lanes", lambda: 4)
    monkeypatch.setattr(runtime, "set_blas_threads", asked.append)
    with lanes.open_lanes():
        with lanes.open_lanes():
            pass
        assert 4 not in asked
    assert asked[-1] == 4


def test_every_thread_has_lanes_of_its_own():
    item = mx.random.normal((20, 20), key=mx.random.key(0))
    mx.eval(item)
    found = []

    def compute():
        found.append(np.array(lanes.in_lanes(lambda x: x @ x, [item, item])[1]))
        lanes.leave_thread()

    for _ in range(2):
        thread = Thread(target=compute)
        thread.start()
        thread.join()
    assert len(found) == 2
    assert np.array_equal(found[0], np.array(item @ item))
    assert np.array_equal(found[0], found[1])
