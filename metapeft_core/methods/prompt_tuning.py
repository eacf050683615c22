"""Prompt tuning: learned rows of embeddings before the text (Lester et al. 2021). Knows nothing of training.

The rows begin as random numbers, as embeddings of words drawn from the vocabulary, or as the embeddings of a text
that describes the task, repeated or cut to the number of virtual tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import mlx.core as mx

from metapeft_core.backbones.model import FrozenModel
from metapeft_core.methods.adapter import Adapter, require, require_virtual_tokens
from metapeft_core.types import Backbone, PEFTMethod


@dataclass(frozen=True, slots=True)
class PromptTuningSettings:
    """Settings of prompt tuning; `text` is read only where `initialisation` is `text`."""

    method: ClassVar[PEFTMethod] = PEFTMethod.PROMPT_TUNING
    virtual_tokens: int = 20
    initialisation: Literal["random", "vocabulary", "text"] = "vocabulary"
    text: str = ""

    def check(self, backbone: Backbone) -> None:
        require_virtual_tokens(self.virtual_tokens, backbone)
        known = ("random", "vocabulary", "text")
        require(self.initialisation in known, f"initialisation is {self.initialisation!r}: choose {', '.join(known)}")
        require(
            self.initialisation != "text" or bool(self.text.strip()),
            "initialisation is 'text' and text is empty: describe the task in a sentence",
        )

    def trainable(self, backbone: Backbone) -> int:
        return self.virtual_tokens * backbone.width


class PromptTuning(Adapter):
    """The learned rows."""

    method = PEFTMethod.PROMPT_TUNING

    def __init__(self, rows: mx.array) -> None:
        super().__init__()
        self.rows = rows

    @classmethod
    def attach(cls, model: FrozenModel, settings: PromptTuningSettings, seed: int) -> Self:
        settings.check(model.card)
        return cls(_first_rows(model, settings, mx.random.key(seed)))

    def prompt(self) -> mx.array:
        return self.rows


def _first_rows(model: FrozenModel, settings: PromptTuningSettings, key: mx.array) -> mx.array:
    count = settings.virtual_tokens
    if settings.initialisation == "random":
        return mx.random.normal((count, model.card.width), key=key)
    if settings.initialisation == "vocabulary":
        ids = mx.random.randint(0, min(model.card.vocabulary, model.tokens.size), (count,), key=key)
    else:
        ids = mx.array(_repeated(model.tokens.encode([settings.text])[0], count))
    return model.embed(ids).astype(mx.float32)


def _repeated(ids: list[int], count: int) -> list[int]:
    require(bool(ids), "the text for the initialisation has no tokens: describe the task in a sentence")
    return (ids * (count // len(ids) + 1))[:count]
