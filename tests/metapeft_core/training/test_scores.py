"""Our scores against the packages that others use."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sklearn.metrics import accuracy_score, f1_score

from metapeft_core.training.scores import accuracy, macro_f1, rouge_l

some_words = st.lists(st.sampled_from(["The", "cat", "sat.", "on,a", "mat-2", "42", "dog!", "--"]), max_size=14)
pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=60)


@given(some_words, some_words)
def test_rouge_l_equals_the_rouge_score_package(written, wanted):
    left, right = " ".join(written), " ".join([*wanted, "end"])
    theirs = RougeScorer(["rougeL"]).score(right, left)["rougeL"].fmeasure
    assert rouge_l([left], [right]) == pytest.approx(theirs, abs=1e-12)


def test_rouge_l_compares_scripts_without_such_words_character_by_character():
    assert rouge_l(["猫が寝る"], ["猫が走る"]) == pytest.approx(0.75)


def test_rouge_l_is_averaged_over_the_rows():
    assert rouge_l(["a b", "x"], ["a b", "y"]) == pytest.approx(0.5)


@given(pairs)
def test_accuracy_and_macro_f1_equal_scikit_learn(rows):
    predicted, truth = (np.array(side, dtype=np.int64) for side in zip(*rows, strict=True))
    assert accuracy(predicted, truth) == pytest.approx(accuracy_score(truth, predicted))
    assert macro_f1(predicted, truth) == pytest.approx(f1_score(truth, predicted, average="macro", zero_division=0))
