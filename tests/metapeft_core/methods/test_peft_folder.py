"""What is exported to PEFT's folder computes the same under real PEFT, and comes back the same."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
import torch
from our_adapters import SETTINGS, drawn
from peft import PeftModel
from reference_peft import (
    Batch,
    difference,
    make_batch,
    our_scores,
    our_vocabulary_scores,
    torch_inputs,
    torch_logits,
    torch_model,
)
from safetensors.torch import load_file

from metapeft_core.backbones.load import load_backbone
from metapeft_core.methods.adalora import AdaLoRA
from metapeft_core.methods.adapted import Head
from metapeft_core.methods.adapter import Settings
from metapeft_core.methods.interchange.peft_config import base_name
from metapeft_core.methods.interchange.peft_folder import export_peft
from metapeft_core.methods.interchange.peft_import import import_peft, peft_labels
from metapeft_core.methods.lora import LoRASettings
from metapeft_core.types import PEFTMethod

TOLERANCE = 1e-4
CLASSES = 3
EVERY = pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())


def loaded(base: torch.nn.Module, folder: Path) -> torch.nn.Module:
    with warnings.catch_warnings():
        # PEFT reads AdaLoRA's own rank_pattern as LoRA's too, and wonders at it.
        warnings.simplefilter("ignore")
        return PeftModel.from_pretrained(base, str(folder)).eval()


def padded_for(settings: Settings) -> bool:
    """Whether transformers' decoders find the end of padded rows: with virtual tokens they do not look."""
    return settings.method not in (PEFTMethod.PROMPT_TUNING, PEFTMethod.P_TUNING)


@EVERY
def test_an_encoders_classifier_scores_the_same_under_peft(settings: Settings, minilm: Path, tmp_path: Path) -> None:
    ours = drawn("minilm:2", settings, Head(CLASSES, "first"))
    export_peft(ours, tmp_path / "out")
    base = torch_model("AutoModelForSequenceClassification", minilm, num_labels=CLASSES, num_hidden_layers=2)
    batch = make_batch(30000)
    scores = our_scores(ours, batch)
    assert difference(scores, torch_logits(loaded(base, tmp_path / "out"), batch)) < TOLERANCE
    assert difference(scores, our_scores(import_peft(tmp_path / "out", load_backbone("minilm:2")), batch)) < 1e-5


@EVERY
def test_a_pooling_encoder_scores_the_same_by_the_readme(settings: Settings, minilm: Path, tmp_path: Path) -> None:
    ours = drawn("minilm:2", settings, Head(CLASSES, "mean"))
    export_peft(ours, tmp_path / "out")
    base = torch_model("AutoModel", minilm, num_hidden_layers=2)
    batch = make_batch(30000)
    scores = our_scores(ours, batch)
    assert difference(scores, scored_by_the_readme(loaded(base, tmp_path / "out"), tmp_path / "out", batch)) < TOLERANCE
    again = import_peft(tmp_path / "out", load_backbone("minilm:2"))
    assert again.task_head == Head(CLASSES, "mean")
    assert difference(scores, our_scores(again, batch)) < 1e-5


def scored_by_the_readme(model: torch.nn.Module, folder: Path, batch: Batch) -> np.ndarray:
    """Run the README's own lines."""
    code = (folder / "README.md").read_text().split("```python")[2].split("```")[0].replace("THIS FOLDER", str(folder))
    known = {"model": model, "batch": Attributes(torch_inputs(batch)), "load_file": load_file}
    with torch.no_grad():
        exec(code, known)
    return known["scores"].numpy()


class Attributes(dict):
    """What a tokenizer returns: a dictionary whose keys are attributes too."""

    __getattr__ = dict.__getitem__


@EVERY
def test_a_decoder_writes_the_same_under_peft(settings: Settings, tiny_llama: Path, tmp_path: Path) -> None:
    ours = drawn(tiny_llama, settings, None)
    export_peft(ours, tmp_path / "out")
    theirs = loaded(torch_model("AutoModelForCausalLM", tiny_llama), tmp_path / "out")
    batch = make_batch(96)
    scores, real = our_vocabulary_scores(ours, batch), batch.mask == 1
    assert difference(scores[real], torch_logits(theirs, batch)[:, -9:][real]) < TOLERANCE
    again = import_peft(tmp_path / "out", load_backbone(str(tiny_llama)))
    assert difference(scores, our_vocabulary_scores(again, batch)) < 1e-5


@pytest.mark.parametrize("name", ["lora", "dora", "adalora", "prefix tuning"])
def test_adapters_of_every_architecture_compute_the_same_under_peft(
    name: str, tiny_decoder: Path, tmp_path: Path
) -> None:
    settings = SETTINGS[name]
    if name == "dora":
        settings = LoRASettings(4, 8.0, targets=("all",), dora=True)
    ours = drawn(tiny_decoder, settings, None)
    export_peft(ours, tmp_path / "out")
    theirs = loaded(torch_model("AutoModelForCausalLM", tiny_decoder), tmp_path / "out")
    batch = make_batch(96)
    scores, real = our_vocabulary_scores(ours, batch), batch.mask == 1
    assert difference(scores[real], torch_logits(theirs, batch)[real]) < TOLERANCE
    again = import_peft(tmp_path / "out", load_backbone(str(tiny_decoder)))
    assert difference(scores, our_vocabulary_scores(again, batch)) < 1e-5


@EVERY
def test_a_decoders_classifier_scores_the_same_under_peft(settings: Settings, tiny_llama: Path, tmp_path: Path) -> None:
    ours = drawn(tiny_llama, settings, Head(CLASSES, "last"))
    export_peft(ours, tmp_path / "out")
    base = torch_model("AutoModelForSequenceClassification", tiny_llama, num_labels=CLASSES)
    batch = make_batch(96, padded=padded_for(settings))
    scores = our_scores(ours, batch)
    assert difference(scores, torch_logits(loaded(base, tmp_path / "out"), batch)) < TOLERANCE
    again = import_peft(tmp_path / "out", load_backbone(str(tiny_llama)))
    assert difference(scores, our_scores(again, batch)) < 1e-5


def test_a_robertas_classifier_scores_the_same_under_peft(tiny_roberta: Path, tmp_path: Path) -> None:
    ours = drawn(tiny_roberta, SETTINGS["lora"], Head(CLASSES, "first"))
    export_peft(ours, tmp_path / "out")
    base = torch_model("AutoModelForSequenceClassification", tiny_roberta, num_labels=CLASSES)
    batch = make_batch(96, pad=1)
    assert difference(our_scores(ours, batch), torch_logits(loaded(base, tmp_path / "out"), batch)) < TOLERANCE
    again = import_peft(tmp_path / "out", load_backbone(str(tiny_roberta)))
    assert difference(our_scores(ours, batch), our_scores(again, batch)) < 1e-5


@pytest.mark.parametrize("name", ["lora", "lora rank-stabilised", "lora last layer", "dora", "adalora"])
def test_low_rank_settings_come_back_as_they_went(name: str, tiny_llama: Path, tmp_path: Path) -> None:
    ours = drawn(tiny_llama, SETTINGS[name], None)
    export_peft(ours, tmp_path / "out")
    again = import_peft(tmp_path / "out", load_backbone(str(tiny_llama)))
    wanted = SETTINGS[name]
    if name == "lora last layer":
        wanted = LoRASettings(4, 8.0, targets=("query", "key", "value", "output", "feed_forward"), layers=1)
    if name == "dora":
        wanted = LoRASettings(4, 8.0, targets=("query", "key", "value", "output"), dora=True)
    assert again.settings == wanted
    if isinstance(ours.adapter, AdaLoRA):
        assert again.adapter.facts() == ours.adapter.facts()


def test_virtual_tokens_come_back_as_what_they_compute(tiny_llama: Path, tmp_path: Path) -> None:
    ours = drawn(tiny_llama, SETTINGS["p-tuning lstm"], None)
    export_peft(ours, tmp_path / "out")
    again = import_peft(tmp_path / "out", load_backbone(str(tiny_llama)))
    assert again.settings.method == PEFTMethod.PROMPT_TUNING
    assert mx.array_equal(again.adapter.prompt(), ours.adapter.prompt())


def test_labels_travel_with_the_folder(tiny_llama: Path, tmp_path: Path) -> None:
    export_peft(drawn(tiny_llama, SETTINGS["lora"], Head(2, "last")), tmp_path / "out", labels=("nö", "ja"))
    assert peft_labels(tmp_path / "out") == ("nö", "ja")
    assert "`nö`, `ja`" in (tmp_path / "out" / "README.md").read_text()


def test_the_feed_forward_output_of_bert_is_told_from_that_of_attention(tmp_path: Path) -> None:
    ours = drawn("minilm:2", LoRASettings(4, 8.0, targets=("feed_forward",)), Head(2, "first"))
    export_peft(ours, tmp_path / "out")
    targets = json.loads((tmp_path / "out" / "adapter_config.json").read_text())["target_modules"]
    assert targets == ["0.output.dense", "1.output.dense", "intermediate.dense"]


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("minilm", "sentence-transformers/all-MiniLM-L6-v2"),
        ("minilm:3", "sentence-transformers/all-MiniLM-L6-v2"),
        ("/models/llama", "/models/llama"),
        ("/models/bert:2", "/models/bert"),
        ("Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B"),
    ],
)
def test_the_backbone_is_named_as_transformers_finds_it(name: str, base: str) -> None:
    assert base_name(name) == base


def test_the_readme_says_how_to_load_a_cut_encoder(tmp_path: Path) -> None:
    export_peft(drawn("minilm:2", SETTINGS["lora"], Head(2, "first")), tmp_path / "out")
    text = (tmp_path / "out" / "README.md").read_text()
    assert "num_hidden_layers=2" in text
    assert "AutoModelForSequenceClassification" in text


def test_the_readme_warns_of_padding_with_virtual_tokens(tiny_llama: Path, tmp_path: Path) -> None:
    export_peft(drawn(tiny_llama, SETTINGS["prompt tuning"], Head(2, "last")), tmp_path / "out")
    assert "pad batches on the left" in (tmp_path / "out" / "README.md").read_text()
