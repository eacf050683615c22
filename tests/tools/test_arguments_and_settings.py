"""Settings given as plain values become a run's, and a description of a task that no data has is refused."""

from __future__ import annotations

import math
from dataclasses import asdict

import pytest

from metapeft_core.errors import SettingsError, ToolError
from metapeft_core.methods.lora import LoRASettings
from metapeft_core.types import PEFTMethod
from tools.registry import get_tool
from tools.settings import checked_spec


def test_settings_of_the_method_and_of_the_training_become_a_spec():
    told = {"rank": 4, "targets": ("query", "value"), "learning_rate": 1, "batch_size": 4, "max_length": 32}
    spec = checked_spec(PEFTMethod.LORA, told, seed=3)
    assert spec.method == LoRASettings(rank=4, targets=("query", "value"))
    assert (spec.learning_rate, spec.batch_size, spec.max_length, spec.seed) == (1.0, 4, 32, 3)


def test_what_is_not_said_keeps_its_default():
    spec = checked_spec(PEFTMethod.PROMPT_TUNING, {})
    assert spec.method.method is PEFTMethod.PROMPT_TUNING
    assert spec.learning_rate is None
    assert spec.rate() > 0


def test_a_setting_of_another_method_is_refused_with_those_that_there_are():
    with pytest.raises(SettingsError, match=r"'rank' is no setting of p_tuning: it has .*virtual_tokens"):
        checked_spec(PEFTMethod.P_TUNING, {"rank": 4})


def test_the_name_that_another_tool_has_for_a_setting_is_refused():
    with pytest.raises(SettingsError, match="'lora_alpha' is no setting of lora"):
        checked_spec(PEFTMethod.LORA, {"lora_alpha": 16})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rank", "many"),
        ("targets", 3),
        ("batch_size", "many"),
        ("batch_size", 1.5),
        ("max_length", None),
        ("learning_rate", "x"),
        ("schedule", "zigzag"),
        ("pooling", "median"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_its_name(name: str, value: object):
    with pytest.raises(SettingsError, match=f"{name}.* is {value!r}"):
        checked_spec(PEFTMethod.LORA, {name: value})


def test_numbers_written_as_words_are_numbers():
    spec = checked_spec(PEFTMethod.LORA, {"batch_size": "4", "learning_rate": "0.01", "rank": "2"})
    assert (spec.batch_size, spec.learning_rate) == (4, 0.01)
    assert spec.method == LoRASettings(rank=2)


def test_a_description_of_real_data_is_taken(bench, tickets):
    described = asdict(bench.data(tickets)[1])
    found = get_tool("select_method").call({"task": described}, bench)
    assert found == get_tool("select_method").call({"data": str(tickets)}, bench)


@pytest.mark.parametrize(
    "change",
    [
        {"dataset_size": 0},
        {"dataset_size": 10**13},
        {"classes": -1},
        {"class_balance": 1.5},
        {"label_noise": math.nan},
        {"majority_share": -0.1},
        {"sequence_length": {"minimum": 5, "mean": 4, "median": 3, "p95": 2, "maximum": 1}},
        {"sequence_length": {"minimum": 0, "mean": math.inf, "median": 3, "p95": 4, "maximum": 5}},
        {"target_length": {"minimum": 0, "mean": 1, "median": 1, "p95": 1, "maximum": math.inf}},
    ],
    ids=str,
)
def test_a_description_that_no_data_has_is_refused(bench, tickets, change):
    described = asdict(bench.data(tickets)[1]) | change
    with pytest.raises(ToolError, match="select_method: task"):
        get_tool("select_method").call({"task": described}, bench)
