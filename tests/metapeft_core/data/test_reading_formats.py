"""Every format is read to the same task."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_files import labelled, lines

from metapeft_core.data.columns import Wishes
from metapeft_core.data.readers import read_task, read_with_report
from metapeft_core.data.task import Example
from metapeft_core.errors import DataError

ROWS = labelled(30, classes=3)


def every(task) -> set[Example]:
    return {*task.train, *task.valid, *task.test}


EXPECTED = {Example(row["text"], row["label"]) for row in ROWS}


def as_delimited(rows, delimiter: str) -> str:
    return "".join(f"{delimiter.join(map(str, row))}\n" for row in [list(rows[0]), *(row.values() for row in rows)])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", "\n".join(map(json.dumps, ROWS)).encode()),
        ("a.ndjson", "\r\n".join(map(json.dumps, ROWS)).encode()),
        ("a.json", json.dumps(ROWS).encode()),
        ("b.json", json.dumps({"data": ROWS}).encode()),
        ("c.json", json.dumps({"version": 1, "data": ROWS}, indent=2).encode()),
        ("a.csv", as_delimited(ROWS, ",").encode()),
        ("b.csv", as_delimited(ROWS, ";").encode("utf-8-sig")),
        ("c.csv", as_delimited(ROWS, "\t").replace("\n", "\r\n").encode("utf-16")),
        ("a.tsv", as_delimited(ROWS, "\t").encode()),
        ("a.csv.gz", gzip.compress(as_delimited(ROWS, "|").encode())),
        ("a.jsonl.gz", gzip.compress("\n".join(map(json.dumps, ROWS)).encode("utf-8-sig"))),
        ("no_suffix", "\n".join(map(json.dumps, ROWS)).encode()),
    ],
)
def test_text_formats_are_read_to_the_same_rows(tmp_path: Path, name: str, content: bytes):
    path = tmp_path / name
    path.write_bytes(content)
    task = read_task(path)
    assert every(task) == EXPECTED
    assert task.labels == ("class 0", "class 1", "class 2")
    assert task.objective == "classification"


@pytest.mark.parametrize("compression", ["none", "zstd", "snappy"])
def test_parquet_is_read_to_the_same_rows_gzipped_or_not(tmp_path: Path, compression: str):
    table = pa.Table.from_pylist([row | {"id": i, "blob": b"x"} for i, row in enumerate(ROWS)])
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, compression=compression)
    packed = tmp_path / "b.parquet.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert every(read_task(path)) == every(read_task(packed)) == EXPECTED


def test_texts_that_parquet_holds_as_bytes_are_read_as_text(tmp_path: Path):
    path = tmp_path / "a.parquet"
    kinds = pa.schema([("text", pa.binary()), ("label", pa.string())])
    pq.write_table(pa.Table.from_pylist([row | {"text": row["text"].encode()} for row in ROWS], kinds), path)
    assert every(read_task(path)) == EXPECTED


def test_quoted_fields_may_hold_delimiters_quotes_and_line_ends(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text('text,label\n"a, ""b""\nc",x\n' + "".join(f"t{i},{'xy'[i % 2]}\n" for i in range(9)))
    assert Example('a, "b"\nc', "x") in every(read_task(path))


@pytest.mark.parametrize(
    ("row", "example"),
    [
        ({"prompt": "p", "completion": "c"}, Example("p", "c")),
        ({"Question": "q?", "Answer": "a"}, Example("q?", "a")),
        ({"instruction": "do", "input": "", "output": "o"}, Example("do", "o")),
        ({"instruction": "do", "input": "it", "output": "o"}, Example("do\n\nit", "o")),
        (
            {"context": "c", "question": "q", "answers": {"text": ["a", "b"], "answer_start": [0, 1]}},
            Example("c\n\nq", "a"),
        ),
        ({"article": "long", "highlights": "short", "id": 7}, Example("long", "short")),
        ({"text": "only"}, Example("", "only")),
        ({"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]}, Example("u", "a")),
        (
            {
                "messages": [
                    {"role": "system", "content": "s"},
                    {"role": "user", "content": [{"type": "text", "text": "u"}]},
                    {"role": "assistant", "content": "first"},
                    {"role": "user", "content": "more"},
                    {"role": "assistant", "content": "last"},
                ]
            },
            Example("system: s\nuser: u\nassistant: first\nuser: more", "last"),
        ),
        ({"conversations": [{"from": "human", "value": "u"}, {"from": "gpt", "value": "a"}]}, Example("u", "a")),
    ],
)
def test_generation_rows_are_known_by_their_columns(tmp_path: Path, row, example):
    task = read_task(lines(tmp_path / "a.jsonl", [row] * 5))
    assert task.objective == "generation"
    assert task.labels == ()
    assert every(task) == {example}


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"sentence": "s"}, "s"),
        ({"premise": "p", "hypothesis": "h"}, "premise: p\nhypothesis: h"),
        ({"question1": "a", "question2": "b", "id": 1}, "question1: a\nquestion2: b"),
    ],
)
def test_classification_rows_are_known_by_their_columns(tmp_path: Path, columns, text):
    task = read_task(lines(tmp_path / "a.jsonl", [columns | {"label": i % 2} for i in range(8)]))
    assert task.objective == "classification"
    assert {row.text for row in every(task)} == {text}
    assert task.labels == ("0", "1")


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ((0, 1), ("0", "1")),
        ((True, False), ("false", "true")),
        ((1.0, 2.5), ("1", "2.5")),
        ((["a"], ["b"]), ("a", "b")),
    ],
)
def test_labels_of_any_kind_become_strings(tmp_path: Path, values, labels):
    rows = [{"text": f"t{i}", "label": values[i % 2]} for i in range(8)]
    assert read_task(lines(tmp_path / "a.jsonl", rows)).labels == labels


def test_columns_that_the_user_names_overrule_the_guess(tmp_path: Path):
    rows = [{"text": "wrong", "label": "wrong", "body": f"b{i}", "kind": "xy"[i % 2]} for i in range(8)]
    task = read_task(lines(tmp_path / "a.jsonl", rows), text_column="body", label_column="kind")
    assert task.labels == ("x", "y")
    assert all(row.text.startswith("b") for row in task.train)
    task = read_task(tmp_path / "a.jsonl", prompt_column="kind", completion_column="body")
    assert task.objective == "generation"


def test_a_named_column_that_is_not_there_is_told_with_those_that_are(tmp_path: Path):
    path = lines(tmp_path / "a.jsonl", labelled(8))
    with pytest.raises(DataError, match=r"no column 'nope'; the data has 'text', 'label'"):
        read_task(path, text_column="nope")


def test_the_report_says_what_was_read_and_cut(tmp_path: Path):
    path = lines(tmp_path / "a.jsonl", [*labelled(20), {"text": "text number 3", "label": "class 1", "split": 0}])
    report = read_with_report(path, wishes=Wishes(split="")).report
    assert report.rows_read == 21
    assert report.rows_skipped == 0
    assert report.columns == ("text", "label")
    assert report.cut_splits == ("valid", "test")
    assert report.encodings == ("utf-8",)
    assert report.leaked_rows in (0, 1)
