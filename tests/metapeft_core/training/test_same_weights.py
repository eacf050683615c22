"""What decides the weights: the seed and nothing else, not even a kill in the middle."""

from __future__ import annotations

from dataclasses import replace

import mlx.core as mx
import pytest

from metapeft_core.errors import SettingsError
from metapeft_core.methods.registry import make_settings
from metapeft_core.training.finetune import finetune
from metapeft_core.training.spec import Budget, TrainingSpec

LORA = TrainingSpec(method=make_settings("lora", {"dropout": 0.2}), batch_size=8, max_length=32)
BUDGET = Budget(steps=24, evaluate_every=5, patience=None, generated_rows=0)
CHANCY = {
    "lora": {"dropout": 0.2},
    "adalora": {"dropout": 0.2, "interval": 2},
    "p_tuning": {"encoder": "lstm", "encoder_dropout": 0.2},
    "prefix_tuning": {"projection": True},
}


class KilledError(Exception):
    """Stands for the end of the process."""


def killed_at(step):
    def watch(progress):
        if progress.step == step:
            raise KilledError

    return watch


def weights(folder):
    return mx.load(str(folder / "adapter.safetensors"))


def same(left, right):
    return left.keys() == right.keys() and all(mx.array_equal(left[name], right[name]).item() for name in left)


def test_the_same_seed_gives_the_same_weights_bit_for_bit(tmp_path, decoder, coin):
    for name in ("one", "two"):
        finetune(coin, decoder, LORA, BUDGET, out=tmp_path / name)
    assert same(weights(tmp_path / "one"), weights(tmp_path / "two"))


def test_another_seed_gives_other_weights(tmp_path, decoder, coin):
    for seed in (0, 1):
        finetune(coin, decoder, replace(LORA, seed=seed), BUDGET, out=tmp_path / str(seed))
    assert not same(weights(tmp_path / "0"), weights(tmp_path / "1"))


@pytest.mark.parametrize("method", CHANCY)
@pytest.mark.parametrize("step", [3, 10, 18])
def test_a_killed_run_ends_with_the_weights_of_an_uninterrupted_one(tmp_path, decoder, coin, method, step):
    spec = TrainingSpec(method=make_settings(method, CHANCY[method]), batch_size=8, max_length=32)
    whole = finetune(coin, decoder, spec, BUDGET, out=tmp_path / "whole")
    kept = tmp_path / "state.ckpt"
    with pytest.raises(KilledError):
        finetune(coin, decoder, spec, BUDGET, checkpoint=kept, watch=killed_at(step))
    resumed = finetune(coin, decoder, spec, BUDGET, out=tmp_path / "resumed", checkpoint=kept)
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "resumed"))
    assert (tmp_path / "whole/adapter.json").read_text() == (tmp_path / "resumed/adapter.json").read_text()
    assert [(p.step, p.valid_loss) for p in resumed.curve] == [(p.step, p.valid_loss) for p in whole.curve]
    assert resumed.performance["loss"] == whole.performance["loss"]


def test_a_killed_run_leaves_the_backbone_as_it_was(decoder, coin):
    before = decoder(mx.array([[5, 6, 7]]))
    with pytest.raises(KilledError):
        finetune(coin, decoder, LORA, BUDGET, watch=killed_at(7))
    assert mx.array_equal(decoder(mx.array([[5, 6, 7]])), before).item()


def test_a_finished_run_is_not_trained_again(tmp_path, decoder, coin):
    kept = tmp_path / "state.safetensors"
    first = finetune(coin, decoder, LORA, BUDGET, checkpoint=kept)
    steps = []
    again = finetune(coin, decoder, LORA, BUDGET, checkpoint=kept, watch=steps.append)
    assert steps == []
    assert again.performance["loss"] == first.performance["loss"]


def test_the_checkpoint_of_another_run_is_refused(tmp_path, decoder, coin):
    kept = tmp_path / "state.safetensors"
    finetune(coin, decoder, LORA, BUDGET, checkpoint=kept)
    with pytest.raises(SettingsError, match="belongs to a run with other settings"):
        finetune(coin, decoder, replace(LORA, seed=1), BUDGET, checkpoint=kept)


def test_a_damaged_checkpoint_is_told_with_what_to_do(tmp_path, decoder, coin):
    kept = tmp_path / "state.safetensors"
    kept.write_bytes(b"not a checkpoint")
    with pytest.raises(SettingsError, match="delete it to begin again"):
        finetune(coin, decoder, LORA, BUDGET, checkpoint=kept)


def test_a_training_that_begins_with_an_adapter_goes_on_from_its_weights(tmp_path, decoder, coin):
    first = finetune(coin, decoder, LORA, BUDGET, out=tmp_path / "first")
    still = replace(BUDGET, steps=1)
    frozen = replace(LORA, learning_rate=1e-12)
    again = finetune(coin, decoder, frozen, still, out=tmp_path / "again", begin=tmp_path / "first")
    old, new = weights(tmp_path / "first"), weights(tmp_path / "again")
    assert all(mx.allclose(old[name], new[name], atol=1e-6).item() for name in old)
    assert first.id != again.id


def test_half_the_digits_are_enough_to_begin_with(tmp_path, decoder, coin):
    finetune(coin, decoder, LORA, BUDGET, out=tmp_path / "first")
    place = tmp_path / "first" / "adapter.safetensors"
    mx.save_safetensors(str(place), {name: value.astype(mx.float16) for name, value in weights(place.parent).items()})
    finetune(coin, decoder, LORA, replace(BUDGET, steps=1), out=tmp_path / "again", begin=tmp_path / "first")
    assert {value.dtype for value in weights(tmp_path / "again").values()} == {mx.float32}


def test_an_adapter_with_other_settings_is_nothing_to_begin_with(tmp_path, decoder, coin):
    finetune(coin, decoder, LORA, replace(BUDGET, steps=1), out=tmp_path / "first")
    other = replace(LORA, method=make_settings("lora", {"rank": 3}))
    with pytest.raises(SettingsError, match="give the settings that it has"):
        finetune(coin, decoder, other, BUDGET, begin=tmp_path / "first")
    with pytest.raises(SettingsError, match="holds no adapter"):
        finetune(coin, decoder, LORA, BUDGET, begin=tmp_path / "nothing")
    assert finetune(coin, decoder, LORA, replace(BUDGET, steps=1)).outcome == "completed"


def test_an_adapter_that_cannot_be_read_leaves_the_backbone_as_it_was(tmp_path, decoder, coin):
    layers, before = str(decoder), decoder(mx.array([[5, 6, 7]]))
    finetune(coin, decoder, LORA, replace(BUDGET, steps=2), out=tmp_path / "first")
    for broken in ("adapter.safetensors", "adapter.json"):
        (tmp_path / "first" / broken).write_text("{")
        with pytest.raises(SettingsError):
            finetune(coin, decoder, LORA, BUDGET, begin=tmp_path / "first")
        assert str(decoder) == layers
    assert mx.array_equal(decoder(mx.array([[5, 6, 7]])), before).item()
