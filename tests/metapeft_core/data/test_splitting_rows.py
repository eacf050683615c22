"""Orders and splits of rows keep the proportions of the classes and lose nothing."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metapeft_core.data.task import Example, Task, split_rows, stratified_order
from metapeft_core.errors import DataError

COUNTS = st.lists(st.integers(1, 60), min_size=1, max_size=6)


def rows_of(counts: list[int]) -> tuple[Example, ...]:
    return tuple(Example(f"{label}-{i}", str(label)) for label, count in enumerate(counts) for i in range(count))


@given(counts=COUNTS, seed=st.integers(0, 9))
def test_every_prefix_of_the_order_holds_the_classes_in_proportion(counts, seed):
    rows = rows_of(counts)
    order = stratified_order(rows, seed)
    assert sorted(order) == list(range(len(rows)))
    for size in range(1, len(rows) + 1, 7):
        found = Counter(rows[i].target for i in order[:size])
        for label, count in enumerate(counts):
            assert abs(found[str(label)] - count * size / len(rows)) <= 0.5 * len(counts) + 1


@given(counts=COUNTS, share=st.floats(0.05, 0.5), seed=st.integers(0, 9))
def test_a_split_loses_and_repeats_nothing_and_keeps_the_proportions(counts, share, seed):
    rows = rows_of(counts)
    kept, held = split_rows(rows, share, seed)
    assert Counter(kept) + Counter(held) == Counter(rows)
    if len(rows) >= 2:
        assert held
        assert kept
        found = Counter(row.target for row in held)
        for label, count in enumerate(counts):
            assert abs(found[str(label)] - count * len(held) / len(rows)) <= 0.5 * len(counts) + 1


def test_classes_that_alternate_do_not_upset_the_split():
    rows = tuple(Example(str(i), "rare" if i % 5 == 0 else "common") for i in range(200))
    _, held = split_rows(rows, 0.1, 0)
    assert Counter(row.target for row in held) == {"rare": 4, "common": 16}


def test_taking_fewer_rows_keeps_the_other_splits_and_refuses_none():
    rows = rows_of([20, 20])
    task = Task("made", "classification", rows[:30], rows[30:35], rows[35:], ("0", "1"))
    fewer = task.take(10, seed=0)
    assert len(fewer.train) == 10
    assert set(fewer.train) <= set(task.train)
    assert (fewer.valid, fewer.test) == (task.valid, task.test)
    assert task.take(99, seed=0) is task
    with pytest.raises(DataError, match="ask for at least one"):
        task.take(0, seed=0)
