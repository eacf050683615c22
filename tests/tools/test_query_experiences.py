"""Past runs on tasks like the one at hand, nearest first, of one method or one model where asked for."""

from __future__ import annotations

import pytest

from knowledge.brief import TaskBrief
from metapeft_core.errors import ToolError
from metapeft_core.types import PEFTMethod
from tools import query_experiences, record_outcome
from tools.registry import get_tool


def test_runs_come_nearest_first_and_as_many_as_asked_for(bench):
    found = query_experiences(TaskBrief(task_type="sentiment"), count=7, bench=bench)
    assert len(found) == 7
    likeness = [run.similarity for run in found]
    assert likeness == sorted(likeness, reverse=True)
    assert len(query_experiences(count=100, bench=bench)) == 100


def test_a_line_says_what_the_experience_says(bench):
    for run in query_experiences(TaskBrief(task_type="spam"), count=20, bench=bench):
        known = bench.experiences[run.id]
        assert (run.task, run.method, run.backbone) == (known.task, known.method, known.backbone.name)
        assert run.provenance == known.provenance
        if run.score is not None:
            assert known.performance[run.metric] == run.score


def test_words_find_tasks_that_are_about_them(bench):
    found = query_experiences(TaskBrief(domain="medical"), count=20, bench=bench)
    assert "medicine" in found[0].task
    assert found[0].similarity > found[-1].similarity


def test_only_runs_of_a_method_and_a_model_are_found_where_asked_for(bench, tickets):
    found = query_experiences(data=tickets, method=PEFTMethod.P_TUNING, backbone="minilm:3", count=20, bench=bench)
    assert len(found) == 20
    assert {(run.method, run.backbone) for run in found} == {(PEFTMethod.P_TUNING, "minilm:3")}
    assert query_experiences(backbone="a model that nobody ran", bench=bench) == ()


@pytest.mark.parametrize("name", ["LLaMA-13B", "llama 13b", "someone/llama-13b"])
def test_a_model_is_found_however_it_is_spelt(bench, name):
    found = query_experiences(backbone=name, bench=bench)
    assert {run.backbone for run in found} == {"LLaMA-13B"}


def test_a_run_on_the_same_data_is_the_nearest_of_all(own_bench, tickets):
    told = record_outcome(PEFTMethod.ADALORA, 0.77, "minilm", data=tickets, name="my tickets", bench=own_bench)
    found = query_experiences(data=tickets, count=3, bench=own_bench)
    assert (found[0].id, found[0].task, found[0].score) == (told.id, "my tickets", 0.77)
    assert found[0].similarity == pytest.approx(1, abs=1e-5)
    assert found[1].similarity < 0.95


@pytest.mark.parametrize("count", [0, -1, 101, 2.5])
def test_no_more_than_a_hundred_and_no_fewer_than_one_are_asked_for(bench, count):
    with pytest.raises(ToolError, match="count"):
        get_tool("query_experiences").call({"count": count}, bench)
