"""The five methods by name, and settings from plain values. The only file that knows all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from metapeft_core.errors import SettingsError
from metapeft_core.methods.adalora import AdaLoRA, AdaLoRASettings
from metapeft_core.methods.adapter import Adapter, Settings
from metapeft_core.methods.lora import LoRA, LoRASettings
from metapeft_core.methods.p_tuning import PTuning, PTuningSettings
from metapeft_core.methods.prefix_tuning import PrefixTuning, PrefixTuningSettings
from metapeft_core.methods.prompt_tuning import PromptTuning, PromptTuningSettings
from metapeft_core.types import PEFTMethod, Setting

ADAPTERS: Mapping[PEFTMethod, type[Adapter]] = {
    PEFTMethod.LORA: LoRA,
    PEFTMethod.ADALORA: AdaLoRA,
    PEFTMethod.PROMPT_TUNING: PromptTuning,
    PEFTMethod.PREFIX_TUNING: PrefixTuning,
    PEFTMethod.P_TUNING: PTuning,
}
SETTINGS: Mapping[PEFTMethod, type[Any]] = {
    PEFTMethod.LORA: LoRASettings,
    PEFTMethod.ADALORA: AdaLoRASettings,
    PEFTMethod.PROMPT_TUNING: PromptTuningSettings,
    PEFTMethod.PREFIX_TUNING: PrefixTuningSettings,
    PEFTMethod.P_TUNING: PTuningSettings,
}


def make_settings(method: PEFTMethod | str, values: Mapping[str, Any] | None = None) -> Settings:
    """Settings of a method from plain values (a JSON object, options of the shell); the rest keeps its default."""
    try:
        kind = SETTINGS[PEFTMethod(method)]
    except ValueError as fault:
        raise SettingsError(f"{method!r} is no method: choose {', '.join(PEFTMethod)}") from fault
    known = {f.name for f in dataclasses.fields(kind)}
    odd = sorted((values or {}).keys() - known)
    if odd:
        raise SettingsError(f"{odd[0]!r} is no setting of {method}: it has {', '.join(sorted(known))}")
    try:
        settings: Settings = TypeAdapter(kind).validate_python(dict(values or {}))
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{place} of {method} is {first['input']!r}: {first['msg']}") from fault
    return settings


def setting_values(settings: Settings) -> dict[str, Setting]:
    """Settings as plain values."""
    return {f.name: getattr(settings, f.name) for f in dataclasses.fields(settings)}  # type: ignore[arg-type]
