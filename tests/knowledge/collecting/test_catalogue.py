"""Task folders are read with what their manifest says, and cut to the rows that runs use."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tasks import write_tasks

from knowledge.collecting.catalogue import TEST_ROWS, VALID_ROWS, catalogue, cut_to, read_listed
from metapeft_core.errors import DataError


def test_a_manifest_tells_the_family_the_source_and_more(tmp_path: Path):
    listed = catalogue([write_tasks(tmp_path)])
    assert [task.name for task in listed] == ["films", "meals"]
    assert {task.family for task in listed} == {"tastes"}
    assert listed[0].source == "made up"
    assert listed[0].stated == {"domain": "reviews"}


def test_without_a_manifest_every_task_is_a_family_of_its_own(tmp_path: Path):
    write_tasks(tmp_path)
    (tmp_path / "manifest.json").unlink()
    assert [task.family for task in catalogue([tmp_path])] == ["films", "meals"]


def test_two_folders_are_one_catalogue_unless_they_share_a_name(tmp_path: Path):
    first, second = write_tasks(tmp_path / "a"), write_tasks(tmp_path / "b", ("trips",))
    assert [task.name for task in catalogue([first, second])] == ["films", "meals", "trips"]
    with pytest.raises(DataError, match="both called films"):
        catalogue([first, write_tasks(tmp_path / "c", ("films",))])


@pytest.mark.parametrize("content", ["[1, 2]", "{", '{"films": 3}'])
def test_a_broken_manifest_is_told(tmp_path: Path, content: str):
    write_tasks(tmp_path)
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(DataError, match="manifest"):
        catalogue([tmp_path])


def test_a_folder_without_tasks_and_a_folder_that_is_none_are_told(tmp_path: Path):
    with pytest.raises(DataError, match="no task lies in"):
        catalogue([tmp_path])
    with pytest.raises(DataError, match="is no folder"):
        catalogue([tmp_path / "nowhere"])


def test_a_cut_task_keeps_its_classes_and_holds_out_no_more_than_few_rows_could(tmp_path: Path):
    write_tasks(tmp_path, count=2400)
    task = read_listed(catalogue([tmp_path])[0])
    assert len(task.test) == TEST_ROWS
    for size, held_out in [(16, 24), (64, 32), (256, VALID_ROWS), (1000, VALID_ROWS)]:
        cut = cut_to(task, size)
        assert (len(cut.train), len(cut.valid), cut.test) == (size, held_out, task.test)
        assert Counter(row.target for row in cut.train) == {"good": size // 2, "bad": size // 2}
        assert cut_to(task, size) == cut
