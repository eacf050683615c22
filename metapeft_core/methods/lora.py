"""LoRA: a low-rank matrix added to frozen linear layers, and DoRA, which learns its direction and length apart.

y = W x + b + s B A x with s = alpha / rank, or alpha / sqrt(rank) where rank-stabilised (Hu et al. 2021, Kalajdzievski
2023). DoRA rescales every row of W + s B A to a learned length; the row's present length is held constant in the
gradient, as the paper advises (Liu et al. 2024). Knows nothing of training.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

import mlx.core as mx
import mlx.nn as nn

from metapeft_core.backbones.model import FrozenModel
from metapeft_core.methods.adapter import require, require_dropout
from metapeft_core.methods.inside_linears import AdaptedLinear, LinearAdapter, full_weight
from metapeft_core.methods.targets import targeted_shapes
from metapeft_core.types import Backbone, PEFTMethod


@dataclass(frozen=True, slots=True)
class LoRASettings:
    """Settings of LoRA; `layers` adapts only the last so many blocks."""

    method: ClassVar[PEFTMethod] = PEFTMethod.LORA
    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    targets: tuple[str, ...] = ("query", "value")
    rank_stabilised: bool = False
    dora: bool = False
    layers: int | None = None

    @property
    def scale(self) -> float:
        """What the low-rank product is multiplied by."""
        return self.alpha / (math.sqrt(self.rank) if self.rank_stabilised else self.rank)

    def check(self, backbone: Backbone) -> None:
        require_rank("rank", self.rank, backbone, self.targets, self.layers)
        require(self.alpha > 0, f"alpha is {self.alpha}: it must be above 0, often once or twice the rank")
        require_dropout(self.dropout)

    def trainable(self, backbone: Backbone) -> int:
        shapes = targeted_shapes(backbone, self.targets, self.layers)
        low_rank = sum(self.rank * (s.inputs + s.outputs) * s.count for s in shapes)
        return low_rank + (sum(s.outputs * s.count for s in shapes) if self.dora else 0)


def require_rank(word: str, rank: int, backbone: Backbone, targets: tuple[str, ...], layers: int | None) -> None:
    """A low-rank product can have no more rank than the narrowest layer it is added to."""
    narrowest = min(targeted_shapes(backbone, targets, layers), key=lambda s: min(s.inputs, s.outputs))
    width = min(narrowest.inputs, narrowest.outputs)
    require(
        1 <= rank <= width,
        f"{word} is {rank}: {narrowest.name} of {backbone.name} is {narrowest.inputs} by {narrowest.outputs}, "
        f"so choose 1 to {width}",
    )


class LoRALinear(AdaptedLinear):
    """A frozen linear layer and its low-rank correction."""

    def __init__(self, base: nn.Module, inputs: int, outputs: int, settings: LoRASettings, key: mx.array) -> None:
        super().__init__(base, settings.dropout)
        self.scale = settings.scale
        bound = 1 / math.sqrt(inputs)
        self.lora_a = mx.random.uniform(-bound, bound, (inputs, settings.rank), key=key)
        self.lora_b = mx.zeros((settings.rank, outputs))
        if settings.dora:
            self.magnitude = mx.linalg.norm(full_weight(base).astype(mx.float32), axis=1)

    def __call__(self, x: mx.array) -> mx.array:
        frozen = self.base(x)
        learned = (self.dropped(x) @ self.lora_a.astype(x.dtype)) @ (self.scale * self.lora_b).astype(x.dtype)
        if "magnitude" not in self:
            return frozen + learned
        return self._rescaled(x, frozen, learned)

    def _rescaled(self, x: mx.array, frozen: mx.array, learned: mx.array) -> mx.array:
        ratio = self._length_ratio(full_weight(self.base)).astype(x.dtype)
        if self.dropout is not None and self.training:
            # With dropout the frozen part is scaled on the dropped input too, as the reference does.
            straight = self.dropped(x) @ full_weight(self.base).T.astype(x.dtype)
            return frozen + (ratio - 1) * straight + ratio * learned
        bias = self.base.bias if "bias" in self.base else 0.0
        return ratio * (frozen - bias + learned) + bias

    def _length_ratio(self, weight: mx.array) -> mx.array:
        length = mx.linalg.norm(weight.astype(mx.float32) + self._delta(), axis=1)
        return self.magnitude / mx.stop_gradient(length)

    def _delta(self) -> mx.array:
        return (self.scale * (self.lora_a @ self.lora_b)).T

    def merged_weight(self, weight: mx.array) -> mx.array:
        whole = weight.astype(mx.float32) + self._delta()
        return whole * self._length_ratio(weight)[:, None] if "magnitude" in self else whole


class LoRA(LinearAdapter):
    """Low-rank corrections in their places."""

    method = PEFTMethod.LORA

    @classmethod
    def attach(cls, model: FrozenModel, settings: LoRASettings, seed: int) -> Self:
        settings.check(model.card)
        return cls(model).put(settings, seed, lambda base, i, o, key: LoRALinear(base, i, o, settings, key))
