"""What callers hand over is checked, and what they need not say is filled in."""

from __future__ import annotations

import numpy as np
import pytest

from metapeft_core.errors import SelectionError
from metapeft_core.selection.table import score_table


def test_what_is_not_said_is_filled_in():
    table = score_table([[1.0], [2.0]], [[0.1, 0.2, np.nan], [0.3, 0.4, 0.5]])
    assert table.candidates == ("candidate 0", "candidate 1", "candidate 2")
    assert table.groups == (0, 1)
    assert table.weights.tolist() == [1, 1]
    assert table.traits.tolist() == np.eye(3).tolist()
    assert table.seen.tolist() == [[True, True, False], [True, True, True]]


def test_some_of_the_rows_keep_what_belongs_to_them():
    table = score_table([[1.0], [2.0], [3.0]], [[1.0, 2], [3, 4], [5, 6]], groups="aab", weights=[1, 2, 3])
    part = table.rows(np.array([False, True, True]))
    assert (part.groups, part.weights.tolist(), part.scores[0].tolist()) == (("a", "b"), [2, 3], [3, 4])


@pytest.mark.parametrize(
    ("features", "scores", "told", "words"),
    [
        ([[1.0]], [[]], {}, "scores have the shape"),
        ([[1.0], [2.0]], [[1.0, 2.0]], {}, "features have the shape"),
        ([[1.0]], [[1.0, 2.0]], {"candidates": ["a", "a"]}, "name of its own"),
        ([[1.0]], [[1.0, 2.0]], {"candidates": ["a"]}, "1 names for 2"),
        ([[1.0]], [[np.nan, np.nan]], {}, "at least one score"),
        ([[np.inf]], [[1.0, 2.0]], {}, "infinite"),
        ([[1.0]], [[1.0, 2.0]], {"groups": [1, 2]}, "2 groups for 1"),
        ([[1.0]], [[1.0, 2.0]], {"weights": [-1.0]}, "weights"),
        ([[1.0]], [[1.0, 2.0]], {"weights": [0.0]}, "not all 0"),
        ([[1.0]], [[1.0, 2.0]], {"traits": [[1.0]]}, "traits"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_with_what_to_do(features, scores, told, words):
    with pytest.raises(SelectionError, match=words):
        score_table(features, scores, **told)
