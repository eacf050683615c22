"""What is foretold of a run from shapes alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from cost_cases import SPEED, card, workload

from metapeft_core.backbones.load import describe_backbone
from metapeft_core.errors import SettingsError
from metapeft_core.methods.registry import make_settings
from metapeft_core.training.cost import CostEstimate, predict
from metapeft_core.training.cost_coefficients import coefficients
from metapeft_core.training.cost_speed import measured_speed, remembered_speed
from metapeft_core.training.spec import Budget, TrainingSpec
from metapeft_core.types import PEFTMethod

KINDS = ("encoder", "decoder")


def foretold(kind: str, method: str = "lora", steps: int = 12, longest: int = 100, **changes) -> CostEstimate:
    values, writes = changes.pop("values", {}), changes.pop("writes", False)
    spec = TrainingSpec(make_settings(method, values), **changes)
    budget = Budget(steps=steps, evaluate_every=6)
    device = changes.pop("device", "cpu")
    return predict(workload(longest=longest, writes=writes), card(kind), spec, budget, device=device, speed=SPEED)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", list(PEFTMethod))
def test_every_method_has_a_cost_that_its_parts_add_up_to(kind, method):
    told = foretold(kind, method)
    assert told.peak_memory_bytes == told.parts.total > told.parts.weights > 0
    assert 0 < told.seconds_a_step == pytest.approx(told.seconds / 12)
    assert told.total_seconds > told.seconds


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", list(PEFTMethod))
def test_larger_batches_and_longer_texts_cost_more(kind, method):
    small = foretold(kind, method, batch_size=4)
    for larger in (foretold(kind, method, batch_size=16), foretold(kind, method, batch_size=4, longest=126)):
        assert larger.peak_memory_bytes > small.peak_memory_bytes
        assert larger.seconds > small.seconds


def test_more_steps_cost_more_seconds_and_no_more_memory_once_all_rows_were_read():
    once, often = foretold("encoder", steps=8), foretold("encoder", steps=80)
    assert often.seconds > 5 * once.seconds
    assert often.peak_memory_bytes <= 1.2 * once.peak_memory_bytes


def test_cutting_texts_saves_memory_and_seconds():
    whole, cut = foretold("encoder"), foretold("encoder", max_length=24)
    assert cut.peak_memory_bytes < whole.peak_memory_bytes
    assert cut.seconds < whole.seconds


@pytest.mark.parametrize("kind", KINDS)
def test_adapting_only_the_last_layers_keeps_less_and_takes_less_time(kind):
    every, few = foretold(kind), foretold(kind, values={"layers": 2})
    assert few.parts.activations < every.parts.activations
    assert few.seconds < every.seconds


@pytest.mark.parametrize("method", ["prompt_tuning", "p_tuning", "prefix_tuning"])
def test_virtual_tokens_cost_memory_and_seconds(method):
    few, many = (foretold("encoder", method, values={"virtual_tokens": count}) for count in (4, 64))
    assert many.peak_memory_bytes > few.peak_memory_bytes
    assert many.seconds > few.seconds


def test_dora_costs_more_than_lora():
    assert foretold("encoder", values={"dora": True}).peak_memory_bytes > foretold("encoder").peak_memory_bytes
    assert foretold("encoder", values={"dora": True}).seconds > foretold("encoder").seconds


def test_looking_only_at_the_first_position_saves_the_last_block():
    assert foretold("encoder", pooling="first").seconds < foretold("encoder", pooling="mean").seconds


def test_learning_to_write_costs_more_than_learning_to_classify():
    assert foretold("decoder", writes=True).seconds > foretold("decoder").seconds
    assert foretold("decoder", writes=True).total_seconds > foretold("decoder").total_seconds


def test_a_large_model_is_foretold_for_another_device_without_being_there():
    spec, budget = TrainingSpec(batch_size=4), Budget(steps=10)
    told = predict(workload(), card("decoder"), spec, budget, device="metal", speed=replace(SPEED, lanes=1))
    assert told.basis == "shapes of another device"
    assert told.parts.weights == round(card("decoder").parameters * 4.5 / 8)
    # On the CPU the same weights are unpacked to full precision.
    on_cpu = predict(workload(), card("decoder"), spec, budget, device="cpu", speed=SPEED)
    assert on_cpu.parts.weights == card("decoder").parameters * 4
    assert on_cpu.parts.activations > told.parts.activations


def test_a_card_is_enough_to_foretell_a_backbone_that_is_not_loaded():
    told = predict(workload(), describe_backbone("minilm:2"), TrainingSpec(), Budget(steps=10), speed=SPEED)
    deeper = predict(workload(), describe_backbone("minilm"), TrainingSpec(), Budget(steps=10), speed=SPEED)
    assert told.peak_memory_bytes < deeper.peak_memory_bytes
    assert told.seconds < deeper.seconds


def test_a_slower_machine_takes_longer_and_no_more_memory():
    slow = replace(SPEED, flop=4 * SPEED.flop, element=4 * SPEED.element, operation=4 * SPEED.operation)
    spec, budget = TrainingSpec(), Budget(steps=10)
    here = predict(workload(), card("encoder"), spec, budget, device="cpu", speed=SPEED)
    there = predict(workload(), card("encoder"), spec, budget, device="cpu", speed=slow)
    assert there.seconds == pytest.approx(4 * here.seconds)
    assert there.peak_memory_bytes == here.peak_memory_bytes


def test_settings_that_cannot_work_are_refused_before_anything_is_foretold():
    with pytest.raises(SettingsError, match="rank"):
        foretold("encoder", values={"rank": 5000})


def test_the_machine_is_measured_once_and_its_speeds_are_positive():
    speed = measured_speed()
    assert speed is measured_speed()
    assert min(speed.flop, speed.element, speed.operation) > 0
    assert speed.lanes >= 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_holds_no_negative_cost(kind):
    for table in (coefficients("cpu", kind).memory, coefficients("cpu", kind).seconds):
        assert table
        assert min(table.values()) >= 0


def test_the_speed_of_the_machine_is_measured_once_and_remembered(tmp_path, monkeypatch):
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(tmp_path))
    first = remembered_speed()
    place = tmp_path / "speed.json"
    told = json.loads(place.read_text())
    place.write_text(json.dumps(told | {"speed": told["speed"] | {"flop": 1.0}}))
    assert remembered_speed().flop == 1.0
    place.write_text(json.dumps(told | {"machine": ["another"], "speed": told["speed"] | {"flop": 1.0}}))
    assert remembered_speed().flop == first.flop
    place.write_text("damaged")
    assert remembered_speed().flop == first.flop
