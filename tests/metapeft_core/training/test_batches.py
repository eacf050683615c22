"""How rows become batches."""

from __future__ import annotations

from itertools import islice

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metapeft_core.training.rows import Row, endless_batches, epoch_batches, make_batch, plain_batches

lengths_of_rows = st.lists(st.integers(1, 60), min_size=1, max_size=200)
sizes = st.integers(1, 9)


@given(lengths_of_rows, sizes, st.integers(0, 1000), st.integers(0, 5))
def test_an_epoch_reads_every_row_exactly_once(lengths, size, seed, epoch):
    batches = epoch_batches(lengths, size, seed, epoch)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert max(len(batch) for batch in batches) <= size


@given(lengths_of_rows, sizes)
def test_judging_reads_every_row_exactly_once(lengths, size):
    assert sorted(i for batch in plain_batches(lengths, size) for i in batch) == list(range(len(lengths)))


@given(lengths_of_rows, sizes, st.integers(0, 1000))
def test_the_same_seed_gives_the_same_batches(lengths, size, seed):
    assert epoch_batches(lengths, size, seed, 2) == epoch_batches(lengths, size, seed, 2)


def test_another_epoch_or_seed_gives_another_order():
    lengths = list(range(1, 65))
    first = epoch_batches(lengths, 4, seed=0, epoch=0)
    assert first != epoch_batches(lengths, 4, seed=0, epoch=1)
    assert first != epoch_batches(lengths, 4, seed=1, epoch=0)


@given(lengths_of_rows, sizes, st.integers(0, 40))
def test_skipping_batches_goes_on_where_reading_them_would_have_led(lengths, size, skip):
    whole = list(islice(endless_batches(lengths, size, seed=3, skip=0), skip + 10))
    assert list(islice(endless_batches(lengths, size, seed=3, skip=skip), 10)) == whole[skip:]


def test_batches_of_like_lengths_waste_less_padding_than_unsorted_ones():
    generator = np.random.default_rng(0)
    lengths = generator.integers(4, 120, 512).tolist()

    def padded(batches):
        return sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)

    order = generator.permutation(512).tolist()
    unsorted = padded([order[start : start + 16] for start in range(0, 512, 16)]) - sum(lengths)
    assert padded(epoch_batches(lengths, 16, seed=0, epoch=0)) - sum(lengths) < unsorted / 4


def test_full_rows_carry_no_lengths_and_padded_ones_do():
    full = make_batch([Row((1, 2, 3), 0), Row((4, 5, 6), 1)], pad=0, limit=8)
    ragged = make_batch([Row((1, 2, 3), 0), Row((4,), 1)], pad=9, limit=8)
    assert full.lengths is None
    assert ragged.lengths is not None
    assert ragged.lengths.tolist() == [3, 1]
    assert ragged.ids.tolist()[1][:3] == [4, 9, 9]
    assert ragged.tokens == 4
