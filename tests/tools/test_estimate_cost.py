"""What a run will take: more of what costs more, refused where settings cannot work, and nothing opened for it."""

from __future__ import annotations

import pytest

from knowledge.brief import TaskBrief
from metapeft_core.errors import SettingsError
from metapeft_core.types import PEFTMethod
from tools import estimate_cost
from tools.workbench import Workbench

LORA = PEFTMethod.LORA


@pytest.mark.parametrize("method", PEFTMethod)
def test_a_forecast_is_whole(bench, tickets, method: PEFTMethod):
    found = estimate_cost(method, data=tickets, steps=20, bench=bench)
    assert (found.method, found.backbone, found.steps) == (method, "minilm", 20)
    assert 0 < found.seconds < found.total_seconds
    assert found.weights_bytes + found.trained_bytes < found.peak_memory_bytes
    assert 0 < 4 * found.trainable_parameters <= found.trained_bytes


def test_the_trained_numbers_are_those_of_the_settings(bench, tickets):
    # Two matrices of 384 by the rank, for two layers in each of six blocks.
    found = estimate_cost(LORA, data=tickets, settings={"rank": 4}, steps=5, bench=bench)
    assert found.trainable_parameters == 2 * 384 * 4 * 2 * 6
    tokens = estimate_cost(PEFTMethod.PROMPT_TUNING, data=tickets, settings={"virtual_tokens": 7}, steps=5, bench=bench)
    assert tokens.trainable_parameters == 7 * 384


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({"steps": 20}, {"steps": 200}),
        ({"settings": {"batch_size": 4}}, {"settings": {"batch_size": 32}}),
        ({"backbone": "minilm:3"}, {"backbone": "minilm"}),
        ({"task": TaskBrief(tokens=10)}, {"task": TaskBrief(tokens=100)}),
    ],
    ids=["steps", "batch", "depth", "length"],
)
def test_more_work_takes_longer_and_no_less_memory(bench, less: dict, more: dict):
    little, much = (estimate_cost(LORA, bench=bench, **{"steps": 50, **words}) for words in (less, more))
    assert much.seconds > little.seconds
    assert much.total_seconds > little.total_seconds
    assert much.peak_memory_bytes >= little.peak_memory_bytes


def test_a_public_model_of_four_billion_numbers_needs_room_for_them(bench):
    found = estimate_cost(LORA, TaskBrief(rows=100), backbone="Qwen3-4B", steps=10, bench=bench)
    assert found.weights_bytes > 4e9
    assert found.peak_memory_bytes > found.weights_bytes


def test_billions_of_rows_are_counted_without_being_listed(bench):
    found = estimate_cost(LORA, TaskBrief(rows=10**12), steps=5, bench=bench)
    some = estimate_cost(LORA, TaskBrief(rows=1000), steps=5, bench=bench)
    assert some.seconds / 2 < found.seconds < 2 * some.seconds


def test_words_tell_a_cost_among_those_of_what_the_task_may_be(bench):
    task = TaskBrief(rows=64, task_type="sentiment")
    each = [estimate_cost(LORA, one, steps=20, bench=bench).seconds for one in bench.known(task).tasks]
    assert len(set(each)) > 2
    assert min(each) < estimate_cost(LORA, task, steps=20, bench=bench).seconds < max(each)


@pytest.mark.parametrize(
    "settings", [{"rank": 1000}, {"rank": 0}, {"batch_size": 0}, {"max_length": 4096}, {"targets": ("nose",)}], ids=str
)
def test_settings_that_cannot_work_with_the_model_are_refused(bench, tickets, settings):
    with pytest.raises(SettingsError, match=next(iter(settings))[:6]):
        estimate_cost(LORA, data=tickets, settings=settings, bench=bench)


def test_with_data_neither_the_store_nor_the_judgement_is_opened(tickets, tmp_path):
    with Workbench(tmp_path / "experiences.sqlite") as fresh:
        assert estimate_cost(LORA, data=tickets, steps=5, bench=fresh).seconds > 0
    assert list(tmp_path.iterdir()) == []
