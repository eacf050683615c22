"""Settings of each method: the anchors that every task meets, and draws that cover the method's space. Runs nothing.

Draws come from a Halton sequence: its first few points are spread over the whole space already, which independent
draws are not, and the n-th point is the same whoever asks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from metapeft_core.methods.registry import make_settings
from metapeft_core.training.spec import LEARNING_RATES, TrainingSpec
from metapeft_core.types import PEFTMethod

Values = Mapping[str, Any]
ALL_METHODS = tuple(PEFTMethod)
ANCHORS: Mapping[str, Mapping[PEFTMethod, Values]] = {
    # Steps two to three times as long as the defaults: these runs are short.
    "brisk": {
        PEFTMethod.LORA: {"learning_rate": 2e-3},
        PEFTMethod.ADALORA: {"learning_rate": 5e-3},
        PEFTMethod.PROMPT_TUNING: {"learning_rate": 2e-2, "virtual_tokens": 10},
        PEFTMethod.PREFIX_TUNING: {"learning_rate": 1e-2, "virtual_tokens": 10},
        PEFTMethod.P_TUNING: {"learning_rate": 3e-3, "virtual_tokens": 10},
    },
    # Decoders are wider and deeper, and take smaller steps.
    "decoder": {
        PEFTMethod.LORA: {"learning_rate": 1e-3},
        PEFTMethod.ADALORA: {"learning_rate": 3e-3},
        PEFTMethod.PROMPT_TUNING: {"learning_rate": 1e-2, "virtual_tokens": 10},
        PEFTMethod.PREFIX_TUNING: {"learning_rate": 1e-2, "virtual_tokens": 10},
        PEFTMethod.P_TUNING: {"learning_rate": 1e-3, "virtual_tokens": 10},
    },
    # What `advisor run` does when nobody says otherwise, at its own rates.
    "default": {method: {} for method in PEFTMethod},
}
PRIMES = (2, 3, 5, 7, 11, 13, 17)
_RATES = {
    PEFTMethod.LORA: (3e-4, 2e-2),
    PEFTMethod.ADALORA: (1e-3, 4e-2),
    PEFTMethod.PROMPT_TUNING: (2e-3, 2e-1),
    PEFTMethod.PREFIX_TUNING: (1e-3, 6e-2),
    PEFTMethod.P_TUNING: (3e-4, 2e-2),
}
_TARGETS = (("query", "value"), ("attention",), ("all",))
_CHOICES: Mapping[PEFTMethod, Mapping[str, Sequence[Any]]] = {
    PEFTMethod.LORA: {
        "rank": (2, 4, 8, 16, 32),
        "alpha": (0.5, 1.0, 2.0, 4.0),
        "targets": _TARGETS,
        "rank_stabilised": (False, True),
        "dora": (False, False, True),
    },
    PEFTMethod.ADALORA: {
        "target_rank": (2, 4, 8, 16),
        "initial_rank": (1.5, 2.0),
        "alpha": (1.0, 2.0, 4.0),
        "targets": _TARGETS,
    },
    PEFTMethod.PROMPT_TUNING: {"virtual_tokens": (4, 8, 16, 32), "initialisation": ("vocabulary", "random")},
    PEFTMethod.PREFIX_TUNING: {"virtual_tokens": (4, 8, 16, 32), "projection": (False, False, True)},
    PEFTMethod.P_TUNING: {
        "virtual_tokens": (4, 8, 16, 32),
        "encoder": ("mlp", "mlp", "lstm"),
        "encoder_width": (64, 128, 256),
    },
}


def anchor(name: str, method: PEFTMethod, **common: Any) -> TrainingSpec:
    """The same settings for every task, by the anchor's name."""
    return _spec(method, {"learning_rate": LEARNING_RATES[method], **ANCHORS[name][method]}, common)


def drawn(number: int, method: PEFTMethod, **common: Any) -> TrainingSpec:
    """The `number`-th point of the method's space."""
    places = [halton(number + 1, prime) for prime in PRIMES]
    low, high = _RATES[method]
    values = {"learning_rate": float(f"{math.exp(math.log(low) + places[0] * math.log(high / low)):.3g}")}
    for (name, choices), place in zip(_CHOICES[method].items(), places[1:], strict=False):
        values[name] = choices[int(place * len(choices))]
    return _spec(method, _relative(method, values), common)


def _relative(method: PEFTMethod, values: dict[str, Any]) -> dict[str, Any]:
    """Alpha is drawn as a multiple of the rank, and AdaLoRA's first rank as a multiple of its last."""
    if method == PEFTMethod.LORA:
        values["alpha"] *= values["rank"]
    if method == PEFTMethod.ADALORA:
        values["alpha"] *= values["target_rank"]
        values["initial_rank"] = round(values["initial_rank"] * values["target_rank"])
    if method == PEFTMethod.PREFIX_TUNING and values["projection"]:
        # The projection is a network of ordinary weights, which steps made for bare prefixes blow up.
        values["learning_rate"] = float(f"{values['learning_rate'] / 5:.3g}")
    return values


def _spec(method: PEFTMethod, values: Mapping[str, Any], common: Mapping[str, Any]) -> TrainingSpec:
    own = {name: value for name, value in values.items() if name != "learning_rate"}
    return TrainingSpec(method=make_settings(method, own), learning_rate=values["learning_rate"], **common)


def halton(number: int, base: int) -> float:
    """The `number`-th point of van der Corput's sequence: the digits of the number, mirrored at the point."""
    value, weight = 0.0, 1.0
    while number:
        weight /= base
        number, digit = divmod(number, base)
        value += digit * weight
    return value
