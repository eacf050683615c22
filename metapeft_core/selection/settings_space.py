"""Settings of a method as numbers, so that what one setting gained tells of others. Knows settings, no scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from metapeft_core.selection.cases import COMMON
from metapeft_core.selection.table import Numbers
from metapeft_core.training.spec import LEARNING_RATES
from metapeft_core.types import PEFTMethod, Setting

Settings = Mapping[str, Setting]
USUAL_RANK, USUAL_TOKENS, USUAL_WIDTH = 8, 16, 128
ATTENTION_SHARE = {
    "query": 1,
    "key": 1,
    "value": 1,
    "output": 1,
    "attention": 4,
    "up": 1,
    "gate": 1,
    "down": 1,
    "all": 7,
}


def _number(settings: Settings, name: str, usual: float) -> float:
    value: Any = settings.get(name)
    return float(value) if isinstance(value, (int, float)) and value else usual


def _rank(name: str) -> Callable[[Settings], float]:
    return lambda settings: math.log2(_number(settings, name, USUAL_RANK) / USUAL_RANK) / 2


def _alpha(name: str) -> Callable[[Settings], float]:
    def measured(settings: Settings) -> float:
        rank = _number(settings, name, USUAL_RANK)
        return math.log2(_number(settings, "alpha", 2 * rank) / rank) / 2

    return measured


def _targets(settings: Settings) -> float:
    names: Any = settings.get("targets") or ("query", "value")
    return math.log2(sum(ATTENTION_SHARE.get(name, 1) for name in names)) / 2


def _flag(name: str, wanted: Any = True) -> Callable[[Settings], float]:
    return lambda settings: float(settings.get(name) == wanted)


def _tokens(settings: Settings) -> float:
    return math.log2(_number(settings, "virtual_tokens", USUAL_TOKENS) / USUAL_TOKENS) / 2


_MEASURES: Mapping[PEFTMethod, Sequence[Callable[[Settings], float]]] = {
    PEFTMethod.LORA: (_rank("rank"), _alpha("rank"), _targets, _flag("rank_stabilised"), _flag("dora")),
    PEFTMethod.ADALORA: (_rank("target_rank"), _alpha("target_rank"), _targets),
    PEFTMethod.PROMPT_TUNING: (_tokens, _flag("initialisation", "random")),
    PEFTMethod.PREFIX_TUNING: (_tokens, _flag("projection")),
    PEFTMethod.P_TUNING: (
        _tokens,
        _flag("encoder", "lstm"),
        lambda settings: math.log2(_number(settings, "encoder_width", USUAL_WIDTH) / USUAL_WIDTH) / 2,
    ),
}


def traits_of(method: PEFTMethod, settings: Sequence[Settings]) -> Numbers:
    """A line a setting: the learning rate, which has a best value somewhere in between, and the method's own."""
    lines = []
    for one in settings:
        rate = math.log2(_number(one, "learning_rate", LEARNING_RATES[method]) / LEARNING_RATES[method]) / 2
        lines.append([rate, rate * rate, *(measure(one) for measure in _MEASURES[method])])
    return np.array(lines, dtype=np.float64)


def own_settings(hyperparameters: Settings) -> dict[str, Setting]:
    """Those that are the method's own."""
    return {name: value for name, value in hyperparameters.items() if name not in COMMON}
