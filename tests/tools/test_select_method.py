"""A recommendation from words alone, from data, within limits, and for models that are only known by name."""

from __future__ import annotations

import json

import pytest

from knowledge.brief import TaskBrief
from metapeft_core.errors import BackboneError, DataError
from metapeft_core.types import MethodRecommendation, PEFTMethod
from tools import select_method
from tools.registry import get_tool

REVIEWS = TaskBrief(rows=300, task_type="sentiment", domain="reviews", language="en", classes=2)


def mean_width(found: MethodRecommendation) -> float:
    return sum(one.quality.high - one.quality.low for one in found.ranking) / len(found.ranking)


@pytest.mark.parametrize("task", [TaskBrief(), REVIEWS], ids=["nothing", "much"])
def test_from_words_alone_a_recommendation_is_whole(bench, task: TaskBrief):
    found = select_method(task, bench=bench)
    assert {one.method for one in found.ranking} == set(PEFTMethod)
    assert found.method in {one.method for one in found.ranking}
    assert 0 < found.confidence <= 1
    assert set(found.expected_performance) == {"quality", "seconds", "memory_bytes"}
    for forecast in found.ranking:
        for interval in (forecast.quality, forecast.seconds, forecast.memory_bytes):
            assert interval.low <= interval.expected <= interval.high
        assert forecast.quality.low >= 0
        assert forecast.quality.high <= 1
        assert {"learning_rate", "batch_size", "max_length"} <= set(forecast.hyperparameters)
    assert found.evidence
    assert set(found.evidence) <= set(bench.experiences)
    assert f"{found.confidence:.0%}" in found.reasoning
    assert found.steps > 0


def test_the_same_question_gets_the_same_answer(bench, tickets):
    assert select_method(REVIEWS, bench=bench) == select_method(REVIEWS, bench=bench)
    assert select_method(data=tickets, bench=bench) == select_method(data=tickets, bench=bench)


def test_a_data_file_tells_more_than_words_about_the_same_task(bench, tickets):
    found = bench.data(tickets)[1]
    words = TaskBrief(rows=found.dataset_size, task_type=found.task_type, language="en", classes=found.classes)
    assert mean_width(select_method(data=tickets, bench=bench)) < mean_width(select_method(words, bench=bench))


def test_more_words_tell_more_than_few(bench):
    assert mean_width(select_method(REVIEWS, bench=bench)) < mean_width(select_method(bench=bench))


def test_more_rows_promise_a_better_score(bench):
    few, many = (select_method(TaskBrief(rows=rows, task_type="topic"), bench=bench) for rows in (16, 1000))
    assert many.expected_performance["quality"].expected > few.expected_performance["quality"].expected


def test_longer_texts_take_more_seconds_and_more_memory(bench):
    short, long = (select_method(TaskBrief(tokens=tokens), steps=100, bench=bench) for tokens in (10, 200))
    for name in ("seconds", "memory_bytes"):
        assert long.expected_performance[name].expected > short.expected_performance[name].expected
    assert long.hyperparameters["max_length"] > short.hyperparameters["max_length"]


def test_more_steps_take_more_seconds(bench):
    few, many = (select_method(REVIEWS, steps=steps, bench=bench) for steps in (50, 500))
    assert (few.steps, many.steps) == (50, 500)
    by_method = {one.method: one.seconds.expected for one in few.ranking}
    for forecast in many.ranking:
        assert forecast.seconds.expected > 5 * by_method[forecast.method]


def test_what_will_not_keep_the_clock_is_not_recommended(bench, tickets):
    free = select_method(data=tickets, bench=bench)
    seconds = {one.method: one.seconds.expected for one in free.ranking}
    limit = (min(seconds.values()) * max(seconds.values())) ** 0.5
    found = select_method(data=tickets, max_minutes=limit / 60, bench=bench)
    fits = {one.method: one.fits for one in found.ranking}
    assert fits[found.method]
    assert not fits[max(seconds, key=seconds.__getitem__)]
    assert all(one.fits for one in free.ranking)


def test_a_limit_that_nothing_keeps_is_told(bench):
    found = select_method(REVIEWS, max_memory_gb=0.001, bench=bench)
    assert not any(one.fits for one in found.ranking)
    assert "No method is likely to keep the limits" in found.reasoning


def test_a_public_model_is_known_by_its_name_and_judged_by_public_figures(bench):
    found = select_method(REVIEWS, backbone="Qwen3-4B", bench=bench)
    own = select_method(REVIEWS, bench=bench)
    assert found.expected_performance["memory_bytes"].expected > 20 * own.expected_performance["memory_bytes"].expected
    assert "published figures" in found.reasoning
    assert "published figures" not in own.reasoning
    assert bench.experiences[found.evidence[0]].provenance == "published"
    assert found.hyperparameters["learning_rate"] < own.hyperparameters["learning_rate"]


def test_texts_can_be_asked_for_instead_of_labels(bench):
    found = select_method(TaskBrief(rows=500, task_type="summarisation"), backbone="Qwen3-4B", bench=bench)
    assert found.method in PEFTMethod
    assert bench.known(TaskBrief(task_type="summarisation")).objective == "generation"


def test_an_answer_is_plain_json(bench):
    tool = get_tool("select_method")
    found = tool.call({"task": {"rows": 300, "task_type": "sentiment"}, "max_minutes": 5}, bench)
    plain = json.loads(json.dumps(tool.plain(found)))
    assert plain["method"] == found.method
    assert [one["method"] for one in plain["ranking"]] == [str(one.method) for one in found.ranking]
    assert tool.returns.validate_python(plain).ranking[0].quality == found.ranking[0].quality


def test_a_file_that_is_not_there_is_told(bench, tmp_path):
    with pytest.raises(DataError, match=r"nothing\.jsonl"):
        select_method(data=tmp_path / "nothing.jsonl", bench=bench)


def test_a_model_that_is_not_there_is_told(bench):
    with pytest.raises(BackboneError, match="no-such-model"):
        select_method(backbone="nobody/no-such-model", bench=bench)
