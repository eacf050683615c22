"""What tools found is told as it is: who is ahead, what keeps the limits, what was new."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.answers import of_comparison, of_record
from knowledge.brief import TaskBrief
from tools import compare_methods
from tools.compare_methods import MethodComparison
from tools.record_outcome import Recorded
from tools.workbench import Workbench


@pytest.fixture(scope="module")
def compared(tmp_path_factory) -> MethodComparison:
    with Workbench(tmp_path_factory.mktemp("store") / "experiences.sqlite") as bench:
        return compare_methods(task=TaskBrief(500, "sentiment", "reviews"), bench=bench)


def test_whoever_is_expected_to_score_more_is_ahead_whatever_comes_first(compared):
    turned = replace(compared, forecasts=tuple(reversed(compared.forecasts)))
    assert of_comparison(turned).split(": ")[0] == of_comparison(compared).split(": ")[0]
    assert " -" not in of_comparison(turned)


def test_a_difference_beyond_noise_is_told_as_one(compared):
    told = of_comparison(replace(compared, difference=0.23, noticeable=True))
    assert "is expected to beat" in told
    assert "by 0.23" in told
    assert "more than noise" in told


def test_what_breaks_the_limits_is_named(compared):
    first, *others = compared.forecasts
    assert "keep the limits" not in of_comparison(compared)
    told = of_comparison(replace(compared, forecasts=(*others, replace(first, fits=False))))
    assert told.count("would not keep the limits") == 1


def test_what_was_known_is_not_told_as_new():
    assert of_record(Recorded("a", None, is_new=False)) == "I knew that already: nothing was added."
    assert of_record(Recorded("a", None)).startswith("Remembered.")
    assert "0.12" in of_record(Recorded("a", 0.12))
