"""What LoRA and AdaLoRA share: modules that stand where linear layers stood. Knows no formula of either."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self

import mlx.core as mx
import mlx.nn as nn

from metapeft_core.backbones.model import FrozenModel, linear_dims
from metapeft_core.methods.adapter import Adapter
from metapeft_core.methods.targets import targeted_linears


class Targeted(Protocol):
    """Settings that name the layers they go into."""

    @property
    def targets(self) -> tuple[str, ...]: ...
    @property
    def layers(self) -> int | None: ...


class AdaptedLinear(nn.Module):
    """A frozen linear layer with something learned added to it. The frozen layer is no part of the parameters."""

    base: nn.Module

    def __init__(self, base: nn.Module, dropout: float) -> None:
        super().__init__()
        # Set below nn.Module's bookkeeping: the frozen weights are neither trained nor saved with the adapter.
        object.__setattr__(self, "base", base)
        self.dropout = nn.Dropout(dropout) if dropout else None

    def dropped(self, x: mx.array) -> mx.array:
        """The input as the learned part sees it."""
        return x if self.dropout is None else self.dropout(x)

    @abstractmethod
    def merged_weight(self, weight: mx.array) -> mx.array:
        """The frozen weight with what was learned added."""

    def merged(self) -> nn.Module:
        """A plain linear layer that computes the same; a quantised one is quantised again."""
        base = self.base
        quantised = isinstance(base, nn.QuantizedLinear)
        plain = nn.Linear(1, 1, bias="bias" in base)
        plain.weight = self.merged_weight(full_weight(base)).astype(
            base.scales.dtype if quantised else base.weight.dtype
        )
        if "bias" in base:
            plain.bias = base.bias
        if not quantised:
            return plain
        return nn.QuantizedLinear.from_linear(plain, base.group_size, base.bits, mode=base.mode)


def full_weight(linear: nn.Module) -> mx.array:
    """A layer's weight, (outputs, inputs), unpacked where it is quantised."""
    if isinstance(linear, nn.QuantizedLinear):
        return mx.dequantize(
            linear.weight, linear.scales, linear.get("biases"), linear.group_size, linear.bits, linear.mode
        )
    return linear.weight


class LinearAdapter(Adapter):
    """Adapted layers in their places."""

    def __init__(self, model: FrozenModel) -> None:
        super().__init__()
        object.__setattr__(self, "model", model)
        self.layers: list[AdaptedLinear] = []
        object.__setattr__(self, "places", [])

    model: FrozenModel
    places: list[tuple[int, str]]

    def put(
        self, settings: Targeted, seed: int, build: Callable[[nn.Module, int, int, mx.array], AdaptedLinear]
    ) -> Self:
        """Replace every targeted layer by what `build(layer, inputs, outputs, key)` makes of it."""
        found = list(targeted_linears(self.model, settings.targets, settings.layers))
        keys = mx.random.split(mx.random.key(seed), len(found))
        for (block, name, linear), key in zip(found, keys, strict=True):
            layer = build(linear, *linear_dims(linear), key)
            self.layers.append(layer)
            self.places.append((block, name))
            self.model.replace_linear(block, name, layer)
        return self

    def detach(self) -> None:
        for (block, name), layer in zip(self.places, self.layers, strict=True):
            self.model.replace_linear(block, name, layer.base)

    def merge(self) -> None:
        for (block, name), layer in zip(self.places, self.layers, strict=True):
            self.model.replace_linear(block, name, layer.merged())

    def named(self, tree: Any) -> dict[str, mx.array]:
        return {
            f"{block}.{name}.{key}": value
            for (block, name), layer in zip(self.places, tree["layers"], strict=True)
            for key, value in layer.items()
            if isinstance(value, mx.array)
        }

    def _accept(self, tensors: Mapping[str, mx.array]) -> None:
        for (block, name), layer in zip(self.places, self.layers, strict=True):
            for key in [k for k, v in layer.items() if isinstance(v, mx.array)]:
                layer[key] = tensors[f"{block}.{name}.{key}"]
