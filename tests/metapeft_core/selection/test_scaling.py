"""Any numbers become small ones."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metapeft_core.selection.scaling import FARTHEST, Scaler

WILD = st.one_of(st.floats(-1e12, 1e12), st.just(np.nan), st.integers(-3, 3).map(float))


@given(features=arrays(np.float64, st.tuples(st.integers(1, 30), st.integers(1, 4)), elements=WILD))
def test_whatever_goes_in_small_finite_numbers_come_out(features):
    scaler = Scaler.fitted(features)
    scaled = scaler.scale(features)
    assert scaled.shape == (len(features), scaler.width)
    assert np.isfinite(scaled).all()
    assert (np.abs(scaled) <= FARTHEST).all()


@given(values=arrays(np.float64, st.integers(2, 60), elements=st.floats(-1e6, 1e6)))
def test_the_order_of_values_is_kept(values):
    scaled = Scaler.fitted(values[:, None]).scale(values[:, None])
    if scaled.shape[1]:
        order = np.argsort(values, kind="stable")
        assert (np.diff(scaled[order, 0]) >= -1e-9).all()


def test_a_feature_in_which_all_agree_is_left_out_and_gaps_are_told():
    features = np.array([[1.0, 5.0, np.nan], [1.0, 6.0, 2.0], [1.0, 9.0, 4.0]])
    scaler = Scaler.fitted(features)
    scaled = scaler.scale(features)
    assert scaler.kept == (1, 2)
    assert scaled[0, 1] == 0
    assert scaled[:, 2].tolist() == [1, 0, 0]


def test_a_heavy_tail_leaves_room_for_the_rest():
    values = np.exp(np.random.default_rng(0).normal(size=(200, 1)) * 3)
    scaled = Scaler.fitted(values).scale(values)[:, 0]
    assert np.quantile(scaled, 0.75) - np.quantile(scaled, 0.25) > 0.5
