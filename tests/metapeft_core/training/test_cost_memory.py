"""The foretold memory beside that of real runs."""

from __future__ import annotations

import gc

import mlx.core as mx
import pytest
from cost_cases import SPEED, spoken_task

from metapeft_core.backbones.load import describe_backbone, load_backbone
from metapeft_core.data.task import Example, Task
from metapeft_core.methods.registry import make_settings
from metapeft_core.training.cost import predict
from metapeft_core.training.cost_workload import workload_of_task
from metapeft_core.training.finetune import finetune
from metapeft_core.training.spec import Budget, TrainingSpec

VARIANTS = [
    ("lora", {}),
    ("lora", {"targets": ("all",), "rank": 16}),
    ("lora", {"layers": 1}),
    ("lora", {"dora": True}),
    ("adalora", {}),
    ("prompt_tuning", {}),
    ("prefix_tuning", {}),
    ("prefix_tuning", {"projection": True}),
    ("p_tuning", {}),
]


@pytest.mark.parametrize(("method", "values"), VARIANTS)
@pytest.mark.parametrize("batch_size", [8, 24])
def test_memory_foretold_from_a_card_is_within_15_percent_of_the_runs_own(encoder, method, values, batch_size):
    task = spoken_task()
    spec, budget = TrainingSpec(make_settings(method, values), batch_size=batch_size), Budget(steps=4, evaluate_every=4)
    told = predict(workload_of_task(task, encoder.tokens), describe_backbone("minilm:2"), spec, budget, speed=SPEED)
    others = _others_memory(encoder)
    run = finetune(task, encoder, spec, budget)
    assert told.peak_memory_bytes + others == pytest.approx(run.peak_memory_bytes, rel=0.15)


def _others_memory(encoder) -> int:
    """What other tests keep in memory beside this backbone."""
    gc.collect()
    return int(mx.get_active_memory() - encoder.card.parameters * encoder.card.bytes_per_parameter)


@pytest.mark.decoder
def test_memory_of_learning_to_write_is_foretold(smollm2):
    backbone = load_backbone("smollm2")
    rows = tuple(Example(f"Say the number {n} in words, and nothing else.", "seven hundred") for n in range(24))
    task = Task("numbers", "generation", rows[:16], rows[16:20], rows[20:])
    spec = TrainingSpec(make_settings("lora"), batch_size=4, max_length=32)
    budget = Budget(steps=2, evaluate_every=2, generated_rows=2, generated_tokens=4)
    told = predict(workload_of_task(task, backbone.tokens), describe_backbone("smollm2"), spec, budget, speed=SPEED)
    others = _others_memory(backbone)
    run = finetune(task, backbone, spec, budget)
    assert told.peak_memory_bytes + others == pytest.approx(run.peak_memory_bytes, rel=0.15)
