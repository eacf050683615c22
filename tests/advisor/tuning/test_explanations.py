"""Made-up evidence comes with reasons that hold against it."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from advisor.reasoning.check import faults
from advisor.reasoning.facts import Facts, in_lines
from advisor.reasoning.write import ASKED
from advisor.tuning.explanations import explanations, made_up
from metapeft_core.selection.reasons import NAMES


def test_the_same_seed_makes_the_same_examples():
    assert list(explanations(30, seed=2)) == list(explanations(30, seed=2))
    assert list(explanations(30, seed=2)) != list(explanations(30, seed=5))


def test_a_prompt_is_the_one_that_a_model_is_shown_and_what_follows_begins_with_a_space():
    for made in explanations(100, seed=1):
        assert made.prompt.startswith(f"{ASKED}method: ")
        assert made.prompt.endswith("\nreasons:")
        assert made.completion[0] == " "
        assert made.completion[1] != " "
        assert "\n" not in made.completion


def test_the_reasons_hold_against_the_evidence_of_their_prompt():
    for made in explanations(300, seed=7):
        lines = made.prompt.removeprefix(ASKED).removesuffix("reasons:").splitlines()
        told = {key.replace(" ", "_"): value for key, _, value in (line.partition(": ") for line in lines)}
        facts = Facts(**told)
        assert in_lines(facts) == made.prompt.removeprefix(ASKED).removesuffix("reasons:")
        assert faults(made.completion.strip(), facts) == []


@given(st.integers(0, 10**6))
def test_evidence_is_such_as_a_recommendation_may_have(seed: int):
    facts = made_up(Random(seed))
    assert facts.method in NAMES.values()
    assert float(facts.low) <= float(facts.score) <= float(facts.high)
    assert facts.method not in (facts.rival, facts.faster, facts.leaner, *facts.tied.split(" and "))
    assert bool(facts.rival) == bool(facts.rival_chance)
    assert not facts.rival or facts.rival not in facts.tied.split(" and ")
    assert facts.known_from in ("words", "data")


def test_every_kind_of_evidence_occurs():
    drawn = [made_up(Random(seed)) for seed in range(400)]
    for name in ("rival", "tied", "faster", "leaner", "comparisons", "published", "unlike", "safe", "misfit"):
        assert {bool(getattr(facts, name)) for facts in drawn} == {True, False}, name
    assert {facts.method for facts in drawn} == set(NAMES.values())
    assert {facts.known_from for facts in drawn} == {"words", "data"}
    assert {facts.time.split()[1] for facts in drawn} == {"seconds", "minutes", "hours"}
    assert {facts.memory.split()[1] for facts in drawn} == {"MB", "GB"}
