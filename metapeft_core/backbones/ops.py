"""Activations whose cost depends on the device. Knows numbers only, no layer and no model."""

from __future__ import annotations

import mlx.core as mx
import mlx.nn as nn

from metapeft_core import runtime


def gelu(x: mx.array) -> mx.array:
    """The exact GELU."""
    return nn.gelu(x)


def masked_attention(
    queries: mx.array, keys: mx.array, values: mx.array, scale: float, mask: mx.array | None
) -> mx.array:
    """Scaled dot-product attention; `mask` is added to the scores."""
    return mx.fast.scaled_dot_product_attention(queries, keys, values, scale=scale, mask=mask)


def on_cpu() -> bool:
    """Whether the slow scalar functions of MLX's CPU backend are in the way."""
    return runtime.current().device == "cpu"
