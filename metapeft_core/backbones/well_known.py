"""Public models by the names that people call them, as numbers. Knows no weights, and asks no network.

What their configuration files say stands in well_known.json, so that a model that is not at hand, or only said by its
size, can be talked about: what a run on it would cost, and which experience is near.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from metapeft_core.backbones.card import describe
from metapeft_core.types import Backbone

PLACE = Path(__file__).with_name("well_known.json")
FORM = re.compile(r"-(?:instruct|chat|it|pt|hf|base|mlx|bf16|fp16|gguf|uncased|cased|\d{4}|v\d[\d.]*)$")
"""Endings that name another tuning or packing of a model of the same shape."""
PACKED = re.compile(r"-([2-8])-?bits?$")
GROUP = 64
"""Weights of a quantised group, which carry a scale and a bias of two bytes each."""


@dataclass(frozen=True, slots=True)
class WellKnown:
    """A model, the names it goes by in small letters, and what its configuration file says."""

    name: str
    known_as: tuple[str, ...]
    config: Mapping[str, Any]


@cache
def well_known_models() -> Mapping[str, Backbone]:
    """Every card, under each of its names."""
    listed = TypeAdapter(tuple[WellKnown, ...]).validate_json(PLACE.read_bytes())
    found: dict[str, Backbone] = {}
    for model in listed:
        card = describe(dict(model.config), model.name)
        found.update({_plain(name)[0]: card for name in (*model.known_as, model.name.rpartition("/")[2])})
    return found


def well_known(name: str) -> Backbone | None:
    """The card of a public model; None for a name that is not known."""
    plain, bits = _plain(name)
    found = well_known_models().get(plain)
    if found is None:
        return None
    size = found.bytes_per_parameter if bits is None else bits / 8 + 4 / GROUP
    return replace(found, bytes_per_parameter=size)


def model_of_size(parameters: float) -> Backbone:
    """The well-known decoder that is nearest in size, which stands for any of about that size.

    What is no size, such as "a 0B model", is stood for by the smallest one.
    """
    decoders: Sequence[Backbone] = [card for card in well_known_models().values() if card.kind == "decoder"]
    if not 0 < parameters < math.inf:
        return min(decoders, key=lambda card: card.parameters)
    return min(decoders, key=lambda card: abs(math.log(card.parameters) - math.log(parameters)))


def _plain(name: str) -> tuple[str, int | None]:
    """A name as it is compared, and the bits of a weight where it says them."""
    plain = re.sub(r"[\s_]+", "-", name.strip().rpartition("/")[2].lower())
    plain = re.sub(r"^([a-z]+)-(?=\d)", r"\1", re.sub(r"^meta-", "", plain))
    bits = None
    while True:
        packed = PACKED.search(plain)
        bits = int(packed[1]) if packed else bits
        shorter = plain[: packed.start()] if packed else FORM.sub("", plain).replace("-instruct-", "-")
        if shorter == plain:
            return plain, bits
        plain = shorter
