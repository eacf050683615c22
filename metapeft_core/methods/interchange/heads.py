"""Classifiers as transformers keeps them, or in a file beside the adapter where it has no place for them.

Knows how BERT, RoBERTa and decoders classify in transformers; knows no adapter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import mlx.core as mx

from metapeft_core.backbones.encoder import Encoder
from metapeft_core.backbones.model import FrozenModel
from metapeft_core.errors import InterchangeError
from metapeft_core.methods.adapted import Adapted, Head

TaskType = Literal["SEQ_CLS", "FEATURE_EXTRACTION", "CAUSAL_LM"]
HEAD_FILE = "head.safetensors"


@dataclass(frozen=True, slots=True)
class FoundHead:
    """A classifier read from a folder."""

    head: Head
    tensors: Mapping[str, mx.array]


def task_type_of(model: Adapted) -> TaskType:
    """Which of PEFT's tasks computes what this model computes."""
    head, backbone = model.task_head, model.backbone
    if head is None:
        return "CAUSAL_LM" if backbone.card.kind == "decoder" else "FEATURE_EXTRACTION"
    if not isinstance(backbone, Encoder):
        return "SEQ_CLS"
    # transformers' classifiers always put a pooler on the first position: without its weights they compute another
    # thing.
    return "SEQ_CLS" if head.pooling == "first" and backbone.pooler is not None else "FEATURE_EXTRACTION"


def classifier_module(backbone: FrozenModel) -> str:
    """What transformers calls the classifier."""
    return "classifier" if isinstance(backbone, Encoder) else "score"


def hub_classifier(model: Adapted) -> dict[str, mx.array]:
    """The classifier's tensors under transformers' names."""
    own = dict(model.classifier.parameters())
    backbone = model.backbone
    if not isinstance(backbone, Encoder):
        return {"score.weight": own["weight"]}
    if backbone.card.architecture == "bert":
        return {"classifier.weight": own["weight"], "classifier.bias": own["bias"]}
    assert backbone.pooler is not None
    # RoBERTa's classifier brings its own dense layer and tanh, which is what a pooler is.
    dense = backbone.pooler.dense
    return {
        "classifier.dense.weight": dense.weight,
        "classifier.dense.bias": dense.bias,
        "classifier.out_proj.weight": own["weight"],
        "classifier.out_proj.bias": own["bias"],
    }


def write_head(model: Adapted, folder: Path) -> None:
    """The classifier in its own small file, for tasks that PEFT has no class for."""
    assert model.task_head is not None
    tensors = dict(model.classifier.parameters())
    mx.save_safetensors(str(folder / HEAD_FILE), tensors, metadata={"pooling": model.task_head.pooling})


def read_head(folder: Path, backbone: FrozenModel) -> FoundHead | None:
    """The classifier that `write_head` wrote; None where there is none."""
    path = folder / HEAD_FILE
    if not path.exists():
        return None
    try:
        loaded: Any = mx.load(str(path), return_metadata=True)
        tensors, facts = loaded
        pooling, weight = facts["pooling"], tensors["weight"]
    except Exception as fault:
        raise InterchangeError(f"{path} cannot be read ({fault}): export the adapter again") from fault
    head = Head(int(weight.shape[0]), pooling)
    head.check(backbone.card)
    return FoundHead(head, tensors)


def take_hub_classifier(tensors: dict[str, mx.array], backbone: FrozenModel) -> FoundHead:
    """Take the classifier's tensors out of those of a PEFT folder (names without PEFT's own prefix)."""
    name = classifier_module(backbone)
    own = {key: tensors.pop(key) for key in [k for k in tensors if k.split(".")[0] == name]}
    if isinstance(backbone, Encoder):
        return _encoder_classifier(own, backbone)
    if set(own) != {"score.weight"}:
        raise InterchangeError(f"the classifier should be one matrix score.weight, and the folder has {sorted(own)}")
    head = Head(int(own["score.weight"].shape[0]), "last")
    return FoundHead(head, {"weight": own["score.weight"]})


def _encoder_classifier(own: Mapping[str, mx.array], backbone: Encoder) -> FoundHead:
    if backbone.pooler is None:
        raise InterchangeError(
            f"the adapter classifies through a pooler, which {backbone.card.name} does not have: "
            "give the backbone it was trained on"
        )
    last = "classifier" if backbone.card.architecture == "bert" else "classifier.out_proj"
    weight, bias = own.get(f"{last}.weight"), own.get(f"{last}.bias")
    if weight is None or bias is None:
        raise InterchangeError(f"the folder has no {last}.weight and bias: save it with modules_to_save=['classifier']")
    if last != "classifier" and not _is_the_pooler(own, backbone):
        raise InterchangeError(
            "the adapter trained RoBERTa's classifier.dense too, and only its last layer can be taken here: "
            "merge the model with PEFT and keep its classifier there"
        )
    return FoundHead(Head(int(weight.shape[0]), "first"), {"weight": weight, "bias": bias})


def _is_the_pooler(own: Mapping[str, mx.array], backbone: Encoder) -> bool:
    assert backbone.pooler is not None
    dense, weight = backbone.pooler.dense, own.get("classifier.dense.weight")
    return (
        weight is not None
        and mx.array_equal(weight, dense.weight).item() is True
        and mx.array_equal(own["classifier.dense.bias"], dense.bias).item() is True
    )
