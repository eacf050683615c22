"""The fast activations err no more than ops.py says."""

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import erf

from metapeft_core.backbones import ops

GRID = np.concatenate([np.linspace(-12, 12, 40_001), [-1e4, -100, -40, 40, 100, 1e4]])


def _mx(values):
    return mx.array(values.astype(np.float32))


def test_the_gelu_is_exact_to_2e_5_everywhere():
    exact = GRID * 0.5 * (1 + erf(GRID / np.sqrt(2)))
    assert np.allclose(np.array(ops.gelu(_mx(GRID))), exact, rtol=1e-6, atol=2e-5)


def test_the_gelus_slope_is_exact_to_2e_5_everywhere():
    slope = mx.vjp(ops.gelu, [_mx(GRID)], [mx.ones(len(GRID))])[1][0]
    exact = 0.5 * (1 + erf(GRID / np.sqrt(2))) + GRID * np.exp(-GRID * GRID / 2) / np.sqrt(2 * np.pi)
    assert np.abs(np.array(slope) - exact).max() < 2e-5


def test_the_exponential_is_exact_to_3e_7_of_itself():
    x = np.linspace(-87, 88, 100_001).astype(np.float32)
    exact = np.exp(x.astype(np.float64))
    assert np.abs(np.array(ops.fast_exp(mx.array(x))) / exact - 1).max() < 3e-7 + 1e-7 * 88


def test_the_exponential_of_very_negative_numbers_is_nearly_nothing():
    low = np.array(ops.fast_exp(mx.array([-90.0, -1e4, -3.4e38])))
    assert (low >= 0).all()
    assert (low < 2e-38).all()


def test_silu_and_its_slope_agree_with_mlx():
    x = _mx(GRID)
    mine, theirs = (mx.vjp(f, [x], [mx.ones(len(GRID))]) for f in (ops.silu, nn.silu))
    for own, other in zip((mine[0][0], mine[1][0]), (theirs[0][0], theirs[1][0]), strict=True):
        assert np.allclose(np.array(own), np.array(other), rtol=2e-6, atol=2e-6)


@given(
    rows=st.integers(1, 3),
    groups=st.integers(1, 2),
    each=st.integers(1, 3),
    span=st.integers(1, 5),
    lent=st.integers(0, 3),
    kind=st.sampled_from(["none", "causal", "boolean", "added", "rows"]),
)
def test_attention_agrees_with_mlx_under_every_kind_of_mask(rows, groups, each, span, lent, kind):
    key = mx.random.split(mx.random.key(rows * 7 + span), 4)
    q = mx.random.normal((rows, groups * each, span, 8), key=key[0])
    k, v = (mx.random.normal((rows, groups, span + lent, 8), key=key[i]) for i in (1, 2))
    seen = mx.arange(lent, lent + span)[:, None] >= mx.arange(span + lent)[None]
    mask = {
        "none": None,
        "causal": "causal",
        "boolean": seen,
        "added": mx.random.normal((rows, 1, span, span + lent), key=key[3]),
        "rows": mx.broadcast_to(seen, (rows, 1, span, span + lent)),
    }[kind]
    theirs = mx.fast.scaled_dot_product_attention(q, k, v, scale=0.3, mask=mask)
    with ops.fast_activations():
        ours = mx.fast.scaled_dot_product_attention(q, k, v, scale=0.3, mask=mask)
    assert np.allclose(np.array(ours), np.array(theirs), atol=2e-6)


def test_what_was_lent_is_given_back_also_after_a_fault():
    before = nn.silu, mx.fast.scaled_dot_product_attention
    with pytest.raises(ZeroDivisionError), ops.fast_activations():
        raise ZeroDivisionError
    assert (nn.silu, mx.fast.scaled_dot_product_attention) == before
