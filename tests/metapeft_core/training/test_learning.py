"""That adapters learn: an easy classification with every method, and a fixed answer on a random decoder."""

from __future__ import annotations

import pytest

from metapeft_core.methods.registry import make_settings
from metapeft_core.training.finetune import finetune
from metapeft_core.training.spec import Budget, TrainingSpec
from metapeft_core.types import PEFTMethod

WRITERS = {
    "lora": ({"targets": ("all",)}, 1e-2),
    "prefix_tuning": ({"virtual_tokens": 4}, 5e-2),
}


@pytest.mark.parametrize("method", PEFTMethod)
def test_every_method_learns_an_easy_classification(encoder, food_or_vehicle, method):
    spec = TrainingSpec(method=make_settings(method), batch_size=16, max_length=16)
    experience = finetune(food_or_vehicle, encoder, spec, Budget(steps=30, evaluate_every=10))
    assert experience.performance["accuracy"] >= 0.75
    assert experience.curve[-1].train_loss < experience.curve[0].train_loss
    assert experience.curve[-1].valid_loss < 0.65
    assert experience.trainable_parameters == spec.method.trainable(encoder.card) + 2 * (encoder.card.width + 1)


@pytest.mark.parametrize("method", WRITERS)
def test_a_decoder_learns_to_give_a_fixed_answer(decoder, parrot, method):
    values, rate = WRITERS[method]
    spec = TrainingSpec(method=make_settings(method, values), learning_rate=rate, batch_size=8, max_length=32)
    budget = Budget(steps=120, evaluate_every=30, generated_tokens=6)
    untrained = finetune(
        parrot, decoder, TrainingSpec(method=spec.method, learning_rate=1e-9, max_length=32), Budget(steps=1)
    )
    experience = finetune(parrot, decoder, spec, budget)
    assert untrained.performance["rouge_l"] < 0.2
    assert experience.performance["rouge_l"] > 0.6
    assert experience.performance["loss"] < 0.5 * untrained.performance["loss"]
    assert experience.curve[0].train_loss > experience.curve[-1].train_loss
