"""Folders that others trained with PEFT are read where they can be, and refused in one sentence where they cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import peft
import pytest
import torch
from our_adapters import SETTINGS, drawn
from reference_peft import (
    difference,
    make_batch,
    our_scores,
    our_vocabulary_scores,
    torch_logits,
    torch_model,
    with_peft,
)

from metapeft_core.backbones.load import load_backbone
from metapeft_core.errors import AdvisorError, InterchangeError
from metapeft_core.methods.adapted import Adapted, Head
from metapeft_core.methods.interchange.peft_folder import export_peft
from metapeft_core.methods.interchange.peft_import import import_peft
from metapeft_core.methods.lora import LoRASettings

ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def saved(folder: Path, tiny: Path, task: str = "CAUSAL_LM", **options: Any) -> torch.nn.Module:
    auto = {"SEQ_CLS": "AutoModelForSequenceClassification", "CAUSAL_LM": "AutoModelForCausalLM"}[task]
    extra = {"num_labels": 3} if task == "SEQ_CLS" else {}
    settings = {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj"]} | options
    model = with_peft(torch_model(auto, tiny, **extra), peft.LoraConfig(task_type=task, **settings))
    model.save_pretrained(str(folder))
    return model


def assert_same_text_scores(model: torch.nn.Module, ours: Adapted) -> None:
    batch = make_batch(96)
    real = batch.mask == 1
    assert difference(our_vocabulary_scores(ours, batch)[real], torch_logits(model, batch)[real]) < 1e-4


@pytest.mark.parametrize(
    "options",
    [
        {"target_modules": "all-linear"},
        {"target_modules": r".*\.self_attn\.(q|v)_proj"},
        {"target_modules": ["o_proj", "gate_proj"], "layers_to_transform": [1]},
        {"target_modules": ALL_LINEAR, "rank_pattern": {"q_proj": 2, "layers.1.mlp.up_proj": 6}},
        {"target_modules": ALL_LINEAR, "alpha_pattern": {"v_proj": 3, "down_proj": 32}},
        {"target_modules": ["q_proj"], "rank_pattern": {"0.self_attn.q_proj": 2}, "use_rslora": True},
        {"target_modules": ["k_proj"], "rank_pattern": {"0.self_attn.k_proj": 2}, "use_dora": True},
        {"init_lora_weights": "gaussian"},
        {"exclude_modules": ["k_proj"], "target_modules": ["q_proj", "k_proj"]},
    ],
    ids=lambda options: next(iter(options)) + " " + str(next(iter(options.values())))[:24],
)
def test_an_adapter_is_read_however_its_layers_were_named(
    options: dict[str, Any], tiny_llama: Path, tmp_path: Path
) -> None:
    model = saved(tmp_path, tiny_llama, **options)
    assert_same_text_scores(model, import_peft(tmp_path, load_backbone(str(tiny_llama))))


def test_all_linear_layers_come_back_as_roles(tiny_llama: Path, tmp_path: Path) -> None:
    saved(tmp_path, tiny_llama, target_modules="all-linear")
    settings = import_peft(tmp_path, load_backbone(str(tiny_llama))).settings
    assert isinstance(settings, LoRASettings)
    assert settings.targets == ("query", "key", "value", "output", "feed_forward")


def test_a_classifier_saved_whole_is_read_with_its_adapter(tiny_llama: Path, tmp_path: Path) -> None:
    model = saved(tmp_path, tiny_llama, "SEQ_CLS")
    ours = import_peft(tmp_path, load_backbone(str(tiny_llama)))
    assert ours.task_head == Head(3, "last")
    assert difference(our_scores(ours, make_batch(96)), torch_logits(model, make_batch(96))) < 1e-4


def test_an_adapter_without_a_task_is_read_as_one_that_writes(tiny_llama: Path, tmp_path: Path) -> None:
    model = saved(tmp_path, tiny_llama)
    change(tmp_path, task_type=None)
    assert_same_text_scores(model, import_peft(tmp_path, load_backbone(str(tiny_llama))))


def change(folder: Path, **values: Any) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def change_tensors(folder: Path, changed: Callable[[dict[str, mx.array]], dict[str, mx.array]]) -> None:
    path = folder / "adapter_model.safetensors"
    mx.save_safetensors(str(path), {k: mx.array(np.array(v)) for k, v in changed(mx.load(str(path))).items()})


CONFIGURATIONS: list[tuple[dict[str, Any], str]] = [
    ({"peft_type": "IA3"}, "IA3"),
    ({"peft_type": "MULTITASK_PROMPT_TUNING"}, "MULTITASK_PROMPT_TUNING"),
    ({"bias": "all"}, "biases"),
    ({"bias": "lora_only"}, "biases"),
    ({"task_type": "SEQ_2_SEQ_LM"}, "SEQ_2_SEQ_LM"),
    ({"task_type": "TOKEN_CLS"}, "TOKEN_CLS"),
    ({"num_transformer_submodules": 2}, "encoder with a decoder"),
    ({"modules_to_save": ["lm_head"]}, "lm_head"),
    ({"layer_replication": [[0, 1]]}, "layer_replication"),
    ({"lora_bias": True}, "lora_bias"),
    ({"target_parameters": ["experts.gate"]}, "target_parameters"),
    ({"trainable_token_indices": [1]}, "trainable_token_indices"),
    ({"alora_invocation_tokens": [1]}, "alora_invocation_tokens"),
    ({"use_qalora": True}, "use_qalora"),
    ({"init_lora_weights": "pissa_niter_4"}, "pissa"),
    ({"init_lora_weights": "olora"}, "olora"),
    ({"use_dora": True}, "use_dora"),
]


@pytest.mark.parametrize(("values", "word"), CONFIGURATIONS, ids=[word for _, word in CONFIGURATIONS])
def test_what_cannot_be_computed_here_is_refused_with_its_name(
    values: dict[str, Any], word: str, tiny_llama: Path, tmp_path: Path
) -> None:
    saved(tmp_path, tiny_llama)
    change(tmp_path, **values)
    backbone = load_backbone(str(tiny_llama))
    with pytest.raises(InterchangeError, match=word) as refusal:
        import_peft(tmp_path, backbone)
    assert_one_sentence(refusal.value)


def assert_one_sentence(error: AdvisorError) -> None:
    assert "\n" not in str(error)
    assert not str(error).endswith(".")


def without_b(tensors: dict[str, mx.array]) -> dict[str, mx.array]:
    return {key: value for key, value in tensors.items() if "layers.0.self_attn.q_proj.lora_B" not in key}


def with_embedding(tensors: dict[str, mx.array]) -> dict[str, mx.array]:
    return tensors | {"base_model.model.model.embed_tokens.lora_embedding_A": mx.zeros((4, 96))}


def with_bias(tensors: dict[str, mx.array]) -> dict[str, mx.array]:
    return tensors | {"base_model.model.model.layers.0.self_attn.q_proj.base_layer.bias": mx.zeros((64,))}


def with_the_head(tensors: dict[str, mx.array]) -> dict[str, mx.array]:
    shapes = {"lora_A.weight": (4, 64), "lora_B.weight": (96, 4)}
    return tensors | {f"base_model.model.lm_head.{key}": mx.zeros(shape) for key, shape in shapes.items()}


def of_another_adapter(tensors: dict[str, mx.array]) -> dict[str, mx.array]:
    return {key.replace("lora_A.weight", "lora_A.second.weight"): value for key, value in tensors.items()}


def of_another_width(tensors: dict[str, mx.array]) -> dict[str, mx.array]:
    return {key: value[:, :32] if "lora_A" in key else value for key, value in tensors.items()}


def of_a_deeper_model(tensors: dict[str, mx.array]) -> dict[str, mx.array]:
    return {key.replace("layers.1.", "layers.7."): value for key, value in tensors.items()}


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        (without_b, "only one of lora_A and lora_B"),
        (with_embedding, "embed_tokens"),
        (with_bias, "bias"),
        (with_the_head, "outside the blocks"),
        (of_another_adapter, "second"),
        (of_another_width, "backbone it was trained on"),
        (of_a_deeper_model, "block 7"),
        (lambda tensors: {}, "no low-rank matrices"),
    ],
)
def test_tensors_without_a_place_here_are_refused(
    changed: Callable[[dict[str, mx.array]], dict[str, mx.array]], word: str, tiny_llama: Path, tmp_path: Path
) -> None:
    saved(tmp_path, tiny_llama)
    change_tensors(tmp_path, changed)
    with pytest.raises(InterchangeError, match=word) as refusal:
        import_peft(tmp_path, load_backbone(str(tiny_llama)))
    assert_one_sentence(refusal.value)


def test_a_refused_import_leaves_the_backbone_without_an_adapter(tiny_llama: Path, tmp_path: Path) -> None:
    export_peft(drawn(tiny_llama, SETTINGS["lora"], Head(3, "last")), tmp_path)
    change_tensors(tmp_path, lambda t: {k: v[:, :32] if "score" in k else v for k, v in t.items()})
    backbone = load_backbone(str(tiny_llama))
    with pytest.raises(InterchangeError, match="width 32"):
        import_peft(tmp_path, backbone)
    assert all(type(module).__name__ == "Linear" for _, _, module in backbone.block_linears())
    assert len(list(backbone.block_linears())) == 14


def test_only_the_first_layers_are_refused_because_only_the_last_can_be_adapted(
    tiny_llama: Path, tmp_path: Path
) -> None:
    saved(tmp_path, tiny_llama, layers_to_transform=[0])
    with pytest.raises(InterchangeError, match="last so many of the 2 blocks"):
        import_peft(tmp_path, load_backbone(str(tiny_llama)))


def test_the_network_of_a_prefix_is_refused_without_what_it_computes(tiny_llama: Path, tmp_path: Path) -> None:
    export_peft(drawn(tiny_llama, SETTINGS["prefix tuning projected"], None), tmp_path)
    change_tensors(tmp_path, lambda t: {"embedding.weight": mx.zeros((3, 32)), "transform.0.weight": mx.zeros((7, 32))})
    with pytest.raises(InterchangeError, match="prompt_embeddings"):
        import_peft(tmp_path, load_backbone(str(tiny_llama)))


def test_virtual_tokens_of_another_width_are_refused(tiny_llama: Path, tmp_path: Path) -> None:
    export_peft(drawn(tiny_llama, SETTINGS["prompt tuning"], None), tmp_path)
    change_tensors(tmp_path, lambda t: {key: value[:, :32] for key, value in t.items()})
    with pytest.raises(InterchangeError, match="does not fit"):
        import_peft(tmp_path, load_backbone(str(tiny_llama)))


def test_robertas_own_dense_layer_is_refused_once_it_was_trained(tiny_roberta: Path, tmp_path: Path) -> None:
    export_peft(drawn(tiny_roberta, SETTINGS["lora"], Head(3, "first")), tmp_path)
    change_tensors(tmp_path, lambda t: {k: v + 0.1 if "classifier.dense.weight" in k else v for k, v in t.items()})
    with pytest.raises(InterchangeError, match=r"classifier\.dense"):
        import_peft(tmp_path, load_backbone(str(tiny_roberta)))


def test_a_writing_adapter_is_refused_on_an_encoder(tiny_llama: Path, tmp_path: Path) -> None:
    saved(tmp_path, tiny_llama)
    with pytest.raises(InterchangeError, match="give a decoder"):
        import_peft(tmp_path, load_backbone("minilm:2"))


def test_a_folder_of_several_adapters_is_refused_with_their_names(tiny_llama: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        saved(tmp_path / name, tiny_llama)
    with pytest.raises(InterchangeError, match="first, second"):
        import_peft(tmp_path, load_backbone(str(tiny_llama)))


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("adapter_config.json", None, "has no adapter_config.json"),
        ("adapter_config.json", "{", "cannot be read"),
        ("adapter_config.json", "[]", "holds no object"),
        ("adapter_model.safetensors", None, "has no adapter_model.safetensors"),
        ("adapter_model.safetensors", "broken", "cannot be read"),
    ],
)
def test_a_damaged_folder_is_refused(name: str, text: str | None, word: str, tiny_llama: Path, tmp_path: Path) -> None:
    saved(tmp_path, tiny_llama)
    (tmp_path / name).unlink()
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InterchangeError, match=word):
        import_peft(tmp_path, load_backbone(str(tiny_llama)))
