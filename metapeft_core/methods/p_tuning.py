"""P-tuning: rows before the text that a small network makes from learned embeddings (Liu et al. 2021).

The network is a perceptron of three layers, or a bidirectional LSTM followed by one of two. Knows nothing of training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import mlx.core as mx
import mlx.nn as nn

from metapeft_core.backbones.model import FrozenModel
from metapeft_core.methods.adapter import Adapter, require, require_dropout, require_virtual_tokens
from metapeft_core.methods.dense import OneWayLSTM, torch_linear
from metapeft_core.types import Backbone, PEFTMethod


@dataclass(frozen=True, slots=True)
class PTuningSettings:
    """Settings of P-tuning; `encoder_layers` and `encoder_dropout` belong to the LSTM."""

    method: ClassVar[PEFTMethod] = PEFTMethod.P_TUNING
    virtual_tokens: int = 20
    encoder: Literal["mlp", "lstm"] = "mlp"
    encoder_width: int | None = None
    encoder_layers: int = 2
    encoder_dropout: float = 0.0

    def check(self, backbone: Backbone) -> None:
        require_virtual_tokens(self.virtual_tokens, backbone)
        require(self.encoder in ("mlp", "lstm"), f"encoder is {self.encoder!r}: choose mlp or lstm")
        require(
            self.encoder_width is None or self.encoder_width >= 1,
            f"encoder_width is {self.encoder_width}: it must be at least 1",
        )
        require(self.encoder_layers >= 1, f"encoder_layers is {self.encoder_layers}: it must be at least 1")
        require_dropout(self.encoder_dropout)

    def hidden(self, width: int) -> int:
        """The width of the network, the backbone's own where none is set."""
        return self.encoder_width or width

    def trainable(self, backbone: Backbone) -> int:
        width = backbone.width
        hidden = self.hidden(width)
        rows = self.virtual_tokens * width
        if self.encoder == "mlp":
            return rows + (width + 1) * hidden + (hidden + 1) * hidden + (hidden + 1) * width
        inputs = [width] + [2 * hidden] * (self.encoder_layers - 1)
        recurrent = sum(2 * 4 * hidden * (i + hidden + 2) for i in inputs)
        return rows + recurrent + (2 * hidden + 1) * 2 * hidden + (2 * hidden + 1) * width


class PTuning(Adapter):
    """Learned embeddings and the network that turns them into rows."""

    method = PEFTMethod.P_TUNING

    def __init__(self, width: int, settings: PTuningSettings, seed: int) -> None:
        super().__init__()
        hidden = settings.hidden(width)
        for_rows, for_recurrent, for_dense = mx.random.split(mx.random.key(seed), 3)
        self.rows = mx.random.normal((settings.virtual_tokens, width), key=for_rows)
        widths = [width, hidden, hidden, width]
        if settings.encoder == "lstm":
            self.recurrent = _bidirectional(width, hidden, settings.encoder_layers, for_recurrent)
            widths = [2 * hidden, 2 * hidden, width]
        keys = mx.random.split(for_dense, len(widths) - 1)
        self.dense = [torch_linear(i, o, k) for i, o, k in zip(widths[:-1], widths[1:], keys, strict=True)]
        # Between layers only, as in the reference: one layer has nothing to drop.
        self.dropout = nn.Dropout(settings.encoder_dropout)

    @classmethod
    def attach(cls, model: FrozenModel, settings: PTuningSettings, seed: int) -> Self:
        settings.check(model.card)
        return cls(model.card.width, settings, seed)

    def prompt(self) -> mx.array:
        x = self.rows
        for number, (forwards, backwards) in enumerate(self.recurrent if "recurrent" in self else ()):
            x = x if number == 0 else self.dropout(x)
            x = mx.concatenate([forwards(x, backwards=False), backwards(x, backwards=True)], axis=1)
        for layer in self.dense[:-1]:
            x = nn.relu(layer(x))
        return self.dense[-1](x)


def _bidirectional(width: int, hidden: int, layers: int, key: mx.array) -> list[list[OneWayLSTM]]:
    inputs = [width] + [2 * hidden] * (layers - 1)
    keys = mx.random.split(key, 2 * layers)
    return [[OneWayLSTM(i, hidden, keys[2 * n + side]) for side in (0, 1)] for n, i in enumerate(inputs)]
