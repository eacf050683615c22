"""Exports lose nothing, come back as they were, and say what is wrong with what is no export."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pyarrow as arrow
import pytest
from pyarrow import parquet
from samples import memory

from knowledge.files import read_lines, read_parquet, write_experiences
from knowledge.flat import flat
from knowledge.importing.read import read_experiences
from knowledge.records import Remembered
from knowledge.store import ExperienceStore
from metapeft_core.errors import StoreError
from metapeft_core.types import CurvePoint

MEMORIES = [memory(n) for n in range(100)] + [
    memory(200, task='=cmd|" \n[red]', failure="it\u2028broke", outcome="failed", performance={}, characteristics=None),
    memory(201, curve=(CurvePoint(1, 0.5, math.inf, -math.inf, {"accuracy": 0.1}),)),
]


def same(left: Remembered, right: Remembered) -> bool:
    return left.experience == right.experience and left.vector.tobytes() == right.vector.tobytes()


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_what_is_exported_is_imported_as_it_was(tmp_path: Path, ending: str):
    path = tmp_path / f"experiences.{ending}"
    write_experiences(MEMORIES, path)
    found = read_experiences(path, "user")
    assert found.left_out == ()
    assert all(same(ours, theirs) for ours, theirs in zip(found.memories, MEMORIES, strict=True))
    with ExperienceStore(tmp_path / "store.sqlite") as store:
        assert store.add(*found.memories) == len(MEMORIES)
        assert store.add(*read_experiences(path, "published").memories) == 0


def test_the_columns_of_a_parquet_file_can_be_looked_at_without_us(tmp_path: Path):
    path = tmp_path / "experiences.parquet"
    write_experiences(MEMORIES, path)
    table = parquet.read_table(path).to_pylist()
    for row, ours in zip(table, MEMORIES, strict=True):
        for name, value in flat(ours.experience).items():
            assert row[name] == value or (value is None and row[name] is None)


def test_a_vector_that_many_share_is_written_once(tmp_path: Path):
    few, many = tmp_path / "few.parquet", tmp_path / "many.parquet"
    write_experiences([memory(n) for n in range(20)], few)
    write_experiences([memory(n % 20, id=f"{n}-0") for n in range(2000)], many)
    assert many.stat().st_size < few.stat().st_size + 2000 * 384


def test_csv_is_for_spreadsheets(tmp_path: Path):
    path = tmp_path / "experiences.csv"
    write_experiences(MEMORIES, path)
    with path.open(newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    assert len(rows) == len(MEMORIES)
    assert rows[3]["score"] == str(MEMORIES[3].experience.performance["accuracy"])
    assert rows[100]["task"] == MEMORIES[100].experience.task


def test_an_unknown_ending_and_an_empty_export_are_refused(tmp_path: Path):
    with pytest.raises(StoreError, match=r"name it \*\.parquet, \*\.jsonl, \*\.csv"):
        write_experiences(MEMORIES, tmp_path / "experiences.xlsx")
    with pytest.raises(StoreError, match="no experience to export"):
        write_experiences([], tmp_path / "experiences.csv")
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        write_experiences(MEMORIES, tmp_path / "taken" / "experiences.csv")


def test_damaged_exports_are_told(tmp_path: Path):
    path = tmp_path / "experiences.parquet"
    write_experiences(MEMORIES, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(StoreError, match="cannot be read as Parquet"):
        read_parquet(path)
    parquet.write_table(arrow.table({"text": ["a"]}), path)
    with pytest.raises(StoreError, match=r"Parquet|no experiences"):
        read_parquet(path)
    parquet.write_table(arrow.table({"record": ["{}"], "vector": [b"abcd"]}), path)
    with pytest.raises(StoreError, match=r"experience 1 of .* is damaged"):
        read_parquet(path)
    lines = tmp_path / "experiences.jsonl"
    write_experiences(MEMORIES[:3], lines)
    lines.write_text(lines.read_text()[:-200])
    with pytest.raises(StoreError, match="cannot be read as exported lines"):
        read_lines(lines)
