"""The batches of a run, told from lengths alone."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metapeft_core import runtime
from metapeft_core.data.task import Example, Task
from metapeft_core.errors import DataError
from metapeft_core.lanes import shares
from metapeft_core.training.cost_workload import (
    RowLengths,
    Workload,
    judged_batches,
    training_batches,
    workload_like,
    workload_of_rows,
    workload_of_task,
)
from metapeft_core.training.rows import Row, encode, endless_batches, make_batch
from metapeft_core.types import Spread, TaskCharacteristics


def rows_of(lengths: list[int], answer: int = 0) -> list[Row]:
    return [Row(tuple([7] * n), label=0, answer=answer) for n in lengths]


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(3, 40), min_size=1, max_size=60),
    size=st.integers(1, 12),
    seed=st.integers(0, 9),
    answer=st.sampled_from([0, 2]),
)
def test_the_foretold_batches_are_those_that_the_loop_computes(lengths, size, seed, answer):
    rows = rows_of(lengths, answer)
    work = workload_of_rows(rows, rows, [], classes=2)
    told = training_batches(work, size, seed, 5, runtime.current().device, runtime.lanes())
    for line, chosen in enumerate(islice(endless_batches(lengths, size, seed, 0), 5)):
        parts = shares(sorted((rows[i] for i in chosen), key=lambda row: len(row.ids)))
        batches = [make_batch(part, 0, 64) for part in parts]
        busy = told.rows[line] > 0
        assert told.rows[line][busy].tolist() == [b.ids.shape[0] for b in batches]
        assert told.widths[line][busy].tolist() == [b.ids.shape[1] for b in batches]
        assert told.learned[line][busy].tolist() == [b.positions.size for b in batches]


@settings(max_examples=30, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=1, max_size=8), limit=st.integers(2, 20)
)
def test_cut_lengths_are_those_of_cut_rows(decoder, pairs, limit):
    examples = tuple(Example(" ".join(["w5"] * p), " ".join(["w6"] * a)) for p, a in pairs)
    task = Task("t", "generation", examples, examples, ())
    cut = workload_of_task(task, decoder.tokens).cut(limit)
    rows = encode(examples, task, decoder.tokens, limit)
    assert cut.train == RowLengths(tuple(len(r.ids) for r in rows), tuple(r.answer for r in rows))


def test_every_row_is_judged_once():
    told = judged_batches(RowLengths(tuple(range(5, 42))), 8, "cpu", lanes=2)
    assert told.rows.sum() == 37
    assert told.widths.max() == 41


def test_accelerators_read_batches_padded_to_whole_steps():
    told = judged_batches(RowLengths((5, 33, 40)), 2, "metal", lanes=1)
    assert set(told.widths.ravel().tolist()) == {64}


def test_a_workload_without_rows_is_refused():
    with pytest.raises(DataError, match="at least one"):
        Workload(RowLengths(()), RowLengths((3,)))


@pytest.mark.parametrize("objective", ["classification", "generation"])
def test_a_described_task_becomes_rows_of_its_size_and_spread(objective):
    spread = Spread(minimum=4, mean=30, median=20, p95=90, maximum=200)
    described = TaskCharacteristics(
        dataset_size=400,
        sequence_length=spread,
        vocabulary_size=900,
        objective=objective,
        task_type="topic",
        domain="general",
        language="en",
        classes=4,
        class_balance=1.0,
        majority_share=0.25,
        type_token_ratio=0.1,
        duplicate_share=0.0,
        label_noise=0.0,
        complexity_score=0.5,
        target_length=Spread(1, 5, 5, 9, 12) if objective == "generation" else None,
    )
    work = workload_like(described)
    assert len(work.train.tokens) + len(work.valid.tokens) == 400
    if objective == "classification":
        assert max(work.train.tokens) == 202
        assert abs(np.median(work.train.tokens) - 22) <= 2
    else:
        assert work.classes == 0
        assert max(work.train.answers) == 14
