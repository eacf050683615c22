"""Every fault of a file is told with its place and with what to do."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_files import labelled, lines

from metapeft_core.data.columns import Wishes
from metapeft_core.data.readers import read_task, read_with_report
from metapeft_core.data.task import Example
from metapeft_core.errors import DataError


def refusal(path: Path, **options) -> str:
    with pytest.raises(DataError) as caught:
        read_task(path, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("{broken", "is not JSON"),
        ('{"text": "a", "label": "b"} tail', "has more after its end"),
        ('["a", "b"]', "is a list of 2, not an object"),
        ('{"text": "a"}', "has no 'label' (it has 'text')"),
        ('{"text": "a", "label": null}', "no value for 'label' (null)"),
        ('{"text": "a", "label": NaN}', "no value for 'label' (null)"),
        ('{"text": "a", "label": 1e999}', "has inf for 'label'"),
        ('{"text": "", "label": "b"}', "has an empty 'text'"),
        ('{"text": "   ", "label": "b"}', "has an empty 'text'"),
        ('{"text": "a", "label": ["b", "c"]}', "only one label a row"),
        ('{"text": ["a"], "label": "b"}', "should be text"),
        ('{"text": "a", "text": "c", "label": "b"}', "has the key 'text' twice"),
        ('{"text": "a\\u0000", "label": "b"}', "a NUL character in its text"),
        ('{"text": "a\\ud800", "label": "b"}', "a lone surrogate"),
        ('{"text": "a", "label": ' + "9" * 5000 + "}", "a number of thousands of digits"),
        ('{"text": "a", "label": ' + "[" * 3000 + "]" * 3000 + "}", "nested deeper than the bound max_depth"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_can_be_skipped(tmp_path: Path, row: str, told: str):
    path = lines(tmp_path / "a.jsonl", [*labelled(12), row, *labelled(3)])
    message = refusal(path)
    assert "line 13" in message
    assert told in message
    result = read_with_report(path, skip_bad=True)
    assert result.report.rows_skipped == 1
    assert result.report.rows_read == 16
    assert told in result.report.faults[0]
    assert sum(map(len, (result.task.train, result.task.valid, result.task.test))) == 15


def test_several_faults_are_told_at_once_and_no_more_than_five(tmp_path: Path):
    path = lines(tmp_path / "a.jsonl", [*labelled(3), *['{"text": "a"}'] * 9])
    message = refusal(path)
    assert [f"line {i}:" in message for i in range(4, 13)] == [True] * 5 + [False] * 4
    assert "skip_bad=True" in message


def test_a_file_of_bad_rows_only_is_refused_even_when_they_are_skipped(tmp_path: Path):
    assert "no usable row" in refusal(lines(tmp_path / "a.jsonl", ['{"text"', '{"label"']), skip_bad=True)


def test_a_truncated_gzip_is_refused_with_its_line(tmp_path: Path):
    path = tmp_path / "a.jsonl.gz"
    # Random hexadecimal hardly compresses, so that the cut falls far behind the first lines.
    chance = random.Random(0)
    rows = [{"text": chance.randbytes(64).hex(), "label": str(i % 2)} for i in range(4000)]
    path.write_bytes(gzip.compress(lines(tmp_path / "a", rows).read_bytes())[:-2000])
    message = refusal(path)
    assert "ends too early" in message
    line = int(message.split("line ")[1].split(":")[0])
    assert 3000 < line < 4000


def test_a_damaged_gzip_is_refused_with_its_line(tmp_path: Path):
    path = lines(tmp_path / "a.jsonl", labelled(2000))
    content = bytearray(gzip.compress(path.read_bytes()))
    content[-6] ^= 0xFF
    packed = tmp_path / "b.jsonl.gz"
    packed.write_bytes(content)
    assert "the gzip stream is damaged" in refusal(packed)


def test_a_file_called_gz_that_is_not_gzip_is_refused(tmp_path: Path):
    assert "is not gzip" in refusal(lines(tmp_path / "a.jsonl.gz", labelled(5)))


def test_bytes_that_are_not_utf_8_are_told_with_offset_and_line(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\nfine,x\ncaf\xe9,y\n")
    message = refusal(path)
    assert "line 3: byte 21 (0xe9) is not UTF-8" in message


def test_an_offset_is_right_far_into_a_large_file(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    before = "".join(json.dumps(row | {"text": "é" * 50}, ensure_ascii=False) + "\n" for row in labelled(3000)).encode()
    path.write_bytes(before + b'{"text": "\xff"}\n')
    assert f"line 3001: byte {len(before) + 10} (0xff)" in refusal(path)


def test_a_character_cut_off_at_the_end_is_told(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "a", "label": "b"}\n{"text": "caf\xc3')
    assert "line 2: byte 41 (0xc3) is not UTF-8" in refusal(path)


def test_utf_16_without_a_mark_is_recognised_and_refused(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_bytes("text,label\na,b\n".encode("utf-16-le"))
    assert "UTF-16 without a byte order mark" in refusal(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_encodings_that_say_what_they_are_are_read(tmp_path: Path, encoding: str):
    path = tmp_path / "a.csv"
    path.write_bytes(("text,label\n" + "".join(f"größe {i},{'ab'[i % 2]}\n" for i in range(8))).encode(encoding))
    assert Example("größe 3", "b") in {*(task := read_task(path)).train, *task.valid, *task.test}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("text,label\na,b,c\n", "line 2: has 3 fields where the header has 2"),
        ('text,label\n"a,b\n', "is not CSV (unexpected end of data)"),
        ("text,text\na,b\n", "the column 'text' stands twice"),
        ("\n\n", "has no header"),
        ("great,1\nbad,0\n", "no known columns (found: 'great', '1')"),
    ],
)
def test_faults_of_csv_are_told(tmp_path: Path, content: str, told: str):
    path = tmp_path / "a.csv"
    path.write_text(content)
    assert told in refusal(path)


def test_a_fault_inside_a_json_array_is_told_with_row_and_line(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_text('[\n{"text": "a", "label": "b"},\n{"text": }\n]')
    assert "row 2 (from line 3): is not JSON" in refusal(path)
    path.write_text('[\n{"text": "a", "label": "b"}\n{"text": "a"}\n]')
    assert "after row 1" in refusal(path)
    path.write_text('[{"text": "a", "label": "b"}')
    assert "the end of the file" in refusal(path)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.jsonl", "a.csv", "a.json"])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1rubbishPAR1", b"ARROW1\0\0rubbish", b"\xff\xff\xff\xff\0"])
def test_files_that_are_no_data_at_all_are_refused(tmp_path: Path, name: str, content: bytes):
    path = tmp_path / name
    path.write_bytes(content)
    assert str(path) in refusal(path)


def test_a_parquet_file_that_would_end_the_process_ends_in_a_data_error(tmp_path: Path, monkeypatch):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(labelled(9)), path)
    crashing = tmp_path / "child.py"
    crashing.write_text("import os, sys\nsys.stdin.readline()\nos.abort()\n")
    monkeypatch.setattr("metapeft_core.data.columnar.CHILD", crashing)
    assert "is damaged" in refusal(path)


def test_a_parquet_file_whose_unlabelled_rows_are_minus_one_is_told(tmp_path: Path):
    features = {"text": {"_type": "Value"}, "label": {"names": ["no", "yes"], "_type": "ClassLabel"}}
    metadata = {b"huggingface": json.dumps({"info": {"features": features}})}
    rows = [{"text": f"t{i}", "label": -1 if i == 4 else i % 2} for i in range(9)]
    pq.write_table(pa.Table.from_pylist(rows).replace_schema_metadata(metadata), tmp_path / "a.parquet")
    assert "row 5: has no value for 'label'" in refusal(tmp_path / "a.parquet")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_and_a_device_are_refused_without_waiting_for_them(tmp_path: Path):
    pipe = tmp_path / "a.jsonl"
    os.mkfifo(pipe)
    assert "is a named pipe, not a file" in refusal(pipe)
    link = tmp_path / "b.jsonl"
    link.symlink_to("/dev/zero")
    assert "is a device, not a file" in refusal(link)


@pytest.mark.parametrize("path", ["missing.jsonl", "nul\0.jsonl", "x" * 5000])
def test_paths_that_cannot_be_opened_are_refused(tmp_path: Path, path: str):
    assert "cannot open" in refusal(tmp_path / path)


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path):
    loop = tmp_path / "a.jsonl"
    loop.symlink_to(loop)
    assert "cannot open" in refusal(loop)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
ROW = st.dictionaries(st.sampled_from(["text", "label", "prompt", "completion", "messages", "split", "x"]), ANYTHING)
SHARED_FOLDER = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SHARED_FOLDER
@given(rows=st.lists(ROW, max_size=6), skip_bad=st.booleans())
def test_rows_of_any_values_end_as_a_task_or_a_data_error(tmp_path: Path, rows, skip_bad):
    path = lines(tmp_path / "a.jsonl", rows)
    try:
        task = read_task(path, skip_bad=skip_bad)
    except DataError:
        return
    assert task.train
    assert task.valid
    assert task.test


@SHARED_FOLDER
@given(content=st.binary(max_size=200), name=st.sampled_from(["a.jsonl", "a.json", "a.csv", "a.tsv", "a"]))
def test_bytes_of_any_kind_end_as_a_task_or_a_data_error(tmp_path: Path, content, name):
    path = tmp_path / name
    path.write_bytes(content)
    try:
        read_task(path, skip_bad=True)
    except DataError as fault:
        told = str(fault)
    else:
        told = ""
    assert len(told) < 3000


@SHARED_FOLDER
@given(texts=st.lists(st.text(min_size=1, max_size=30).filter(lambda t: t.strip() and "\0" not in t), min_size=6))
def test_texts_of_any_characters_survive_the_way_through_json(tmp_path: Path, texts):
    rows = [{"prompt": text, "completion": text} for text in texts]
    task = read_with_report(lines(tmp_path / "a.jsonl", rows), wishes=Wishes()).task
    assert sorted(row.text for row in (*task.train, *task.valid, *task.test)) == sorted(texts)
