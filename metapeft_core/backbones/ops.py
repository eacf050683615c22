"""Activations and attention, exact enough and fast on the device at hand. Knows numbers only, no layer and no model.

MLX's CPU backend computes exp and erf one number at a time (9 and 23 ns each) while products and sums take 0.2 ns, so
on the CPU they are replaced by rational functions and polynomials with gradients of their own. Elsewhere MLX's own
kernels are used. The errors stated here are asserted in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import mlx.core as mx
import mlx.nn as nn

from metapeft_core import runtime

EDGE = 5.0
"""Beyond it the normal distribution function is 0 or 1 to 3e-7."""
NORMAL = (
    (0.398947881, 0.0291691078, 0.00414606122, 5.2677158e-05),
    (1.0, 0.239851654, 0.0252737338, 0.00138255498, 2.63829847e-06),
)
"""Numerator and denominator in x squared of (normal distribution function - 1/2) / x on [-5, 5], within 1.2e-6."""
GELU_SLOPE = (
    (0.797871601, 0.0464379027, 0.00971057693, 0.00144576192, 2.04758791e-05),
    (1.0, 0.391353549, 0.0680804057, 0.00658114626, 0.000588760004),
)
"""The same of (derivative of the GELU - 1/2) / x, within 1.2e-5."""
EXP2 = (1.0000000755, 0.6931472067, 0.2402210736, 0.0555032721, 0.0096760371, 0.0013400432)
"""Two to the power of x on [-1/2, 1/2], within 1.1e-7 of itself."""
ROUNDER = 1.5 * 2**23
"""Added to a small number and taken away again, it rounds to a whole one: much faster than rounding."""
LOWEST_EXPONENT = -126.0


def on_cpu() -> bool:
    """Whether MLX's CPU backend computes."""
    return runtime.current().device == "cpu"


def _polynomial(coefficients: Sequence[float], x: mx.array) -> mx.array:
    value = x * coefficients[-1]
    for coefficient in reversed(coefficients[1:-1]):
        value = (value + coefficient) * x
    return value + coefficients[0]


def _odd_rational(coefficients: tuple[Sequence[float], Sequence[float]], x: mx.array) -> mx.array:
    above, below = coefficients
    square = x * x
    return x * (_polynomial(above, square) / _polynomial(below, square))


def fast_exp(x: mx.array) -> mx.array:
    """The exponential of float32 numbers up to 88, within 3e-7 of itself; below -87 it is 1e-38."""
    scaled = mx.maximum(x * math.log2(math.e), LOWEST_EXPONENT)
    whole = (scaled + ROUNDER) - ROUNDER
    # The exponent's bits of a float are written directly: two to the power of the whole part.
    power = mx.view((whole.astype(mx.int32) + 127) * (1 << 23), mx.float32)
    return _polynomial(EXP2, scaled - whole) * power


def exp(x: mx.array) -> mx.array:
    """The exponential by the faster way; its gradient is not needed by whoever calls it."""
    return fast_exp(x) if on_cpu() and x.dtype == mx.float32 else mx.exp(x)


@mx.custom_function
def _fast_gelu(x: mx.array) -> mx.array:
    # Far below the edge the function is nothing, however small its share and large the number.
    bounded = mx.maximum(x, -EDGE)
    return bounded * (_odd_rational(NORMAL, mx.minimum(bounded, EDGE)) + 0.5)


@_fast_gelu.vjp
def _fast_gelu_vjp(x: mx.array, cotangent: mx.array, _: mx.array) -> mx.array:
    return cotangent * (_odd_rational(GELU_SLOPE, mx.clip(x, -EDGE, EDGE)) + 0.5)


@mx.custom_function
def _fast_silu(x: mx.array) -> tuple[mx.array, mx.array]:
    share = 1.0 / (1.0 + fast_exp(mx.minimum(-x, 87.0)))
    return x * share, share


@_fast_silu.vjp
def _fast_silu_vjp(_: mx.array, cotangents: list[mx.array], outputs: list[mx.array]) -> mx.array:
    value, share = outputs
    return cotangents[0] * (share + value * (1.0 - share))


@mx.custom_function
def _fast_softmax(x: mx.array) -> mx.array:
    risen = fast_exp(x - mx.max(x, axis=-1, keepdims=True))
    return risen * (1.0 / mx.sum(risen, axis=-1, keepdims=True))


@_fast_softmax.vjp
def _fast_softmax_vjp(_: mx.array, cotangent: mx.array, s: mx.array) -> mx.array:
    weighted = cotangent * s
    return weighted - s * mx.sum(weighted, axis=-1, keepdims=True)


def gelu(x: mx.array) -> mx.array:
    """The GELU; on the CPU within 2e-5 with a slope within 2e-5."""
    return cast(mx.array, _fast_gelu(x)) if on_cpu() else nn.gelu(x)


def silu(x: mx.array) -> mx.array:
    """x times its sigmoid; on the CPU within 3e-7 of itself."""
    value: mx.array = (
        cast(list[mx.array], _fast_silu(x))[0] if on_cpu() and x.dtype == mx.float32 else x * mx.sigmoid(x)
    )
    return value


def masked_attention(
    queries: mx.array, keys: mx.array, values: mx.array, scale: float, mask: mx.array | None
) -> mx.array:
    """Scaled dot-product attention; `mask` is added to the scores."""
    if not on_cpu():
        return mx.fast.scaled_dot_product_attention(queries, keys, values, scale=scale, mask=mask)
    scores = (queries * scale) @ keys.swapaxes(-1, -2)
    return cast(mx.array, _fast_softmax(scores if mask is None else scores + mask)) @ values


def _attention_for_others(
    q: mx.array, k: mx.array, v: mx.array, *, scale: float, mask: mx.array | str | None = None, **rest: Any
) -> mx.array:
    """`mx.fast.scaled_dot_product_attention` with the fast softmax where that is possible."""
    if q.dtype != mx.float32 or any(value is not None for value in rest.values()):
        return _original_attention(q, k, v, scale=scale, mask=mask, **rest)
    rows, heads, span, width = q.shape
    groups = k.shape[1]
    # Several queries share a key head: they are lined up along the span, so that no key is copied.
    asked = q.reshape(rows, groups, heads // groups, span, width)
    mixed = masked_attention(asked, k[:, :, None], v[:, :, None], scale, _added(mask, span, k.shape[2]))
    return mixed.reshape(rows, heads, span, v.shape[-1])


_original_attention = mx.fast.scaled_dot_product_attention


def _added(mask: mx.array | str | None, span: int, columns: int) -> mx.array | None:
    """A mask of any kind as numbers to add, with room for the groups of heads."""
    if mask is None:
        return None
    if isinstance(mask, str):
        mask = mx.arange(columns - span, columns)[:, None] >= mx.arange(columns)[None, :]
    if mask.dtype == mx.bool_:
        mask = mx.where(mask, 0.0, mx.finfo(mx.float32).min)
    if mask.ndim < 4:
        return mask
    return mask[:, :, None] if mask.shape[1] == 1 else mask.reshape(mask.shape[0], -1, 1, *mask.shape[2:])


@contextmanager
def fast_activations() -> Iterator[None]:
    """Lend the fast SiLU and attention to a model that calls MLX's own, for as long as the block lasts."""
    if not on_cpu():
        yield
        return
    original = nn.silu
    nn.silu, mx.fast.scaled_dot_product_attention = silu, _attention_for_others
    try:
        yield
    finally:
        nn.silu, mx.fast.scaled_dot_product_attention = original, _original_attention
