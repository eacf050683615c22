"""Splits that are given are kept, others are cut; folders of several layouts become one task."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_files import labelled, lines

from metapeft_core.data.readers import read_task, read_with_report
from metapeft_core.errors import DataError


def test_a_split_column_is_respected_and_only_what_lacks_is_cut(tmp_path: Path):
    rows = [row | {"split": "test" if i < 10 else "training"} for i, row in enumerate(labelled(50))]
    result = read_with_report(lines(tmp_path / "a.jsonl", rows))
    task = result.task
    assert {row.text for row in task.test} == {f"text number {i}" for i in range(10)}
    assert len(task.train) + len(task.valid) == 40
    assert result.report.cut_splits == ("valid",)


def test_cut_splits_keep_the_proportions_of_the_classes(tmp_path: Path):
    rows = [{"text": f"t{i}", "label": "rare" if i % 5 == 0 else "common"} for i in range(200)]
    task = read_task(lines(tmp_path / "a.jsonl", rows))
    for part in (task.train, task.valid, task.test):
        share = Counter(row.target for row in part)["rare"] / len(part)
        assert abs(share - 0.2) < 0.05
    assert not {row.text for row in task.train} & {row.text for row in (*task.valid, *task.test)}


def test_the_same_seed_cuts_the_same_rows_and_another_seed_others(tmp_path: Path):
    path = lines(tmp_path / "a.jsonl", labelled(60))
    assert read_task(path, seed=1) == read_task(path, seed=1)
    assert read_task(path, seed=1).test != read_task(path, seed=2).test


def test_an_unknown_split_is_told_with_its_line(tmp_path: Path):
    rows = [row | {"split": "train"} for row in labelled(10)]
    rows[6]["split"] = "trane"
    with pytest.raises(DataError, match=r"line 7: has 'trane' in 'split': write train, valid or test"):
        read_task(lines(tmp_path / "a.jsonl", rows))
    assert len(read_task(tmp_path / "a.jsonl", split_column="").labels) == 2


@pytest.mark.parametrize("valid", ["valid", "validation", "dev", "val", "eval"])
def test_a_folder_of_files_by_any_of_the_usual_names_is_one_task(tmp_path: Path, valid: str):
    rows = labelled(30)
    folder = tmp_path / "task"
    lines(folder / "train.jsonl", rows[:20])
    (folder / f"{valid}.csv").write_text("text,label\n" + "".join(f"{r['text']},{r['label']}\n" for r in rows[20:25]))
    pq.write_table(pa.Table.from_pylist(rows[25:]), folder / "my-test-00000-of-00001.parquet")
    (folder / "README.md").write_text("not data")
    task = read_task(folder)
    assert (len(task.train), len(task.valid), len(task.test)) == (20, 5, 5)
    assert task.name == "task"


def test_a_folder_whose_files_do_not_tell_their_split_is_refused(tmp_path: Path):
    lines(tmp_path / "a.jsonl", labelled(5))
    lines(tmp_path / "b.jsonl", labelled(5))
    with pytest.raises(DataError, match=r"holds 'a.jsonl', 'b.jsonl': name the files train, valid and test"):
        read_task(tmp_path)


def test_splits_of_different_objectives_are_refused(tmp_path: Path):
    lines(tmp_path / "train.jsonl", labelled(5))
    lines(tmp_path / "valid.jsonl", [{"prompt": "p", "completion": "c"}])
    with pytest.raises(DataError, match="give every split the same columns"):
        read_task(tmp_path)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    columns = {"text": [f"t{i}" for i in range(30)], "label": [i % 2 for i in range(30)]}
    whole = datasets.Dataset.from_dict(columns, features=features)
    whole.save_to_disk(tmp_path / "one", num_shards=2)
    datasets.DatasetDict({"train": whole, "test": whole.select(range(4))}).save_to_disk(tmp_path / "dict")
    return tmp_path


def test_what_the_datasets_library_saved_is_read_with_its_class_names(saved: Path):
    one = read_task(saved / "one")
    assert one.labels == ("no", "yes")
    assert len(one.train) + len(one.valid) + len(one.test) == 30
    both = read_task(saved / "dict")
    assert {row.text for row in both.test} == {"t0", "t1", "t2", "t3"}
    assert len(both.train) + len(both.valid) == 30


def test_a_saved_data_set_cannot_lead_the_reader_out_of_its_folder(saved: Path):
    state = saved / "one" / "state.json"
    described = json.loads(state.read_text())
    described["_data_files"] = [{"filename": "../dict/train/data-00000-of-00001.arrow"}]
    state.write_text(json.dumps(described))
    with pytest.raises(DataError, match="no plain file name inside it"):
        read_task(saved / "one")


def test_too_few_rows_and_too_few_classes_are_refused(tmp_path: Path):
    with pytest.raises(DataError, match="has 2 training rows: at least 3 are needed"):
        read_task(lines(tmp_path / "few.jsonl", labelled(2)))
    with pytest.raises(DataError, match="all rows of same have the label 'class 0'"):
        read_task(lines(tmp_path / "same.jsonl", labelled(9, classes=1)))
    with pytest.raises(DataError, match="no label of free occurs twice"):
        read_task(lines(tmp_path / "free.jsonl", labelled(20, classes=20)))


def test_data_with_only_a_test_split_is_refused(tmp_path: Path):
    rows = [row | {"split": "test"} for row in labelled(9)]
    with pytest.raises(DataError, match="no training rows, only test"):
        read_task(lines(tmp_path / "a.jsonl", rows))
