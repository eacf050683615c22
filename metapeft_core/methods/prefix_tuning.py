"""Prefix tuning: learned keys and values before those of the text, in every layer (Li and Liang 2021).

Learned directly, or through a small network that all layers share while training (`projection`) and that is not
needed afterwards. Knows nothing of training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import mlx.core as mx

from metapeft_core.backbones.model import FrozenModel, Prefix
from metapeft_core.errors import SettingsError
from metapeft_core.methods.adapter import Adapter, require, require_virtual_tokens
from metapeft_core.methods.dense import torch_linear
from metapeft_core.types import Backbone, PEFTMethod


@dataclass(frozen=True, slots=True)
class PrefixTuningSettings:
    """Settings of prefix tuning; `projection_width` of None is the width of the keys."""

    method: ClassVar[PEFTMethod] = PEFTMethod.PREFIX_TUNING
    virtual_tokens: int = 20
    projection: bool = False
    projection_width: int | None = None

    def check(self, backbone: Backbone) -> None:
        require_virtual_tokens(self.virtual_tokens, backbone)
        require(
            self.projection_width is None or self.projection_width >= 1,
            f"projection_width is {self.projection_width}: it must be at least 1",
        )

    def hidden(self, keys: int) -> int:
        """The width of the network between rows and keys."""
        return self.projection_width or keys

    def trainable(self, backbone: Backbone) -> int:
        keys = backbone.key_value_heads * backbone.head_width
        every_layer = 2 * backbone.layers * keys
        if not self.projection:
            return self.virtual_tokens * every_layer
        hidden = self.hidden(keys)
        return self.virtual_tokens * keys + (keys + 1) * hidden + (hidden + 1) * every_layer


class PrefixTuning(Adapter):
    """The learned prefix. Flat, it is (virtual tokens, layers x (keys, values) x heads x width)."""

    method = PEFTMethod.PREFIX_TUNING

    def __init__(self, layers: int, heads: int, width: int) -> None:
        super().__init__()
        self._layers, self._heads, self._width = layers, heads, width

    @classmethod
    def attach(cls, model: FrozenModel, settings: PrefixTuningSettings, seed: int) -> Self:
        settings.check(model.card)
        shapes = set(model.prefix_shapes())
        heads, width, value_width = next(iter(shapes))
        if len(shapes) > 1 or width != value_width:
            raise SettingsError(
                f"the layers of {model.card.name} cache keys and values of different shapes {sorted(shapes)}: "
                "prefix tuning needs one shape, use lora or prompt_tuning with this backbone"
            )
        adapter = cls(len(model.prefix_shapes()), heads, width)
        adapter._draw(settings, mx.random.key(seed))
        return adapter

    def _draw(self, settings: PrefixTuningSettings, key: mx.array) -> None:
        keys, every_layer = self._heads * self._width, 2 * self._layers * self._heads * self._width
        for_rows, for_first, for_second = mx.random.split(key, 3)
        if not settings.projection:
            self.rows = mx.random.normal((settings.virtual_tokens, every_layer), key=for_rows)
            return
        hidden = settings.hidden(keys)
        self.rows = mx.random.normal((settings.virtual_tokens, keys), key=for_rows)
        self.first = torch_linear(keys, hidden, for_first)
        self.second = torch_linear(hidden, every_layer, for_second)

    def flat(self) -> mx.array:
        """The prefix in one matrix, the network already applied."""
        return self.second(mx.tanh(self.first(self.rows))) if "first" in self else self.rows

    def prefix(self) -> Prefix:
        flat = self.flat()
        split = flat.reshape(flat.shape[0], 2 * self._layers, self._heads, self._width).transpose(1, 2, 0, 3)
        return [(split[2 * layer], split[2 * layer + 1]) for layer in range(self._layers)]
