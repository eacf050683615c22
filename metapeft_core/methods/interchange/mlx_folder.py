"""mlx-lm's adapter folder: `adapters.safetensors` and `adapter_config.json`, for LoRA and DoRA on decoders.

mlx-lm multiplies by a `scale`, which is alpha / rank, and counts layers from the last. Knows no other tool's format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlx.core as mx

from metapeft_core.backbones.model import FrozenModel
from metapeft_core.errors import InterchangeError
from metapeft_core.files import replaced_folder
from metapeft_core.methods.adalora import AdaLoRASettings
from metapeft_core.methods.adapted import Adapted
from metapeft_core.methods.interchange.low_rank import (
    Correction,
    adapted_by,
    corrections_of,
    corrections_of_adalora,
)
from metapeft_core.methods.interchange.places import Place
from metapeft_core.methods.lora import LoRASettings

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapters.safetensors"
PARTS = {"lora_a": "a", "lora_b": "b", "m": "magnitude"}


def export_mlx(model: Adapted, folder: Path, as_lora: bool = False) -> None:
    """Write the folder; `as_lora` turns AdaLoRA into the plain LoRA that computes the same."""
    found, settings = _exportable(model, as_lora), model.settings
    assert isinstance(settings, LoRASettings | AdaLoRASettings)
    one = next(iter(found.values()))
    config = {
        "model": model.backbone.card.name,
        "fine_tune_type": "lora" if one.magnitude is None else "dora",
        "num_layers": model.backbone.card.layers if settings.layers is None else settings.layers,
        "lora_parameters": {
            "rank": one.rank,
            "scale": one.scale,
            "dropout": settings.dropout,
            "keys": sorted({name for _, name in found}),
        },
    }
    with replaced_folder(folder) as fresh:
        mx.save_safetensors(str(fresh / WEIGHTS_FILE), _tensors(model, found), metadata={"format": "mlx"})
        (fresh / CONFIG_FILE).write_text(json.dumps(config, indent=2))


def _exportable(model: Adapted, as_lora: bool) -> dict[Place, Correction]:
    card, settings = model.backbone.card, model.settings
    if card.kind != "decoder":
        raise InterchangeError(f"mlx-lm loads no encoders such as {card.name}: export to PEFT instead")
    if model.task_head is not None:
        raise InterchangeError("mlx-lm has no place for a classifier: export to PEFT instead")
    if isinstance(settings, LoRASettings):
        return corrections_of(model)
    if isinstance(settings, AdaLoRASettings):
        if not as_lora:
            raise InterchangeError(
                "mlx-lm has no AdaLoRA: ask for --as-lora, which writes the plain LoRA that computes the same"
            )
        return corrections_of_adalora(model)
    raise InterchangeError(
        f"mlx-lm's adapters are LoRA and DoRA, and {settings.method} learns virtual tokens: export to PEFT instead"
    )


def _tensors(model: Adapted, found: Mapping[Place, Correction]) -> dict[str, mx.array]:
    tensors = {}
    for (block, name), one in found.items():
        key = f"{model.backbone.block_path}.{block}.{name}"
        tensors[f"{key}.lora_a"] = mx.contiguous(one.a)
        tensors[f"{key}.lora_b"] = mx.contiguous(one.b)
        if one.magnitude is not None:
            tensors[f"{key}.m"] = one.magnitude
    return tensors


def import_mlx(folder: Path, backbone: FrozenModel) -> Adapted:
    """Attach an adapter that mlx-lm trained to the backbone it was trained on."""
    config = _read_config(folder)
    if backbone.card.kind != "decoder":
        raise InterchangeError(
            f"mlx-lm adapts decoders, and {backbone.card.name} is an encoder: give the right backbone"
        )
    kind, parameters = config.get("fine_tune_type", "lora"), config.get("lora_parameters")
    if kind not in ("lora", "dora"):
        raise InterchangeError(f"{folder} was trained with fine_tune_type {kind!r}; only lora and dora are adapters")
    if not isinstance(parameters, dict) or "scale" not in parameters:
        raise InterchangeError(f"{folder}/{CONFIG_FILE} gives no lora_parameters with a scale: train it again")
    found = _read_corrections(folder, backbone, float(parameters["scale"]))
    if (kind == "dora") != any(one.magnitude is not None for one in found.values()):
        raise InterchangeError(f"{folder} says {kind}, and its tensors say otherwise: save the adapter again")
    return adapted_by(backbone, found, None, float(parameters.get("dropout", 0.0)))


def is_mlx_folder(folder: Path) -> bool:
    """Whether a folder looks like mlx-lm's rather than PEFT's."""
    return (folder / WEIGHTS_FILE).exists() or (folder / "adapters.npz").exists()


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG_FILE
    try:
        config = json.loads(path.read_text())
    except (OSError, ValueError) as fault:
        raise InterchangeError(f"{path} cannot be read ({fault}): give the folder that mlx-lm wrote") from fault
    if not isinstance(config, dict):
        raise InterchangeError(f"{path} holds no object: give the folder that mlx-lm wrote")
    return config


def _read_corrections(folder: Path, backbone: FrozenModel, scale: float) -> dict[Place, Correction]:
    path = folder / WEIGHTS_FILE
    if not path.exists():
        raise InterchangeError(f"{folder} has no {WEIGHTS_FILE}: adapters of old mlx-lm (adapters.npz) are not read")
    try:
        tensors = mx.load(str(path))
    except Exception as fault:
        raise InterchangeError(f"{path} cannot be read ({fault}): copy or save the adapter again") from fault
    assert isinstance(tensors, dict)
    parts: dict[Place, dict[str, mx.array]] = {}
    for key, value in tensors.items():
        module, _, part = key.rpartition(".")
        inside = module.removeprefix(f"{backbone.block_path}.")
        block, _, name = inside.partition(".")
        if inside == module or part not in PARTS or not block.isdigit() or value.ndim > 2:
            raise InterchangeError(
                f"the adapter holds {key}, and only linear layers inside {backbone.block_path} are adapted here: "
                "fuse it with mlx_lm.fuse instead"
            )
        parts.setdefault((int(block), name), {})[PARTS[part]] = value
    odd = sorted(name for (_, name), own in parts.items() if not {"a", "b"} <= own.keys())
    if odd:
        raise InterchangeError(f"{odd[0]} has only one of lora_a and lora_b: the file is damaged, save it again")
    return {place: Correction(own["a"], own["b"], scale, own.get("magnitude")) for place, own in parts.items()}
