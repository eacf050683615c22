"""Run files with which other tools train what was recommended here: mlx-lm, Axolotl and LLaMA-Factory.

Only keys that the tools really have; a setting that a tool lacks is refused rather than left out. mlx-lm multiplies
by a scale, which is alpha / rank (alpha / sqrt(rank) where rank-stabilised); the other two take alpha itself.
Knows shapes and names, loads no model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from metapeft_core.errors import InterchangeError
from metapeft_core.methods.adapter import Settings
from metapeft_core.methods.interchange.places import chosen_names, peft_suffixes
from metapeft_core.methods.lora import LoRASettings
from metapeft_core.types import Backbone, PEFTMethod


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """How to train, whatever the method."""

    data: str
    learning_rate: float
    batch_size: int
    steps: int
    max_length: int
    seed: int = 0
    output: str = "adapter"


def run_file(tool: str, settings: Settings, backbone: Backbone, run: TrainingRun) -> str:
    """The YAML text of a run file; refuses what the tool cannot do."""
    writer = TOOLS.get(tool)
    if writer is None:
        raise InterchangeError(f"no run files are written for {tool!r}: choose {', '.join(TOOLS)}")
    if backbone.kind != "decoder":
        raise InterchangeError(f"{tool} trains decoders, and {backbone.name} is an encoder: train it here instead")
    if not isinstance(settings, LoRASettings):
        raise InterchangeError(_lacks(tool, settings.method))
    settings.check(backbone)
    notes, values = writer(settings, backbone, run)
    lines = [f"# {note}" for note in notes]
    return "\n".join([*lines, yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True)])


def _lacks(tool: str, method: PEFTMethod) -> str:
    has = {"mlx-lm": "LoRA and DoRA", "axolotl": "LoRA, rank-stabilised LoRA and DoRA"}
    return (
        f"{tool} has no {method}: it trains {has.get(tool, 'LoRA, rank-stabilised LoRA and DoRA')}; "
        "train it here and export the adapter to PEFT"
    )


Written = tuple[list[str], Mapping[str, Any]]


def _mlx(settings: LoRASettings, backbone: Backbone, run: TrainingRun) -> Written:
    notes = [
        "Run with: mlx_lm.lora -c THIS_FILE",
        "data is a folder with train.jsonl and valid.jsonl, rows of prompt and completion.",
        f"scale is alpha / {'sqrt(rank)' if settings.rank_stabilised else 'rank'}: alpha is {settings.alpha:g}.",
    ]
    return notes, {
        "model": backbone.name,
        "train": True,
        "fine_tune_type": "dora" if settings.dora else "lora",
        "optimizer": "adamw",
        "data": run.data,
        "mask_prompt": True,
        "seed": run.seed,
        "num_layers": -1 if settings.layers is None else settings.layers,
        "batch_size": run.batch_size,
        "iters": run.steps,
        "learning_rate": run.learning_rate,
        "max_seq_length": run.max_length,
        "adapter_path": run.output,
        "lora_parameters": {
            "keys": chosen_names((shape.name for shape in backbone.linears), settings.targets),
            "rank": settings.rank,
            "scale": settings.scale,
            "dropout": settings.dropout,
        },
    }


def _axolotl(settings: LoRASettings, backbone: Backbone, run: TrainingRun) -> Written:
    notes = ["Run with: axolotl train THIS_FILE", "path is a JSON lines file, rows of prompt and completion."]
    values: dict[str, Any] = {
        "base_model": backbone.name,
        "datasets": [{"path": run.data, "ds_type": "json", "type": _axolotl_columns()}],
        "val_set_size": 0.0,
        "train_on_inputs": False,
        "adapter": "lora",
        "lora_r": settings.rank,
        "lora_alpha": _whole_alpha("axolotl", settings),
        "lora_dropout": settings.dropout,
        "lora_target_modules": _endings(settings, backbone),
        "peft_use_dora": settings.dora,
        "peft_use_rslora": settings.rank_stabilised,
        "sequence_len": run.max_length,
        "micro_batch_size": run.batch_size,
        "gradient_accumulation_steps": 1,
        "max_steps": run.steps,
        "optimizer": "adamw_torch",
        "learning_rate": run.learning_rate,
        "seed": run.seed,
        "output_dir": run.output,
    }
    if settings.layers is not None:
        values["peft_layers_to_transform"] = list(range(backbone.layers - settings.layers, backbone.layers))
    return notes, values


def _axolotl_columns() -> dict[str, str]:
    return {
        "field_instruction": "prompt",
        "field_output": "completion",
        "format": "{instruction}",
        "no_input_format": "{instruction}",
    }


def _llama_factory(settings: LoRASettings, backbone: Backbone, run: TrainingRun) -> Written:
    if settings.layers is not None:
        raise InterchangeError(
            f"LLaMA-Factory cannot adapt only the last {settings.layers} blocks: "
            "leave layers out, or use mlx-lm or axolotl"
        )
    path = Path(run.data)
    entry = {path.stem: {"file_name": path.name, "columns": {"prompt": "prompt", "response": "completion"}}}
    notes = [
        "Run with: llamafactory-cli train THIS_FILE",
        f"dataset_info.json in dataset_dir must name the data: {json.dumps(entry)}",
        "template must be the one of the model; default adds the least.",
    ]
    return notes, {
        "model_name_or_path": backbone.name,
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "lora",
        "lora_rank": settings.rank,
        "lora_alpha": _whole_alpha("LLaMA-Factory", settings),
        "lora_dropout": settings.dropout,
        "lora_target": ",".join(_endings(settings, backbone)),
        "use_dora": settings.dora,
        "use_rslora": settings.rank_stabilised,
        "dataset": path.stem,
        "dataset_dir": str(path.parent),
        "template": "default",
        "cutoff_len": run.max_length,
        "per_device_train_batch_size": run.batch_size,
        "gradient_accumulation_steps": 1,
        "max_steps": run.steps,
        "learning_rate": run.learning_rate,
        "optim": "adamw_torch",
        "seed": run.seed,
        "output_dir": run.output,
    }


def _endings(settings: LoRASettings, backbone: Backbone) -> list[str]:
    """Layers as both tools write them, by the ends of their names."""
    return peft_suffixes(backbone, chosen_names((shape.name for shape in backbone.linears), settings.targets))


def _whole_alpha(tool: str, settings: LoRASettings) -> int:
    if not float(settings.alpha).is_integer():
        raise InterchangeError(f"{tool} takes whole numbers for alpha, and it is {settings.alpha}: round it")
    return int(settings.alpha)


TOOLS: Mapping[str, Callable[[LoRASettings, Backbone, TrainingRun], Written]] = {
    "mlx-lm": _mlx,
    "axolotl": _axolotl,
    "llama-factory": _llama_factory,
}
