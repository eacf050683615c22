"""The workbench opens what is asked for and no more, reads data once, and says what is known of a task."""

from __future__ import annotations

import json

import numpy as np
import pytest

from knowledge.brief import STAND_INS, TaskBrief
from metapeft_core.errors import BackboneError, DataError
from metapeft_core.types import PEFTMethod
from tools import explain_method
from tools.workbench import Workbench, default_workbench


def write_rows(place, count: int) -> None:
    place.write_text("\n".join(json.dumps({"text": f"word{n} again", "label": "ab"[n % 2]}) for n in range(count)))


def test_nothing_is_opened_before_it_is_asked_for(tmp_path):
    place = tmp_path / "store" / "experiences.sqlite"
    with Workbench(place) as fresh:
        assert not place.parent.exists()
        assert fresh.knowledge.store.count() > 1000
        assert place.exists()
    Workbench(place).close()


def test_a_closed_workbench_can_be_opened_again(tmp_path):
    fresh = Workbench(tmp_path / "experiences.sqlite")
    count = fresh.knowledge.store.count()
    fresh.close()
    fresh.close()
    assert fresh.knowledge.store.count() == count
    fresh.close()


def test_data_is_read_once_until_it_changes(bench, tmp_path):
    place = tmp_path / "rows.jsonl"
    write_rows(place, 20)
    first = bench.data(place)
    assert bench.data(place) is first
    write_rows(place, 40)
    assert bench.data(place)[1].dataset_size > first[1].dataset_size


def test_a_folder_whose_file_changed_is_read_again(bench, tmp_path):
    for name in ("train", "valid", "test"):
        write_rows(tmp_path / f"{name}.jsonl", 20)
    first = bench.data(tmp_path)
    assert bench.data(tmp_path) is first
    write_rows(tmp_path / "train.jsonl", 30)
    assert bench.data(tmp_path)[1].dataset_size == 30


def test_data_can_be_read_another_way(tickets, tmp_path):
    from metapeft_core.data.columns import Wishes
    from metapeft_core.data.readers import read_with_report

    place = tmp_path / "rows.jsonl"
    rows = [{"message": f"words number {n}", "kind": "ab"[n % 2], "spare": "x"} for n in range(20)]
    place.write_text("\n".join(json.dumps(row) for row in rows))
    with pytest.raises(DataError):
        Workbench(tmp_path / "experiences.sqlite").data(place)
    wishes = Wishes(text="message", label="kind")
    told = Workbench(tmp_path / "experiences.sqlite", lambda path: read_with_report(path, wishes=wishes)).data(place)
    assert told[1].classes == 2


def test_with_data_a_task_is_known_and_without_it_may_be_several(bench, tickets):
    known = bench.known(TaskBrief(), tickets)
    assert known.tasks == (bench.data(tickets)[1],)
    assert known.stand_ins == ()
    guessed = bench.known(TaskBrief(rows=64))
    assert len(guessed.tasks) == len(guessed.stand_ins) == STAND_INS
    assert set(guessed.stand_ins) <= {run.task for run in bench.experiences.values()}
    assert {task.dataset_size for task in guessed.tasks} == {64}


def test_rows_that_are_said_count_more_than_those_of_the_sample(bench, tickets):
    assert bench.known(TaskBrief(rows=5000), tickets).tasks[0].dataset_size == 5000


def test_a_description_is_what_is_known(bench, tickets):
    described = bench.data(tickets)[1]
    assert bench.known(described).tasks == (described,)


@pytest.mark.parametrize("name", ["nobody/no-such-model", "~nobody-of-this-name", "x" * 400, "a b c", "\0"])
def test_what_names_no_model_is_told(bench, name: str):
    with pytest.raises(BackboneError):
        bench.backbone(name, "classification")


def test_the_model_that_comes_with_the_package_is_taken_where_none_is_named(bench):
    assert bench.backbone(None, "classification").name == "minilm"
    assert bench.backbone("minilm:3", "generation").layers == 3


def test_words_about_different_things_point_in_different_directions(bench, tickets):
    vectors = [bench.vector(TaskBrief(domain=domain), None) for domain in ("medical", "sports")]
    assert float(np.dot(*vectors)) < 0.95
    for vector in (*vectors, bench.vector(TaskBrief(), tickets)):
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_who_names_no_workbench_gets_the_users_own(tmp_path, monkeypatch):
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(tmp_path))
    default_workbench.cache_clear()
    try:
        assert explain_method(PEFTMethod.LORA).runs > 0
        assert (tmp_path / "experiences.sqlite").exists()
    finally:
        default_workbench().close()
        default_workbench.cache_clear()
