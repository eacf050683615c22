"""A configuration as transformers 5 writes it, in the older words that mlx-lm reads. Knows words, no models.

transformers 5 gathers everything about rotary embeddings under `rope_parameters`; most of mlx-lm's architectures look
for `rope_theta` and `rope_scaling`, do not find them, and compute with their own defaults without a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def older_words(config: Mapping[str, Any]) -> dict[str, Any]:
    """What to add to a configuration; what it already says is left alone."""
    told = {key: value for key, value in _rotary(config).items() if config.get(key) is None}
    if config.get("model_type") == "gpt2" and "n_ctx" not in config:
        told["n_ctx"] = config.get("n_positions", 1024)
    text = config.get("text_config")
    if isinstance(text, Mapping) and (inner := older_words(text)):
        told["text_config"] = dict(text) | inner
    return told


def _rotary(config: Mapping[str, Any]) -> dict[str, Any]:
    found = config.get("rope_parameters")
    if not isinstance(found, Mapping):
        return {}
    if "full_attention" not in found:
        return _of_one_kind(found)
    # Gemma 3 turns its sliding layers by another base than the rest.
    told = _of_one_kind(found["full_attention"] or {})
    local = (found.get("sliding_attention") or {}).get("rope_theta")
    return told if local is None else told | {"rope_local_base_freq": local}


def _of_one_kind(found: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: found[key] for key in ("rope_theta", "partial_rotary_factor") if key in found}
    kind = found.get("rope_type", "default")
    if kind != "default":
        scaling = {key: value for key, value in found.items() if key not in told}
        told["rope_scaling"] = scaling | {"rope_type": kind, "type": kind}
    return told
