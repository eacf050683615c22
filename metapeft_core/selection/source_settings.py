"""Settings as other tools name them, in our words. Knows HF PEFT's names and ours, no file and no figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from metapeft_core.methods.targets import role_of
from metapeft_core.types import PEFTMethod, Setting

Reader = Callable[[Any], Setting]


def _same(value: Any) -> Setting:
    return value


def _targets(value: Any) -> Setting:
    names = [value] if isinstance(value, str) else list(value)
    return tuple(dict.fromkeys(role_of(name) or name for name in names))


def _start(value: Any) -> Setting:
    return "random" if str(value).upper() == "RANDOM" else "vocabulary"


_NAMES: Mapping[PEFTMethod, Mapping[str, tuple[str, Reader]]] = {
    PEFTMethod.LORA: {
        "r": ("rank", _same),
        "lora_alpha": ("alpha", float),
        "target_modules": ("targets", _targets),
        "use_rslora": ("rank_stabilised", bool),
        "use_dora": ("dora", bool),
    },
    PEFTMethod.ADALORA: {
        "target_r": ("target_rank", _same),
        "init_r": ("initial_rank", _same),
        "lora_alpha": ("alpha", float),
        "target_modules": ("targets", _targets),
    },
    PEFTMethod.PROMPT_TUNING: {
        "num_virtual_tokens": ("virtual_tokens", _same),
        "prompt_tuning_init": ("initialisation", _start),
    },
    PEFTMethod.PREFIX_TUNING: {
        "num_virtual_tokens": ("virtual_tokens", _same),
        "prefix_projection": ("projection", bool),
    },
    PEFTMethod.P_TUNING: {
        "num_virtual_tokens": ("virtual_tokens", _same),
        "encoder_hidden_size": ("encoder_width", _same),
    },
}


def in_our_words(method: PEFTMethod, settings: Mapping[str, Setting]) -> dict[str, Setting]:
    """What of these settings we have a word for; names that are ours already stay."""
    found: dict[str, Setting] = {}
    for name, value in settings.items():
        if value is None:
            continue
        if name in _NAMES[method]:
            own, read = _NAMES[method][name]
            found[own] = read(value)
        elif name == "learning_rate":
            found[name] = value
    return found
