"""What is said of a recommendation are its own figures, in digits that people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from advisor.reasoning.facts import Facts, duration, facts_of, in_lines, listed, percent, size
from knowledge.brief import TaskBrief
from metapeft_core.selection.reasons import NAMES
from metapeft_core.types import Interval, MethodForecast, MethodRecommendation, PEFTMethod
from tools import select_method
from tools.workbench import Workbench

LORA, ADALORA, PREFIX = PEFTMethod.LORA, PEFTMethod.ADALORA, PEFTMethod.PREFIX_TUNING
CHANCES = {LORA: 0.9, PEFTMethod.P_TUNING: 0.4, ADALORA: 0.8, PREFIX: 0.2, PEFTMethod.PROMPT_TUNING: 0.1}


def forecast(method: PEFTMethod, fits: bool = True) -> MethodForecast:
    quality, seconds, memory = Interval(0.812, 0.7, 0.9), Interval(90, 60, 120), Interval(2e9, 1e9, 3e9)
    return MethodForecast(method, CHANCES[method], quality, seconds, memory, {"learning_rate": 1e-3}, fits)


def recommendation(tied: Sequence[PEFTMethod] = (), unfit: Sequence[PEFTMethod] = ()) -> MethodRecommendation:
    ranking = tuple(forecast(method, method not in unfit) for method in CHANCES)
    best = dict.fromkeys(("best", "fastest", "leanest"), LORA)
    return MethodRecommendation(LORA, 0.9, {}, {}, "", ranking, best, tuple(tied), None, (), 0.3, 0.02, 200)


def test_every_figure_of_a_recommendation_is_told():
    found = facts_of(replace(recommendation(), published=0.4), comparisons=12, from_data=True)
    assert found == Facts(
        method="LoRA",
        chance="90%",
        score="0.81",
        low="0.70",
        high="0.90",
        time="90 seconds",
        memory="1.9 GB",
        rival="AdaLoRA",
        rival_chance="80%",
        comparisons="12",
        published="40%",
        known_from="data",
    )


def test_the_facts_of_a_real_recommendation_are_its_own(tmp_path):
    with Workbench(tmp_path / "experiences.sqlite") as bench:
        found = select_method(TaskBrief(rows=300, task_type="sentiment"), bench=bench)
    facts = facts_of(found, comparisons=9, from_data=False)
    taken = next(one for one in found.ranking if one.method == found.method)
    assert facts.method == NAMES[found.method]
    assert facts.chance == f"{taken.chance:.0%}"
    assert (facts.low, facts.score, facts.high) == tuple(
        f"{value:.2f}" for value in (taken.quality.low, taken.quality.expected, taken.quality.high)
    )
    assert facts.time.split()[1] in ("seconds", "minutes", "hours")
    assert facts.memory.split()[1] in ("MB", "GB")
    assert facts.rival in NAMES.values()
    assert facts.rival != facts.method
    assert (facts.comparisons, facts.known_from, facts.published) == ("9", "words", "")


def test_the_rival_is_none_of_those_that_are_tied():
    found = facts_of(recommendation(tied=[LORA, ADALORA]), comparisons=12, from_data=False)
    assert (found.tied, found.rival) == ("AdaLoRA", "P-tuning")


def test_a_method_that_breaks_the_limits_is_no_rival():
    found = facts_of(recommendation(unfit=[ADALORA]), comparisons=12, from_data=False)
    assert (found.rival, found.misfit) == ("P-tuning", "")


def test_all_others_may_be_tied():
    found = facts_of(recommendation(tied=list(CHANCES)), comparisons=12, from_data=False)
    assert (found.rival, found.rival_chance) == ("", "")
    assert found.tied == "P-tuning, AdaLoRA, prefix tuning and prompt tuning"


def test_where_nothing_fits_the_limits_that_is_said_and_no_rival_is_named():
    found = facts_of(recommendation(unfit=list(CHANCES)), comparisons=12, from_data=False)
    assert (found.misfit, found.rival, found.safe) == ("yes", "", "")


def test_the_safe_choice_is_told_as_such_unless_nothing_fits():
    fitting = replace(recommendation(), abstained="nothing is like it")
    assert facts_of(fitting, 12, from_data=False).safe == "yes"
    unfit = replace(recommendation(unfit=list(CHANCES)), abstained="nothing is like it")
    assert (facts_of(unfit, 12, from_data=False).safe, facts_of(unfit, 12, from_data=False).misfit) == ("", "yes")


def test_other_methods_are_named_where_they_are_faster_or_leaner():
    best = {"best": LORA, "fastest": PREFIX, "leanest": ADALORA}
    found = facts_of(replace(recommendation(), alternatives=best), comparisons=12, from_data=False)
    assert (found.faster, found.leaner) == ("prefix tuning", "AdaLoRA")


@pytest.mark.parametrize(("novelty", "told"), [(0.99, ""), (1.0, "yes"), (2.5, "yes")])
def test_a_task_like_none_is_told_as_such(novelty: float, told: str):
    assert facts_of(replace(recommendation(), novelty=novelty), comparisons=12, from_data=False).unlike == told


def test_what_is_nothing_is_not_told():
    found = facts_of(replace(recommendation(), published=0.04), comparisons=0, from_data=False)
    assert (found.comparisons, found.published) == ("", "")
    assert in_lines(found).splitlines() == [
        "method: LoRA",
        "chance: 90%",
        "score: 0.81",
        "low: 0.70",
        "high: 0.90",
        "time: 90 seconds",
        "memory: 1.9 GB",
        "rival: AdaLoRA",
        "rival chance: 80%",
        "known from: words",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(7, "7 seconds"), (99, "99 seconds"), (600, "10 minutes"), (5940, "99 minutes"), (7200, "2 hours")],
)
def test_a_time_is_said_in_the_unit_that_people_use(seconds: float, said: str):
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"), [(300 * 2**20, "300 MB"), (2**30, "1.0 GB"), (2.5 * 2**30, "2.5 GB"), (80 * 2**30, "80.0 GB")]
)
def test_a_size_is_said_in_the_unit_that_people_use(count: float, said: str):
    assert size(count) == said


def test_shares_and_names_are_said_as_people_say_them():
    assert (percent(0.834), percent(1)) == ("83%", "100%")
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_where_hardly_anything_but_published_figures_counts_no_runs_are_named():
    found = facts_of(replace(recommendation(), published=0.99), comparisons=12, from_data=False)
    assert (found.comparisons, found.published) == ("", "99%")
