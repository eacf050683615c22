"""Settings as plain values, as a recommendation carries them, become a run's. Knows no tool and no task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from metapeft_core.data.record import shown
from metapeft_core.errors import SettingsError
from metapeft_core.methods.registry import SETTINGS
from metapeft_core.selection.costs import SHARED_SETTINGS, spec_of
from metapeft_core.training.spec import TrainingSpec
from metapeft_core.types import PEFTMethod

HINTS = get_type_hints(TrainingSpec)


def checked_spec(method: PEFTMethod, settings: Mapping[str, Any], seed: int = 0) -> TrainingSpec:
    """How to train; a setting that the method does not have is refused rather than left out."""
    known = {*(field.name for field in fields(SETTINGS[method])), *SHARED_SETTINGS}
    odd = sorted(settings.keys() - known)
    if odd:
        raise SettingsError(f"{odd[0]!r} is no setting of {method}: it has {', '.join(sorted(known))}")
    shared = {name: _shared(name, settings[name]) for name in settings.keys() & SHARED_SETTINGS.keys()}
    return spec_of(method, {**settings, **shared}, seed)


def _shared(name: str, value: Any) -> Any:
    """A setting that every method's training has, as its type says."""
    try:
        return TypeAdapter(HINTS[SHARED_SETTINGS[name]]).validate_python(value)
    except ValidationError as fault:
        raise SettingsError(f"{name} is {shown(value)}: {fault.errors()[0]['msg'].lower()}") from fault
