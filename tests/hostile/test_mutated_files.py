"""Damaged files of every format end as a sound task or as a DataError, within bounded memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutator import BOUNDS, MUTATIONS, attempt
from seeds import write_seeds

from metapeft_core.data.readers import read_task

CASES = 300
MEMORY = 16 * BOUNDS.max_decompressed_bytes


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory):
    seeds = write_seeds(tmp_path_factory.mktemp("seeds"))
    # Each columnar file starts a process, so the text formats, which do not, get three cases to one.
    text = [path for path in seeds if path.is_file() and path.suffix not in (".parquet", ".arrow")]
    seeds += text + text
    scratch = tmp_path_factory.mktemp("damaged")
    return [attempt(seeds, scratch, number) for number in range(CASES)]


def test_every_seed_is_sound_before_it_is_damaged(tmp_path: Path):
    for path in write_seeds(tmp_path / "seeds"):
        task = read_task(path, bounds=BOUNDS)
        assert len(task.train) + len(task.valid) + len(task.test) == 24, path.name


def test_a_damaged_file_ends_as_a_task_or_as_a_data_error_and_nothing_else(outcomes):
    strange = [outcome for outcome in outcomes if outcome.result not in ("task", "DataError")]
    assert not strange, strange[:5]


def test_the_damage_is_neither_always_seen_nor_never(outcomes):
    results = [outcome.result for outcome in outcomes]
    assert results.count("task") > CASES // 20
    assert results.count("DataError") > CASES // 4
    assert {outcome.mutation for outcome in outcomes} == {mutation.__name__ for mutation in MUTATIONS}


def test_every_refusal_says_which_file_or_row_and_what_to_do(outcomes):
    refusals = [outcome.message for outcome in outcomes if outcome.result == "DataError"]
    for message in refusals:
        assert any(mark in message for mark in (":", ";")), message
        assert len(message) < 3_000, message[:200]
        assert all(character.isprintable() or character == "\n" for character in message), message[:200]


def test_reading_a_damaged_file_takes_no_more_memory_than_the_bounds_allow(outcomes):
    worst = max(outcomes, key=lambda outcome: outcome.extra_bytes)
    assert worst.extra_bytes < MEMORY, worst
