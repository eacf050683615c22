"""What a PEFT configuration may say that no adapter here can compute, each with its reason. Knows no tensors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metapeft_core.errors import InterchangeError

TYPES = ("LORA", "ADALORA", "PROMPT_TUNING", "PREFIX_TUNING", "P_TUNING")
TASKS = ("SEQ_CLS", "CAUSAL_LM", "FEATURE_EXTRACTION", None)
CLASSIFIERS = ("classifier", "score")
CHANGES_THE_COMPUTATION: Mapping[str, str] = {
    "lora_bias": "it adds a bias to the low-rank product",
    "layer_replication": "it repeats layers of the backbone",
    "target_parameters": "it adapts bare parameters such as those of experts",
    "trainable_token_indices": "it trains embeddings of single tokens",
    "alora_invocation_tokens": "its adapter is switched on by tokens in the text",
    "use_qalora": "it pools the input in groups",
    "use_bdlora": "its matrices are made of blocks",
    "arrow_config": "it routes between several adapters",
    "kasa_config": "it adds singular values to the product",
    "velora_config": "it compresses what is kept for the gradient",
    "monteclora_config": "it samples its weights",
}
CHANGES_THE_BACKBONE = ("pissa", "olora", "corda", "lora_ga")


def refuse_unknown(config: Mapping[str, Any], folder: Path) -> None:
    """Raise `InterchangeError` for the first thing that cannot be represented."""
    kind, task = config.get("peft_type"), config.get("task_type")
    if kind not in TYPES:
        raise InterchangeError(f"{folder} holds a {kind} adapter, and only {', '.join(TYPES)} are known here")
    if task not in TASKS:
        raise InterchangeError(
            f"{folder} is for the task {task}, and only classification (SEQ_CLS), generation (CAUSAL_LM) and "
            "FEATURE_EXTRACTION are known here"
        )
    if (config.get("num_transformer_submodules") or 1) != 1:
        raise InterchangeError(f"{folder} is for an encoder with a decoder, and only one of the two is adapted here")
    _refuse_settings(config, folder)


def _refuse_settings(config: Mapping[str, Any], folder: Path) -> None:
    if config.get("bias", "none") != "none":
        raise InterchangeError(
            f"{folder} trained biases too (bias={config['bias']!r}), and adapters here hold none: "
            "train with bias='none'"
        )
    extra = sorted(set(config.get("modules_to_save") or ()) - set(CLASSIFIERS))
    if extra:
        raise InterchangeError(f"{folder} trained {', '.join(extra)} whole, and only a classifier can be kept here")
    for name, reason in CHANGES_THE_COMPUTATION.items():
        if config.get(name):
            raise InterchangeError(
                f"{folder} sets {name}: {reason}, which is not known here; merge it with PEFT instead"
            )
    start = str(config.get("init_lora_weights", True)).lower()
    if start.startswith(CHANGES_THE_BACKBONE):
        raise InterchangeError(
            f"{folder} began with init_lora_weights={start!r}, which changes the frozen weights too: save it with "
            "PEFT's path_initial_model_for_weight_conversion, which makes a plain LoRA of it"
        )
