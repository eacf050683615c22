"""Nothing is read beyond the bounds, and every bound says its name."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_files import labelled, lines

from metapeft_core.data.bounds import Bounds, Meter
from metapeft_core.data.readers import read_task
from metapeft_core.data.source import open_regular
from metapeft_core.errors import DataError, SettingsError


def refused(path: Path, **bounds: int) -> None:
    name = next(iter(bounds))
    with pytest.raises(DataError, match=rf"{name} = [\d,]+: .*Bounds\({name}=|{name} = [\d,]+: .*raise it"):
        read_task(path, bounds=Bounds(**bounds))


def test_each_bound_of_a_text_file_is_held(tmp_path: Path):
    path = lines(tmp_path / "a.jsonl", labelled(40))
    refused(path, max_bytes=500)
    refused(path, max_rows=39)
    refused(path, max_field_characters=10)
    refused(path, max_columns=1)
    read_task(path, bounds=Bounds(max_rows=40, max_bytes=path.stat().st_size, max_columns=2, max_depth=1))
    nested = lines(tmp_path / "b.jsonl", [{"text": "a", "label": "b", "x": [[[]]]}] * 3)
    refused(nested, max_depth=3)
    refused(tmp_path, max_files=1)


def test_the_bounds_hold_over_all_files_of_a_folder_together(tmp_path: Path):
    for name in ("train", "valid", "test"):
        lines(tmp_path / f"{name}.jsonl", labelled(20))
    size = (tmp_path / "train.jsonl").stat().st_size
    refused(tmp_path, max_rows=59)
    refused(tmp_path, max_bytes=3 * size - 1)
    read_task(tmp_path, bounds=Bounds(max_rows=60, max_bytes=3 * size))


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "a", "label": "b"}\n' * 2_000_000, compresslevel=1))
    refused(path, max_decompressed_bytes=1 << 20)


def test_an_endless_line_is_refused_before_its_end(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "' + "a" * 3_000_000)
    refused(path, max_field_characters=1_000)


def test_a_file_of_line_ends_only_is_refused(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "\n" * 100_000)
    refused(path, max_rows=100)


def test_an_open_quote_does_not_swallow_the_rest_of_the_file(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text('text,label\n"a,b\n' + "c,d\n" * 5_000)
    with pytest.raises(DataError, match="close an open quote"):
        read_task(path, bounds=Bounds(max_field_characters=1_000))


def test_each_bound_of_parquet_is_held(tmp_path: Path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(labelled(50)), path)
    refused(path, max_rows=49)
    refused(path, max_columns=1)
    refused(path, max_bytes=100)
    refused(path, max_decompressed_bytes=100)
    assert read_task(path, bounds=Bounds(max_rows=50)).labels


def test_a_parquet_file_of_one_long_text_told_ten_thousand_times_is_refused(tmp_path: Path):
    path = tmp_path / "a.parquet"
    text = pa.array(["a" * 200_000]).dictionary_encode()
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 10_000, pa.int32()), text.dictionary)
    pq.write_table(pa.table({"text": texts, "label": ["a", "b"] * 5_000}), path)
    assert path.stat().st_size < 1 << 20
    refused(path, max_decompressed_bytes=16 << 20)


def test_a_large_json_array_on_one_line_is_no_overlong_row(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(labelled(4_000)))
    assert len(read_task(path, bounds=Bounds(max_field_characters=100)).train) > 2_000


def test_the_meter_counts_what_is_read_not_what_the_file_claims(tmp_path: Path):
    path = tmp_path / "grows"
    path.write_bytes(b"a" * 10)
    meter = Meter(Bounds(max_bytes=100_000))
    with open_regular(path, meter) as file:
        with path.open("ab") as more:
            more.write(b"a" * 200_000)
        with pytest.raises(DataError, match="max_bytes"):
            list(iter(lambda: file.read(1 << 16), b""))


def test_bounds_that_allow_nothing_are_refused():
    with pytest.raises(SettingsError, match="max_rows is 0"):
        Bounds(max_rows=0)
