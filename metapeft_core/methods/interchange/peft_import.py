"""A Hugging Face PEFT folder becomes an adapter on one of our backbones, or is refused with the reason.

Where an adapter sits is read from its tensors, so lists, patterns and `all-linear` need no interpretation. P-tuning
and projected prefixes are saved by PEFT without the network that made them: they come back as what they compute, as
prompt tuning and as a plain prefix. Knows no other tool's format.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import mlx.core as mx

from metapeft_core.backbones.model import FrozenModel
from metapeft_core.errors import InterchangeError, SettingsError
from metapeft_core.methods.adapted import Adapted, Head
from metapeft_core.methods.interchange.heads import (
    FoundHead,
    classifier_module,
    read_head,
    take_hub_classifier,
)
from metapeft_core.methods.interchange.peft_folder import CONFIG_FILE, WEIGHTS_FILE
from metapeft_core.methods.interchange.peft_low_rank import import_adalora, import_lora
from metapeft_core.methods.interchange.peft_refusals import refuse_unknown
from metapeft_core.methods.prefix_tuning import PrefixTuningSettings
from metapeft_core.methods.prompt_tuning import PromptTuningSettings

PREFIX = re.compile(r"^base_model\.(model\.)?")


def import_peft(folder: Path, backbone: FrozenModel) -> Adapted:
    """Attach the adapter in the folder to the backbone it was trained on."""
    config = read_config(folder)
    refuse_unknown(config, folder)
    tensors = _read_tensors(folder)
    classifier = _head(folder, config, tensors, backbone)
    head = None if classifier is None else classifier.head
    kind = config["peft_type"]
    if kind == "LORA":
        model = import_lora(config, tensors, backbone, head)
    elif kind == "ADALORA":
        model = import_adalora(config, tensors, backbone, head)
    else:
        model = _import_virtual(config, tensors, backbone, head)
    if classifier is not None:
        _put_classifier(model, classifier)
    return model


def peft_labels(folder: Path) -> tuple[str, ...]:
    """The labels that our export noted in the folder; PEFT itself keeps none."""
    loaded: Any = mx.load(str(folder / WEIGHTS_FILE), return_metadata=True)
    _, facts = loaded
    return tuple(json.loads(facts.get("labels", "[]")))


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a PEFT folder."""
    path = folder / CONFIG_FILE
    if not path.exists():
        several = sorted(p.parent.name for p in folder.glob(f"*/{CONFIG_FILE}"))
        if several:
            raise InterchangeError(f"{folder} holds several adapters ({', '.join(several)}): name one of these folders")
        raise InterchangeError(f"{folder} has no {CONFIG_FILE}: is it the folder that PEFT's save_pretrained wrote?")
    try:
        config = json.loads(path.read_text())
    except (OSError, ValueError) as fault:
        raise InterchangeError(f"{path} cannot be read ({fault}): save the adapter again") from fault
    if not isinstance(config, dict):
        raise InterchangeError(f"{path} holds no object: save the adapter again")
    return config


def _read_tensors(folder: Path) -> dict[str, mx.array]:
    """The tensors, under names without PEFT's own prefix."""
    path = folder / WEIGHTS_FILE
    if not path.exists():
        old = (folder / "adapter_model.bin").exists()
        hint = "load it with PEFT and save it again as safetensors" if old else "is the download complete?"
        raise InterchangeError(f"{folder} has no {WEIGHTS_FILE}: {hint}")
    try:
        loaded = mx.load(str(path))
    except Exception as fault:
        raise InterchangeError(f"{path} cannot be read ({fault}): copy or save the adapter again") from fault
    assert isinstance(loaded, dict)
    return {PREFIX.sub("", key): value for key, value in loaded.items()}


def _head(
    folder: Path, config: dict[str, Any], tensors: dict[str, mx.array], backbone: FrozenModel
) -> FoundHead | None:
    task = config.get("task_type")
    if task == "CAUSAL_LM" and backbone.card.kind == "encoder":
        raise InterchangeError(f"the adapter writes text and {backbone.card.name} is an encoder: give a decoder")
    if task == "SEQ_CLS" or any(key.split(".")[0] == classifier_module(backbone) for key in tensors):
        return take_hub_classifier(tensors, backbone)
    return read_head(folder, backbone)


def _put_classifier(model: Adapted, found: FoundHead) -> None:
    width = model.backbone.card.width
    if found.tensors["weight"].shape[1] != width:
        model.detach()
        raise InterchangeError(
            f"the classifier reads states of width {found.tensors['weight'].shape[1]} and {model.backbone.card.name} "
            f"gives {width}: give the backbone it was trained on"
        )
    model.classifier.update({key: value.astype(mx.float32) for key, value in found.tensors.items()})


def _import_virtual(
    config: dict[str, Any], tensors: dict[str, mx.array], backbone: FrozenModel, head: Head | None
) -> Adapted:
    if set(tensors) != {"prompt_embeddings"}:
        raise InterchangeError(
            f"the folder should hold prompt_embeddings and holds {', '.join(sorted(tensors)[:3]) or 'nothing'}: "
            "save it with PEFT's save_pretrained, which writes what the trained network computes"
        )
    rows = tensors["prompt_embeddings"].astype(mx.float32)
    count = int(rows.shape[0])
    settings: PromptTuningSettings | PrefixTuningSettings = PromptTuningSettings(count, "random")
    if config["peft_type"] == "PREFIX_TUNING":
        settings = PrefixTuningSettings(count)
    model = Adapted(backbone, settings, head, seed=0)
    try:
        model.adapter.load_tensors({"rows": rows})
    except SettingsError as fault:
        model.detach()
        raise InterchangeError(f"the adapter does not fit {backbone.card.name}: {fault}") from fault
    return model
