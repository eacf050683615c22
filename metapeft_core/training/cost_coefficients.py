"""The measured numbers that turn counts into bytes and seconds. Knows where they are kept, not what they multiply.

They stand in cost_coefficients.json and are written by `benchmarks/cost.py --fit`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from metapeft_core.runtime import DeviceKind

PLACE = Path(__file__).with_name("cost_coefficients.json")
FITTED_ON: DeviceKind = "cpu"
"""Whose numbers stand in where a device has none of its own."""


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Multiples of counts: of numbers held in memory, and of the times of a `Speed`."""

    memory: Mapping[str, float]
    seconds: Mapping[str, float]
    own: bool
    """Whether they were measured on a device of this kind."""


@cache
def coefficients(device: DeviceKind, kind: Literal["encoder", "decoder"]) -> Coefficients:
    """The numbers for a device and a kind of backbone."""
    table: dict[str, Any] = json.loads(PLACE.read_text())["devices"]
    chosen = table.get(device, table[FITTED_ON])[kind]
    return Coefficients(chosen["memory"], chosen["seconds"], own=device in table)
