"""Export to Hugging Face PEFT's folder: `adapter_config.json`, `adapter_model.safetensors` and a README.

What PEFT would save itself in inference mode: prefixes and P-tuning's rows flattened, AdaLoRA without the triplets that
lost their singular value. Knows how to write the folder; reading one stands in peft_import.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlx.core as mx

from metapeft_core.errors import InterchangeError
from metapeft_core.files import replaced_folder
from metapeft_core.methods.adalora import AdaLoRA
from metapeft_core.methods.adapted import Adapted
from metapeft_core.methods.inside_linears import LinearAdapter
from metapeft_core.methods.interchange.heads import hub_classifier, task_type_of, write_head
from metapeft_core.methods.interchange.peft_config import base_name, peft_config
from metapeft_core.methods.interchange.peft_readme import readme
from metapeft_core.methods.interchange.places import hub_block_path
from metapeft_core.methods.prefix_tuning import PrefixTuning

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapter_model.safetensors"


def export_peft(model: Adapted, folder: Path, labels: tuple[str, ...] = (), base: str | None = None) -> None:
    """Write the folder; `base` overrules under which name transformers is to find the backbone."""
    name = base or base_name(model.backbone.card.name)
    tensors, pattern = _adapter_tensors(model)
    config = peft_config(model, name) | pattern
    task = task_type_of(model)
    if task == "SEQ_CLS":
        inside = "base_model.model." if isinstance(model.adapter, LinearAdapter) else "base_model."
        tensors |= {inside + key: value for key, value in hub_classifier(model).items()}
    facts = {"format": "pt", "labels": json.dumps(list(labels), ensure_ascii=False)}
    with replaced_folder(folder) as fresh:
        mx.save_safetensors(str(fresh / WEIGHTS_FILE), tensors, metadata=facts)
        (fresh / CONFIG_FILE).write_text(json.dumps(config, indent=2, ensure_ascii=False))
        (fresh / "README.md").write_text(readme(model, name, labels))
        if model.task_head is not None and task == "FEATURE_EXTRACTION":
            write_head(model, fresh)


def _adapter_tensors(model: Adapted) -> tuple[dict[str, mx.array], dict[str, Any]]:
    """The adapter's tensors under PEFT's names, and AdaLoRA's pattern of kept ranks."""
    adapter = model.adapter
    if isinstance(adapter, LinearAdapter):
        path = hub_block_path(model.backbone, task_type_of(model) == "SEQ_CLS")
        return _adalora(adapter, path) if isinstance(adapter, AdaLoRA) else (_lora(adapter, path), {})
    rows = adapter.flat() if isinstance(adapter, PrefixTuning) else adapter.prompt()
    if rows is None:
        raise InterchangeError(f"PEFT has no place for what {model.settings.method} learns")
    return {"prompt_embeddings": rows}, {}


def _lora(adapter: LinearAdapter, path: str) -> dict[str, mx.array]:
    tensors = {}
    for (block, name), layer in zip(adapter.places, adapter.layers, strict=True):
        key = f"base_model.model.{path}.{block}.{name}"
        tensors[f"{key}.lora_A.weight"] = mx.contiguous(layer.lora_a.T)
        tensors[f"{key}.lora_B.weight"] = mx.contiguous(layer.lora_b.T)
        if "magnitude" in layer:
            tensors[f"{key}.lora_magnitude_vector"] = layer.magnitude
    return tensors


def _adalora(adapter: AdaLoRA, path: str) -> tuple[dict[str, mx.array], dict[str, Any]]:
    tensors, pattern = {}, {}
    rationed = not all(all(flags) for flags in adapter.kept)
    for (block, name), layer, flags in zip(adapter.places, adapter.layers, adapter.kept, strict=True):
        own = mx.array([i for i, keep in enumerate(flags) if keep], dtype=mx.int32)
        key = f"{path}.{block}.{name}"
        tensors[f"base_model.model.{key}.lora_A"] = mx.contiguous(layer.lora_a.T[own])
        tensors[f"base_model.model.{key}.lora_E"] = layer.lora_e[own][:, None]
        tensors[f"base_model.model.{key}.lora_B"] = mx.contiguous(layer.lora_b.T[:, own])
        pattern[f"{key}.lora_E"] = flags
    return tensors, {"rank_pattern": pattern if rationed else None}
