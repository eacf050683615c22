"""Groups are held out whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from metapeft_core.selection.folds import group_folds, one_group_out

GROUPS = st.lists(st.integers(0, 12), min_size=1, max_size=80)


@given(groups=GROUPS, count=st.integers(1, 9), seed=st.integers(0, 99))
def test_no_group_is_in_two_folds_and_no_fold_is_empty(groups, count, seed):
    folds = group_folds(groups, count, seed)
    assert all(len({fold for fold, name in zip(folds, groups, strict=True) if name == group}) == 1 for group in groups)
    assert set(folds.tolist()) == set(range(min(count, len(set(groups)))))


def test_folds_are_about_equally_large():
    folds = group_folds([n // 5 for n in range(100)], 5, 0)
    assert [int((folds == fold).sum()) for fold in range(5)] == [20] * 5


def test_another_seed_draws_other_folds():
    groups = list(range(40))
    assert group_folds(groups, 4, 0).tolist() == group_folds(groups, 4, 0).tolist()
    assert group_folds(groups, 4, 0).tolist() != group_folds(groups, 4, 1).tolist()


@given(groups=GROUPS)
def test_every_group_is_left_out_once_and_whole(groups):
    found = list(one_group_out(groups))
    assert [name for name, _ in found] == list(dict.fromkeys(groups))
    assert all(mask.tolist() == [group == name for group in groups] for name, mask in found)
