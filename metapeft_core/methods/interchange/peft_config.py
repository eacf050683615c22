"""The `adapter_config.json` that PEFT reads, told from our settings. Knows PEFT's words, writes no file."""

from __future__ import annotations

from typing import Any

from metapeft_core.backbones.model import FrozenModel
from metapeft_core.backbones.packages import MINILM
from metapeft_core.methods.adalora import AdaLoRASettings
from metapeft_core.methods.adapted import Adapted
from metapeft_core.methods.inside_linears import LinearAdapter
from metapeft_core.methods.interchange.heads import classifier_module, task_type_of
from metapeft_core.methods.interchange.places import peft_suffixes
from metapeft_core.methods.lora import LoRASettings
from metapeft_core.methods.p_tuning import PTuningSettings
from metapeft_core.methods.prefix_tuning import PrefixTuningSettings
from metapeft_core.methods.prompt_tuning import PromptTuningSettings

SCHEDULE_STEPS = 1000
"""PEFT wants AdaLoRA's phases in steps; ours are shares of any training, so they are told for this many."""
MINILM_ON_HUB = "sentence-transformers/all-MiniLM-L6-v2"


def base_name(name: str) -> str:
    """Under which name transformers finds the same weights: a hub id or a folder."""
    place, colon, depth = name.rpartition(":")
    bare = place if colon and depth.isdigit() else name
    return MINILM_ON_HUB if bare == MINILM else bare


def peft_config(model: Adapted, base: str) -> dict[str, Any]:
    """The whole configuration of an adapted model."""
    task = task_type_of(model)
    shared: dict[str, Any] = {
        "base_model_name_or_path": base,
        "task_type": task,
        "inference_mode": True,
        "modules_to_save": [classifier_module(model.backbone)] if task == "SEQ_CLS" else None,
    }
    settings = model.settings
    if isinstance(settings, LoRASettings):
        return shared | _inside(model, settings) | _lora(settings)
    if isinstance(settings, AdaLoRASettings):
        return shared | _inside(model, settings) | _adalora(settings)
    return shared | _virtual(model.backbone, settings)


def _inside(model: Adapted, settings: LoRASettings | AdaLoRASettings) -> dict[str, Any]:
    adapter, card = model.adapter, model.backbone.card
    assert isinstance(adapter, LinearAdapter)
    count = settings.layers
    return {
        "target_modules": peft_suffixes(card, {name for _, name in adapter.places}),
        "layers_to_transform": None if count is None else list(range(card.layers - count, card.layers)),
        "lora_alpha": int(settings.alpha) if float(settings.alpha).is_integer() else settings.alpha,
        "lora_dropout": settings.dropout,
        "bias": "none",
        # GPT-2's layers are transposed in transformers, and PEFT warns where it has to find that out by itself.
        "fan_in_fan_out": card.architecture == "gpt2",
        "init_lora_weights": True,
    }


def _lora(settings: LoRASettings) -> dict[str, Any]:
    return {
        "peft_type": "LORA",
        "r": settings.rank,
        "use_rslora": settings.rank_stabilised,
        "use_dora": settings.dora,
        "rank_pattern": {},
        "alpha_pattern": {},
    }


def _adalora(settings: AdaLoRASettings) -> dict[str, Any]:
    return {
        "peft_type": "ADALORA",
        "init_r": settings.initial_rank,
        "target_r": settings.target_rank,
        "total_step": SCHEDULE_STEPS,
        "tinit": round(settings.warmup_share * SCHEDULE_STEPS),
        "tfinal": round(settings.final_share * SCHEDULE_STEPS),
        "deltaT": settings.interval,
        "beta1": settings.beta1,
        "beta2": settings.beta2,
        "orth_reg_weight": settings.orthogonality,
    }


def _virtual(backbone: FrozenModel, settings: Any) -> dict[str, Any]:
    card = backbone.card
    found: dict[str, Any] = {
        "num_virtual_tokens": settings.virtual_tokens,
        "num_transformer_submodules": 1,
        "num_layers": card.layers,
        "num_attention_heads": card.heads,
        "token_dim": card.width,
    }
    if isinstance(settings, PromptTuningSettings):
        # How the rows began no longer matters, and PEFT would want a tokenizer to begin from a text.
        return found | {"peft_type": "PROMPT_TUNING", "prompt_tuning_init": "RANDOM"}
    if isinstance(settings, PTuningSettings):
        return found | {
            "peft_type": "P_TUNING",
            "encoder_reparameterization_type": settings.encoder.upper(),
            "encoder_hidden_size": settings.hidden(card.width),
            "encoder_num_layers": settings.encoder_layers,
            "encoder_dropout": settings.encoder_dropout,
        }
    assert isinstance(settings, PrefixTuningSettings)
    shapes = backbone.prefix_shapes()
    heads, width, _ = shapes[0]
    return found | {
        "peft_type": "PREFIX_TUNING",
        "num_layers": len(shapes),
        "num_attention_heads": heads,
        "token_dim": heads * width,
        "prefix_projection": settings.projection,
        "encoder_hidden_size": settings.hidden(heads * width),
    }
