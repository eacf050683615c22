"""Settings as plain values, as a recommendation carries them, become a run's. Knows no tool and no task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from metapeft_core.errors import SettingsError
from metapeft_core.methods.registry import SETTINGS
from metapeft_core.selection.costs import SHARED_SETTINGS, spec_of
from metapeft_core.training.spec import TrainingSpec
from metapeft_core.types import PEFTMethod


def checked_spec(method: PEFTMethod, settings: Mapping[str, Any], seed: int = 0) -> TrainingSpec:
    """How to train; a setting that the method does not have is refused rather than left out."""
    known = {*(field.name for field in fields(SETTINGS[method])), *SHARED_SETTINGS}
    odd = sorted(settings.keys() - known)
    if odd:
        raise SettingsError(f"{odd[0]!r} is no setting of {method}: it has {', '.join(sorted(known))}")
    return spec_of(method, settings, seed)
