"""Methods side by side: the forecasts of a recommendation, and what can be noticed of their difference."""

from __future__ import annotations

import pytest

from knowledge.brief import TaskBrief
from metapeft_core.errors import ToolError
from metapeft_core.types import PEFTMethod
from tools import compare_methods, select_method
from tools.registry import get_tool

TASK = TaskBrief(rows=64, task_type="topic", classes=20)
PAIR = (PEFTMethod.ADALORA, PEFTMethod.PROMPT_TUNING)


def test_all_five_are_compared_unless_some_are_named(bench):
    assert {one.method for one in compare_methods(task=TASK, bench=bench).forecasts} == set(PEFTMethod)
    assert {one.method for one in compare_methods(PAIR, TASK, bench=bench).forecasts} == set(PAIR)


def test_the_forecasts_are_those_of_a_recommendation(bench, tickets):
    found = compare_methods(PAIR, data=tickets, bench=bench)
    told = select_method(data=tickets, bench=bench)
    assert found.forecasts == tuple(one for one in told.ranking if one.method in PAIR)
    assert found.noise_floor == told.noise_floor


def test_the_better_one_comes_first_and_what_is_within_noise_is_not_noticeable(bench):
    for pair in (PAIR, (PEFTMethod.LORA, PEFTMethod.P_TUNING), tuple(PEFTMethod)):
        found = compare_methods(pair, TASK, bench=bench)
        first, second = found.forecasts[:2]
        assert (found.ahead, found.behind) == (first.method, second.method)
        assert found.difference == pytest.approx(first.quality.expected - second.quality.expected)
        assert found.difference >= 0
        assert found.noticeable == (found.difference > found.noise_floor)


def test_the_fastest_and_the_leanest_are_named(bench):
    found = compare_methods(task=TASK, bench=bench)
    by_method = {one.method: one for one in found.forecasts}
    assert by_method[found.fastest].seconds.expected == min(one.seconds.expected for one in found.forecasts)
    assert by_method[found.leanest].memory_bytes.expected == min(one.memory_bytes.expected for one in found.forecasts)


def test_a_method_that_breaks_a_limit_comes_after_one_that_keeps_it(bench, tickets):
    free = compare_methods(data=tickets, bench=bench)
    seconds = {one.method: one.seconds.expected for one in free.forecasts}
    slowest = max(seconds, key=seconds.__getitem__)
    limit = (seconds[slowest] * seconds[free.fastest]) ** 0.5 / 60
    found = compare_methods((slowest, free.fastest), data=tickets, max_minutes=limit, bench=bench)
    assert [(one.method, one.fits) for one in found.forecasts] == [(free.fastest, True), (slowest, False)]


def test_who_is_ahead_does_not_depend_on_limits(bench, tickets):
    free = compare_methods(data=tickets, bench=bench)
    assert all(not one.fits for one in compare_methods(data=tickets, max_minutes=0.001, bench=bench).forecasts)
    for limit in (one.seconds.expected / 60 for one in free.forecasts):
        found = compare_methods(data=tickets, max_minutes=limit, bench=bench)
        assert (found.ahead, found.behind) == (free.ahead, free.behind)
        assert found.difference == pytest.approx(free.difference)
        assert found.difference >= 0


@pytest.mark.parametrize("methods", [["lora"], ["lora", "lora"], []], ids=str)
def test_one_method_has_nothing_to_be_compared_with(bench, methods):
    with pytest.raises(ToolError, match="methods"):
        get_tool("compare_methods").call({"methods": methods}, bench)
    with pytest.raises(ToolError, match="two or more"):
        compare_methods(tuple(map(PEFTMethod, methods)), bench=bench)
