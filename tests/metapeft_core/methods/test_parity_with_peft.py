"""Our methods compute and learn what Hugging Face PEFT's do, from the same weights on the same batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import peft
import pytest
import torch
from reference_peft import (
    NO_DROPOUT,
    Batch,
    classification_loss,
    classifier_state,
    difference,
    encoder_network_in_ours,
    generation_loss,
    generation_targets,
    in_ours,
    make_batch,
    our_scores,
    our_steps,
    our_vocabulary_scores,
    torch_logits,
    torch_model,
    torch_steps,
    with_peft,
)
from safetensors.numpy import load_file

from metapeft_core.backbones.load import load_backbone
from metapeft_core.methods.adapted import Adapted, Head
from metapeft_core.methods.interchange.peft_folder import export_peft
from metapeft_core.methods.p_tuning import PTuningSettings
from metapeft_core.methods.prefix_tuning import PrefixTuningSettings

TOLERANCE = 1e-4
CLASSES = 3


@dataclass(frozen=True)
class Variant:
    """A configuration of PEFT; `settings` where only a tensor-by-tensor copy carries the trained network over."""

    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    settings: PTuningSettings | PrefixTuningSettings | None = None

    def config(self, task: str, targets: list[str]) -> peft.PeftConfig:
        inside = {"target_modules": targets} if self.kind in ("LoraConfig", "AdaLoraConfig") else {}
        return getattr(peft, self.kind)(task_type=task, **inside, **self.options)


LORA = {"r": 4, "lora_alpha": 8}
ADALORA = {"init_r": 4, "target_r": 2, "lora_alpha": 8, "total_step": 1000, "tinit": 100, "tfinal": 100}
VARIANTS = {
    "lora": Variant("LoraConfig", LORA),
    "lora rank-stabilised": Variant("LoraConfig", LORA | {"use_rslora": True}),
    "lora last layer": Variant("LoraConfig", LORA | {"layers_to_transform": [1]}),
    "dora": Variant("LoraConfig", LORA | {"use_dora": True}),
    "adalora": Variant("AdaLoraConfig", ADALORA),
    "prompt tuning": Variant("PromptTuningConfig", {"num_virtual_tokens": 3}),
    "prefix tuning": Variant("PrefixTuningConfig", {"num_virtual_tokens": 3}),
    "prefix tuning projected": Variant(
        "PrefixTuningConfig",
        {"num_virtual_tokens": 3, "prefix_projection": True, "encoder_hidden_size": 10},
        PrefixTuningSettings(3, projection=True, projection_width=10),
    ),
    "p-tuning": Variant(
        "PromptEncoderConfig",
        {"num_virtual_tokens": 3, "encoder_hidden_size": 12},
        PTuningSettings(3, "mlp", 12),
    ),
    "p-tuning lstm": Variant(
        "PromptEncoderConfig",
        {
            "num_virtual_tokens": 3,
            "encoder_hidden_size": 12,
            "encoder_reparameterization_type": "LSTM",
            "encoder_num_layers": 2,
        },
        PTuningSettings(3, "lstm", 12, encoder_layers=2),
    ),
}
EVERY = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())


def paired(variant: Variant, reference: torch.nn.Module, name: str, head: Head | None, folder: Path) -> Adapted:
    """Ours with the reference's weights."""
    backbone = load_backbone(name)
    if variant.settings is not None:
        return encoder_network_in_ours(reference, backbone, variant.settings, head)
    return in_ours(reference, backbone, folder)


def assert_same_parameters(reference: torch.nn.Module, ours: Adapted, folder: Path) -> None:
    """Compare what both would save, name by name."""
    reference.save_pretrained(str(folder / "theirs"))
    export_peft(ours, folder / "ours")
    theirs, own = (load_file(folder / side / "adapter_model.safetensors") for side in ("theirs", "ours"))
    assert theirs.keys() == own.keys()
    for key, value in theirs.items():
        assert difference(own[key], value) < TOLERANCE, key


@EVERY
def test_an_encoder_classifies_and_learns_as_with_peft(variant: Variant, minilm: Path, tmp_path: Path) -> None:
    base = torch_model(
        "AutoModelForSequenceClassification", minilm, num_labels=CLASSES, num_hidden_layers=2, **NO_DROPOUT
    )
    reference = with_peft(base, variant.config("SEQ_CLS", ["query", "value"]))
    ours = paired(variant, reference, "minilm:2", Head(CLASSES, "first"), tmp_path)
    batch = make_batch(30000)
    assert difference(our_scores(ours, batch), torch_logits(reference, batch)) < TOLERANCE
    before = torch_logits(reference, batch)
    torch_steps(reference, batch, batch.labels, steps=3)
    our_steps(ours, classification_loss(batch), steps=3)
    after = torch_logits(reference, batch)
    assert difference(before, after) > 10 * TOLERANCE
    assert difference(our_scores(ours, batch), after) < TOLERANCE
    assert_same_parameters(reference, ours, tmp_path / "after")


@EVERY
def test_a_decoder_writes_and_learns_as_with_peft(variant: Variant, tiny_llama: Path, tmp_path: Path) -> None:
    base = torch_model("AutoModelForCausalLM", tiny_llama)
    reference = with_peft(base, variant.config("CAUSAL_LM", ["q_proj", "v_proj", "down_proj"]))
    ours = paired(variant, reference, str(tiny_llama), None, tmp_path)
    batch = make_batch(96)
    assert difference(real(our_vocabulary_scores(ours, batch), batch), causal_logits(reference, batch)) < TOLERANCE
    before = causal_logits(reference, batch)
    torch_steps(reference, batch, generation_targets(batch), steps=3)
    our_steps(ours, generation_loss(batch), steps=3)
    after = causal_logits(reference, batch)
    assert difference(before, after) > 10 * TOLERANCE
    assert difference(real(our_vocabulary_scores(ours, batch), batch), after) < TOLERANCE
    assert_same_parameters(reference, ours, tmp_path / "after")


@EVERY
def test_a_decoder_classifies_and_learns_as_with_peft(variant: Variant, tiny_llama: Path, tmp_path: Path) -> None:
    base = torch_model("AutoModelForSequenceClassification", tiny_llama, num_labels=CLASSES)
    reference = with_peft(base, variant.config("SEQ_CLS", ["q_proj", "v_proj"]))
    ours = paired(variant, reference, str(tiny_llama), Head(CLASSES, "last"), tmp_path)
    # With virtual tokens transformers scores the batch's last position, padding or not: there rows must be full.
    batch = make_batch(96, padded=variant.kind not in ("PromptTuningConfig", "PromptEncoderConfig"))
    assert difference(our_scores(ours, batch), torch_logits(reference, batch)) < TOLERANCE
    before = torch_logits(reference, batch)
    torch_steps(reference, batch, batch.labels, steps=3)
    our_steps(ours, classification_loss(batch), steps=3)
    after = torch_logits(reference, batch)
    assert difference(before, after) > 10 * TOLERANCE
    assert difference(our_scores(ours, batch), after) < TOLERANCE
    assert_same_parameters(reference, ours, tmp_path / "after")


def causal_logits(reference: torch.nn.Module, batch: Batch) -> np.ndarray:
    """The reference's logits of the text's own tokens, those of virtual tokens left out."""
    return real(torch_logits(reference, batch)[:, -batch.ids.shape[1] :], batch)


def real(scores: np.ndarray, batch: Batch) -> np.ndarray:
    return scores[batch.mask == 1]


@pytest.mark.parametrize("kind", ["lora", "prompt tuning", "prefix tuning"])
def test_a_sentence_encoders_states_are_those_under_peft(kind: str, minilm: Path, tmp_path: Path) -> None:
    base = torch_model("AutoModel", minilm, num_hidden_layers=2)
    reference = with_peft(base, VARIANTS[kind].config("FEATURE_EXTRACTION", ["query", "value"]))
    ours = in_ours(reference, load_backbone("minilm:2"), tmp_path)
    batch = make_batch(30000)
    inputs = {"input_ids": torch.tensor(batch.ids), "attention_mask": torch.tensor(batch.mask)}
    with torch.no_grad():
        theirs = reference(**inputs).last_hidden_state.numpy()
    states, virtual = ours.hidden(mx.array(batch.ids), mx.array(batch.lengths))
    theirs = theirs[:, virtual:]
    assert difference(real(np.array(states)[:, virtual:], batch), real(theirs, batch)) < TOLERANCE


@pytest.mark.parametrize("kind", ["lora", "prompt tuning", "prefix tuning"])
def test_a_roberta_encodes_as_under_peft(kind: str, tiny_roberta: Path, tmp_path: Path) -> None:
    base = torch_model("AutoModel", tiny_roberta)
    reference = with_peft(base, VARIANTS[kind].config("FEATURE_EXTRACTION", ["query", "value"]))
    ours = in_ours(reference, load_backbone(str(tiny_roberta)), tmp_path)
    batch = make_batch(96, pad=1)
    inputs = {"input_ids": torch.tensor(batch.ids), "attention_mask": torch.tensor(batch.mask)}
    with torch.no_grad():
        theirs = reference(**inputs).last_hidden_state.numpy()
    states, virtual = ours.hidden(mx.array(batch.ids), mx.array(batch.lengths))
    assert difference(real(np.array(states)[:, virtual:], batch), real(theirs[:, virtual:], batch)) < TOLERANCE


def test_a_prompt_begins_from_the_same_text(minilm: Path, tmp_path: Path) -> None:
    text = "is this review positive or negative"
    options = {
        "num_virtual_tokens": 13,
        "prompt_tuning_init": "TEXT",
        "prompt_tuning_init_text": text,
        "tokenizer_name_or_path": str(minilm),
    }
    base = torch_model("AutoModel", minilm, num_hidden_layers=2)
    reference = with_peft(base, Variant("PromptTuningConfig", options).config("FEATURE_EXTRACTION", []))
    from metapeft_core.methods.prompt_tuning import PromptTuningSettings

    ours = Adapted(load_backbone("minilm:2"), PromptTuningSettings(13, "text", text), None, seed=0)
    theirs = reference.prompt_encoder["default"].embedding.weight.detach().numpy()
    assert difference(np.array(ours.adapter.prompt()), theirs) == 0


@pytest.mark.decoder
@pytest.mark.parametrize("kind", ["lora", "prefix tuning", "prompt tuning"])
def test_smollm2_writes_as_with_peft(kind: str, smollm2: Path, tmp_path: Path) -> None:
    base = torch_model("AutoModelForCausalLM", smollm2)
    reference = with_peft(base, VARIANTS[kind].config("CAUSAL_LM", ["q_proj", "v_proj"]))
    ours = in_ours(reference, load_backbone("smollm2"), tmp_path)
    batch = make_batch(40000)
    scores = real(our_vocabulary_scores(ours, batch), batch)
    rounded, exact = causal_logits(reference, batch), causal_logits(reference.double(), batch)
    # Thirty layers of float32 err by up to 2e-3 on logits of 35: ours may err as much as torch's own, and no more.
    assert difference(scores, exact) < 2 * difference(rounded, exact) + TOLERANCE


def test_the_reference_has_a_classifier_that_moves(tiny_llama: Path) -> None:
    base = torch_model("AutoModelForSequenceClassification", tiny_llama, num_labels=CLASSES)
    reference = with_peft(base, VARIANTS["lora"].config("SEQ_CLS", ["q_proj"]))
    before = {key: value.copy() for key, value in classifier_state(reference).items()}
    batch = make_batch(96)
    torch_steps(reference, batch, batch.labels, steps=1)
    assert difference(before["weight"], classifier_state(reference)["weight"]) > 0
