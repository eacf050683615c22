"""A state keeps what a follow-up may lean on, and forgets what a new question replaces."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.reading.reading import Act, Reading
from advisor.state import State, merged, with_data
from knowledge.brief import TaskBrief

OLD = State(TaskBrief(500, "sentiment", "reviews"), Path("a.csv"), "minilm", 10.0, 8.0, 50)


def test_a_follow_up_changes_only_what_it_says():
    after = OLD.after(Reading(Act.REFINE, TaskBrief(rows=64), memory_gb=4.0))
    assert (after.task, after.max_memory_gb) == (TaskBrief(64, "sentiment", "reviews"), 4.0)
    assert (after.data, after.backbone, after.max_minutes, after.steps) == (OLD.data, "minilm", 10.0, 50)


def test_a_new_question_keeps_the_data_and_the_model_alone():
    after = OLD.after(Reading(Act.RECOMMEND, TaskBrief(rows=64, domain="legal")))
    assert (after.task, after.max_memory_gb, after.steps) == (TaskBrief(64, domain="legal"), None, None)
    assert (after.data, after.backbone) == (OLD.data, "minilm")


def test_a_size_alone_becomes_a_model_of_that_size():
    assert State().after(Reading(Act.RECOMMEND, parameters=7e9)).backbone == "mistralai/Mistral-7B-v0.3"
    assert State().after(Reading(Act.RECOMMEND, model="Qwen3-4B")).backbone == "Qwen3-4B"


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("qwen2.5-coder-7b", "mistralai/Mistral-7B-v0.3"),
        ("qwen3-4b", "qwen3-4b"),
        ("smollm2", "smollm2"),
        ("somebody/else-7b", "somebody/else-7b"),
    ],
)
def test_a_model_that_is_not_known_is_taken_for_one_of_its_size(name: str, taken: str):
    assert State().after(Reading(Act.RECOMMEND, model=name)).backbone == taken


def test_comparing_without_a_task_leans_on_the_one_before():
    assert OLD.after(Reading(Act.COMPARE)).task == OLD.task
    assert OLD.after(Reading(Act.COMPARE, TaskBrief(domain="legal"))).task == TaskBrief(domain="legal")


def test_what_is_said_takes_the_place_of_what_was_said():
    assert merged(TaskBrief(5, "topic"), TaskBrief(domain="legal")) == TaskBrief(5, "topic", "legal")
    assert merged(TaskBrief(5), TaskBrief(6)) == TaskBrief(6)


def test_a_data_file_tells_how_many_rows_there_are_until_it_is_said_anew():
    told = State().after(Reading(Act.RECOMMEND, TaskBrief(500, "question_answering", "legal")))
    with_file = with_data(told, Path("tickets.jsonl"))
    assert (with_file.task.rows, with_file.task.domain) == (None, "legal")
    assert with_file.after(Reading(Act.REFINE, TaskBrief(rows=64))).task.rows == 64
    assert with_data(told, None).task.rows == 500
