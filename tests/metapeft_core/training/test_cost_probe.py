"""A few real steps before a run: what they correct, and that they leave no trace."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest
from cost_cases import spoken_task

from metapeft_core.methods.registry import make_settings
from metapeft_core.training.cost_probe import Measured, estimate_with_probe, fitted_line
from metapeft_core.training.finetune import finetune
from metapeft_core.training.spec import Budget, TrainingSpec

BUDGET = Budget(steps=6, evaluate_every=3, generated_rows=4, generated_tokens=3)
VARIANTS = [
    ("lora", {"dropout": 0.2}),
    ("adalora", {"interval": 1}),
    ("prompt_tuning", {}),
    ("prefix_tuning", {"projection": True}),
    ("p_tuning", {}),
]


@pytest.mark.parametrize(("method", "values"), VARIANTS)
def test_a_run_is_bit_for_bit_the_same_after_a_probe(encoder, method, values, tmp_path):
    task, spec = spoken_task(longest=20), TrainingSpec(make_settings(method, values), batch_size=8)
    before = finetune(task, encoder, spec, BUDGET, out=tmp_path / "before")
    estimate_with_probe(task, encoder, spec, BUDGET)
    after = finetune(task, encoder, spec, BUDGET, out=tmp_path / "after")
    plain, probed = (mx.load(str(tmp_path / name / "adapter.safetensors")) for name in ("before", "after"))
    assert plain.keys() == probed.keys()
    assert all(np.array_equal(np.array(plain[key]), np.array(probed[key])) for key in plain)
    assert [point.valid_loss for point in before.curve] == [point.valid_loss for point in after.curve]


def test_a_probe_leaves_chance_and_the_backbone_as_they_were(encoder):
    task, spec = spoken_task(longest=20), TrainingSpec(make_settings("lora", {"dropout": 0.2}), batch_size=8)
    mx.random.seed(5)
    expected = mx.random.normal((4,)).tolist()
    layers = [(block, name, id(module)) for block, name, module in encoder.block_linears()]
    mx.random.seed(5)
    estimate_with_probe(task, encoder, spec, BUDGET)
    assert mx.random.normal((4,)).tolist() == expected
    assert [(block, name, id(module)) for block, name, module in encoder.block_linears()] == layers


@pytest.mark.parametrize("method", ["lora", "p_tuning"])
def test_memory_is_within_15_percent_after_a_probe(encoder, method):
    task, spec = spoken_task(), TrainingSpec(make_settings(method), batch_size=16)
    told = estimate_with_probe(task, encoder, spec, BUDGET)
    assert told.basis == "probe"
    assert told.peak_memory_bytes == pytest.approx(finetune(task, encoder, spec, BUDGET).peak_memory_bytes, rel=0.15)


def test_a_decoder_is_probed_while_it_learns_to_write(decoder, parrot):
    told = estimate_with_probe(parrot, decoder, TrainingSpec(batch_size=8, max_length=16), BUDGET)
    assert told.basis == "probe"
    assert told.seconds > 0


def test_two_widths_tell_what_a_step_costs_besides_its_tokens():
    offset, slope, _ = fitted_line([Measured(1.0, 2.5), Measured(3.0, 5.5)])
    assert (offset, slope) == pytest.approx((1.0, 1.5))


@pytest.mark.parametrize(
    "measured",
    [
        [Measured(1.0, 2.0), Measured(1.1, 2.2)],
        [Measured(1.0, 4.0), Measured(3.0, 4.0)],
        [Measured(1.0, 1.0), Measured(1.3, 9.0)],
    ],
)
def test_widths_that_hardly_differ_or_contradict_each_other_leave_a_plain_ratio(measured):
    offset, slope, ratio = fitted_line(measured)
    assert offset == 0
    assert slope == ratio == pytest.approx(sum(m.seconds for m in measured) / sum(m.predicted for m in measured))
