"""How runs end: with the best weights, early, out of time, out of memory, or diverged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metapeft_core.errors import BudgetError, DataError, SettingsError
from metapeft_core.methods.registry import make_settings
from metapeft_core.methods.storage import load_adapter
from metapeft_core.training.finetune import finetune
from metapeft_core.training.judge import judge
from metapeft_core.training.rows import encode
from metapeft_core.training.spec import Budget, TrainingSpec

GREEDY = TrainingSpec(
    method=make_settings("lora", {"targets": ("all",)}),
    learning_rate=2e-2,
    batch_size=8,
    max_length=32,
    schedule="constant",
)
"""Learns by heart within a few steps, so that validation soon gets worse."""
BUDGET = Budget(steps=40, evaluate_every=2, patience=None)


def test_the_best_weights_are_the_ones_that_are_kept(tmp_path, decoder, coin):
    experience = finetune(coin, decoder, GREEDY, BUDGET, out=tmp_path / "best")
    best = max(experience.curve, key=lambda point: (point.metrics["accuracy"], -point.valid_loss))
    assert best.step < experience.steps
    assert experience.curve[-1].valid_loss > best.valid_loss
    model = load_adapter(tmp_path / "best", decoder)
    try:
        verdict = judge(model, encode(coin.valid, coin, decoder.tokens, GREEDY.max_length), 16, GREEDY.max_length)
    finally:
        model.detach()
    assert verdict.loss == pytest.approx(best.valid_loss, rel=1e-5)
    assert experience.performance["valid_loss"] == best.valid_loss
    assert experience.performance["best_step"] == best.step


def test_the_ranks_that_are_recorded_are_those_of_the_best_weights(tmp_path, decoder, coin):
    settings = make_settings("adalora", {"targets": ("all",), "initial_rank": 6, "target_rank": 1, "interval": 2})
    experience = finetune(coin, decoder, replace(GREEDY, method=settings), BUDGET, out=tmp_path / "best")
    assert experience.performance["best_step"] < experience.steps / 2
    model = load_adapter(tmp_path / "best", decoder)
    try:
        used = [[value != 0 for value in layer.lora_e.tolist()] for layer in model.adapter.layers]
        assert any(any(own) for own in used)
        assert used == model.adapter.kept
    finally:
        model.detach()


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_adalora_rations_its_ranks_even_in_the_shortest_runs(decoder, coin, steps: int):
    settings = make_settings("adalora", {"initial_rank": 6, "target_rank": 2})
    experience = finetune(coin, decoder, replace(GREEDY, method=settings), replace(BUDGET, steps=steps))
    assert (experience.outcome, experience.steps) == ("completed", steps)


def test_a_run_without_improvement_stops_early(decoder, coin):
    experience = finetune(coin, decoder, GREEDY, replace(BUDGET, patience=2))
    assert experience.outcome == "stopped_early"
    assert experience.steps == experience.performance["best_step"] + 2 * BUDGET.evaluate_every
    assert experience.steps < BUDGET.steps


def test_a_run_that_was_stopped_early_stays_stopped(tmp_path, decoder, coin):
    budget, kept = replace(BUDGET, patience=2), tmp_path / "state.safetensors"
    first = finetune(coin, decoder, GREEDY, budget, checkpoint=kept)
    again = finetune(coin, decoder, GREEDY, budget, checkpoint=kept)
    assert (again.outcome, again.steps) == ("stopped_early", first.steps)


def test_a_learning_rate_of_a_million_is_recorded_as_diverged(tmp_path, decoder, coin):
    experience = finetune(coin, decoder, replace(GREEDY, learning_rate=1e6), BUDGET, out=tmp_path / "none")
    assert experience.outcome == "diverged"
    assert "loss" in str(experience.failure)
    assert experience.performance == {}
    assert not (tmp_path / "none").exists()


def test_a_run_that_cannot_fit_is_refused_before_its_first_step(decoder, coin):
    seen = []
    with pytest.raises(BudgetError, match="and there are 0 MiB"):
        finetune(coin, decoder, GREEDY, replace(BUDGET, memory_bytes=64), watch=seen.append)
    assert not seen


def test_a_memory_budget_of_a_few_bytes_ends_out_of_memory(decoder, coin):
    experience = finetune(coin, decoder, GREEDY, replace(BUDGET, memory_bytes=64), refuse=False)
    assert experience.outcome == "out_of_memory"
    assert "64 are allowed" in str(experience.failure)
    assert experience.steps == 1


def test_a_time_budget_ends_after_the_step_that_exceeds_it(decoder, coin):
    experience = finetune(coin, decoder, GREEDY, replace(BUDGET, seconds=1e-9))
    assert experience.outcome == "out_of_budget"
    assert experience.steps == 1
    assert [point.step for point in experience.curve] == [1]
    assert "accuracy" in experience.performance


@pytest.mark.parametrize(
    ("change", "budget", "sentence"),
    [
        ({"learning_rate": -1.0}, {}, "learning_rate is -1.0"),
        ({"learning_rate": float("nan")}, {}, "learning_rate is nan"),
        ({"batch_size": 0}, {}, "batch_size is 0"),
        ({"max_length": 100_000}, {}, "set max_length to at most"),
        ({"warmup_share": 1.0}, {}, "warmup_share is 1.0"),
        ({}, {"steps": 0}, "steps is 0"),
        ({}, {"seconds": 0.0}, "seconds is 0.0"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_computed(decoder, coin, change, budget, sentence):
    def watch(_):
        raise AssertionError("a step was taken")

    with pytest.raises(SettingsError, match=sentence):
        finetune(coin, decoder, replace(GREEDY, **change), replace(BUDGET, **budget), watch=watch)


def test_a_task_without_validation_rows_is_refused(decoder, coin):
    with pytest.raises(DataError, match="no validation rows"):
        finetune(replace(coin, valid=()), decoder, GREEDY, BUDGET)


def test_an_encoder_is_not_asked_to_write(encoder, parrot):
    with pytest.raises(SettingsError, match="choose a decoder such as smollm2"):
        finetune(parrot, encoder, GREEDY, BUDGET)
