"""PEFT's LoRA and AdaLoRA tensors become our adapters. Knows their names and scales, reads no file."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import mlx.core as mx

from metapeft_core.backbones.model import FrozenModel
from metapeft_core.errors import InterchangeError
from metapeft_core.methods.adalora import AdaLoRASettings
from metapeft_core.methods.adapted import Adapted, Head
from metapeft_core.methods.interchange.low_rank import Correction, adapted_by, require_fitting
from metapeft_core.methods.interchange.places import Place, settings_places

IN_BLOCK = re.compile(r"^(?P<path>.*?(?:layers|layer|h))\.(?P<block>\d+)\.(?P<name>.+)$")
ENDINGS = {
    "lora_A.weight": "A",
    "lora_B.weight": "B",
    "lora_magnitude_vector": "magnitude",
    "lora_magnitude_vector.weight": "magnitude",
    "lora_A": "A",
    "lora_B": "B",
    "lora_E": "E",
}
Parts = dict[str, mx.array]


def _by_place(tensors: Mapping[str, mx.array]) -> dict[Place, tuple[str, Parts]]:
    """Every adapted layer's full name and its matrices."""
    found: dict[Place, tuple[str, Parts]] = {}
    for key, value in tensors.items():
        module, part = _ending(key)
        place = IN_BLOCK.match(module)
        if place is None:
            raise InterchangeError(
                f"the adapter changes {module}, which is outside the blocks, and only linear layers inside them are "
                "adapted here: train it without that module"
            )
        own = found.setdefault((int(place["block"]), place["name"]), (module, {}))
        own[1][part] = value
    return found


def _ending(key: str) -> tuple[str, str]:
    # The longest ending first: `lora_A.weight` also ends a name that `lora_A` would cut in another place.
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if key.endswith(f".{ending}"):
            return key.removesuffix(f".{ending}"), ENDINGS[ending]
    raise InterchangeError(
        f"the folder holds {key}, which is no part of a LoRA or AdaLoRA adapter known here (embeddings, biases and "
        "other trained modules are not): merge the adapter with PEFT instead"
    )


def import_lora(
    config: Mapping[str, Any], tensors: Mapping[str, mx.array], backbone: FrozenModel, head: Head | None
) -> Adapted:
    """LoRA and DoRA; ranks and alphas that differ between layers are honoured."""
    found = {}
    for place, (module, parts) in _by_place(tensors).items():
        if not {"A", "B"} <= parts.keys():
            raise InterchangeError(f"{module} has only one of lora_A and lora_B: the file is damaged, save it again")
        rank = int(parts["A"].shape[0])
        alpha = _pattern(config.get("alpha_pattern"), module, config.get("lora_alpha", 8))
        scale = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
        found[place] = Correction(parts["A"].T, parts["B"].T, scale, parts.get("magnitude"))
    if bool(config.get("use_dora")) != any(one.magnitude is not None for one in found.values()):
        raise InterchangeError("use_dora and the magnitudes in the file contradict each other: save the adapter again")
    dropout = float(config.get("lora_dropout") or 0.0)
    return adapted_by(backbone, found, head, dropout, bool(config.get("use_rslora")))


def _pattern(pattern: Mapping[str, Any] | None, module: str, default: float) -> float:
    """PEFT's rule: the first key that matches the end of the module's name."""
    for key, value in (pattern or {}).items():
        if re.match(rf"(.*\.)?({key})$", module):
            return float(value)
    return float(default)


def import_adalora(
    config: Mapping[str, Any], tensors: Mapping[str, mx.array], backbone: FrozenModel, head: Head | None
) -> Adapted:
    """AdaLoRA with the triplets that were kept; those that were not stay at zero."""
    initial = int(config["init_r"])
    places = _by_place(tensors)
    masks = {str(k).replace(".default", ""): list(v) for k, v in (config.get("rank_pattern") or {}).items()}
    kept = {p: [bool(k) for k in masks.get(f"{m}.lora_E", [True] * initial)] for p, (m, _) in places.items()}
    found = {place: _scattered(module, parts, kept[place]) for place, (module, parts) in places.items()}
    require_fitting(backbone, {p: Correction(t["lora_a"], t["lora_b"], 1.0) for p, t in found.items()})
    targets, layers = settings_places(backbone, found)
    model = Adapted(backbone, _adalora_settings(config, targets, layers), head, seed=0)
    model.adapter.load_tensors({f"{b}.{n}.{key}": v for (b, n), own in found.items() for key, v in own.items()})
    # The adapter keeps its layers in the order in which it met them.
    order = [(block, name) for block, name, _ in _adapted_order(model)]
    model.adapter.remember({"kept": [kept[place] for place in order]})
    return model


def _adapted_order(model: Adapted) -> list[tuple[int, str, str]]:
    names = [key.rsplit(".", 1) for key in model.adapter.tensors() if key.endswith(".lora_e")]
    return [(int(place.split(".", 1)[0]), place.split(".", 1)[1], part) for place, part in names]


def _scattered(module: str, parts: Parts, kept: list[bool]) -> dict[str, mx.array]:
    """Saved triplets back at their numbers; PEFT saves only those that kept their singular value."""
    if not {"A", "B", "E"} <= parts.keys():
        raise InterchangeError(f"{module} lacks one of lora_A, lora_B and lora_E: the file is damaged, save it again")
    saved = parts["A"].shape[0]
    places = [i for i, keep in enumerate(kept) if keep]
    if saved not in (len(places), len(kept)):
        raise InterchangeError(f"{module} has {saved} triplets and rank_pattern keeps {len(places)}: save it again")
    own = mx.array(places if saved == len(places) else list(range(len(kept))), dtype=mx.int32)
    # One row of ones a saved triplet, at its number: a product with it scatters exactly.
    spread = (own[:, None] == mx.arange(len(kept))[None, :]).astype(mx.float32)
    return {
        "lora_a": parts["A"].T.astype(mx.float32) @ spread,
        "lora_e": parts["E"].reshape(-1).astype(mx.float32) @ spread,
        "lora_b": spread.T @ parts["B"].T.astype(mx.float32),
    }


def _adalora_settings(config: Mapping[str, Any], targets: tuple[str, ...], layers: int | None) -> AdaLoRASettings:
    total = int(config.get("total_step") or 1)
    return AdaLoRASettings(
        initial_rank=int(config["init_r"]),
        target_rank=min(int(config.get("target_r", 8)), int(config["init_r"])),
        alpha=float(config.get("lora_alpha", 8)),
        dropout=float(config.get("lora_dropout") or 0.0),
        targets=targets,
        layers=layers,
        warmup_share=config.get("tinit", 0) / total,
        final_share=config.get("tfinal", 0) / total,
        interval=int(config.get("deltaT", 1)),
        beta1=float(config.get("beta1", 0.85)),
        beta2=float(config.get("beta2", 0.85)),
        orthogonality=float(config.get("orth_reg_weight", 0.5)),
    )
