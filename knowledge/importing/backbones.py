"""The numbers of backbones that published figures were measured on, by name. Knows no weights and reads none.

They stand in backbones.json as the configuration of each model tells them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from metapeft_core.types import Backbone

PLACE = Path(__file__).with_name("backbones.json")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Known:
    """A card, and the names under which sources speak of it, in small letters and without an owner."""

    known_as: tuple[str, ...]
    card: Backbone


_FILE = TypeAdapter(tuple[Known, ...])


@cache
def cards() -> Mapping[str, Backbone]:
    """Every card, under each of its names."""
    return {name: known.card for known in _FILE.validate_json(PLACE.read_bytes()) for name in known.known_as}


def known_backbone(name: str, parameters: int = 0) -> Backbone:
    """The card of a public backbone; of any other only its size is known, and its other numbers are 0."""
    found = cards().get(name.rpartition("/")[2].strip().lower().replace("_", "-").removesuffix("-hf"))
    return found or Backbone(
        name=name or UNKNOWN,
        architecture=UNKNOWN,
        kind="decoder",
        parameters=parameters,
        layers=0,
        width=0,
        feed_forward=0,
        heads=0,
        key_value_heads=0,
        head_width=0,
        vocabulary=0,
        context=0,
    )
