"""Runs that cannot fit are refused, and what is suggested instead fits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cost_cases import ENCODER, SPEED, card, workload
from hypothesis import given, settings
from hypothesis import strategies as st

from metapeft_core.errors import BudgetError
from metapeft_core.methods.registry import make_settings
from metapeft_core.training.cost import CostEstimate, predict
from metapeft_core.training.cost_refusal import (
    _changed,
    _changes,
    refuse_if_too_large,
    shortened,
    steps_within,
    what_would_fit,
)
from metapeft_core.training.spec import Budget, TrainingSpec
from metapeft_core.types import PEFTMethod

MIB = 2**20
BUDGET = Budget(steps=8)


def foretold(kind: str = "encoder", method: str = "lora", batch_size: int = 32, device: str = "cpu") -> CostEstimate:
    spec = TrainingSpec(make_settings(method), batch_size=batch_size)
    return predict(workload(), card(kind), spec, BUDGET, device=device, speed=SPEED)


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(["encoder", "decoder"]),
    device=st.sampled_from(["cpu", "metal"]),
    method=st.sampled_from(list(PEFTMethod)),
    batch_size=st.integers(1, 64),
    share=st.floats(0.02, 0.99),
)
def test_what_is_suggested_fits_when_foretold_anew(kind, device, method, batch_size, share):
    told = foretold(kind, method, batch_size, device)
    room = int(share * told.peak_memory_bytes)
    found = what_would_fit(told, room)
    if found is None:
        # Between the weights and the leanest run there is room that nothing fits into.
        changed = [_changed(told.plan, spec, backbone) for _, spec, backbone in _changes(told.plan)]
        assert changed
        assert all(other is None or other.peak_memory_bytes > room for other in changed)
        return
    assert room >= told.parts.weights or found.backbone != told.plan.backbone
    anew = predict(workload(), found.backbone, found.spec, BUDGET, device=device, speed=SPEED)
    assert anew.peak_memory_bytes <= room
    assert anew.peak_memory_bytes == found.estimate.peak_memory_bytes
    refuse_if_too_large(anew, BUDGET, room)


def test_a_run_that_fits_is_let_through():
    told = foretold()
    refuse_if_too_large(told, BUDGET, told.peak_memory_bytes)


def test_the_refusal_says_what_is_needed_what_there_is_and_what_would_fit():
    told = foretold()
    room = told.peak_memory_bytes - 50 * MIB
    with pytest.raises(BudgetError) as refusal:
        refuse_if_too_large(told, replace(BUDGET, memory_bytes=room))
    said = str(refusal.value)
    found = what_would_fit(told, room)
    assert f"{told.peak_memory_bytes / MIB:.0f} MiB" in said
    assert f"{room / MIB:.0f} MiB" in said
    assert found is not None
    assert found.words == "batch_size 16"
    assert found.words in said


def test_the_mildest_change_that_helps_is_suggested():
    told = foretold()
    weights = told.parts.weights
    rooms = [told.peak_memory_bytes - 1, weights + 20 * MIB, weights + 4 * MIB]
    suggestions = [what_would_fit(told, room) for room in rooms]
    sizes = [found.spec.batch_size for found in suggestions if found]
    assert sizes == sorted(sizes, reverse=True)
    assert all(found.backbone == ENCODER for found in suggestions if found)


def test_where_nothing_fits_a_number_of_parameters_is_named():
    with pytest.raises(BudgetError, match="million parameters"):
        refuse_if_too_large(foretold("decoder"), BUDGET, 500 * MIB)


def test_weights_too_large_for_a_mac_are_quantised():
    told = predict(
        workload(),
        replace(card("decoder"), bytes_per_parameter=2.0),
        TrainingSpec(batch_size=4),
        BUDGET,
        device="metal",
        speed=SPEED,
    )
    found = what_would_fit(told, round(0.6 * told.parts.weights))
    assert found is not None
    assert "4 bits" in found.words


def test_too_little_time_is_told_in_steps_that_fit():
    told = foretold()
    budget = replace(BUDGET, seconds=told.seconds / 2)
    steps = steps_within(told, told.seconds / 2)
    assert 0 < steps < told.steps
    with pytest.raises(BudgetError, match=f"set steps to {steps}"):
        refuse_if_too_large(told, budget, 2 * told.peak_memory_bytes)
    fitting = replace(BUDGET, steps=steps)
    assert predict(workload(), ENCODER, told.plan.spec, fitting, device="cpu", speed=SPEED).seconds <= told.seconds / 2
    refuse_if_too_large(told, budget, 2 * told.peak_memory_bytes, time_is_hard=False)


def test_time_for_less_than_one_step_is_refused_with_what_ten_would_take():
    told = foretold()
    with pytest.raises(BudgetError, match="ten steps"):
        refuse_if_too_large(told, replace(BUDGET, seconds=told.seconds_a_step / 1e3), 2 * told.peak_memory_bytes)


def test_a_shortened_card_has_the_parameters_of_its_blocks_only():
    half = shortened(ENCODER, 3)
    assert half.layers == 3
    removed = sum(s.inputs * s.outputs * s.count for s in ENCODER.linears) // 2
    assert half.parameters == ENCODER.parameters - removed
