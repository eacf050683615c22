"""Reasons that are put together say what the evidence says and nothing else, whatever the evidence."""

from __future__ import annotations

import re
from dataclasses import asdict, fields, replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reasoning.check import faults
from advisor.reasoning.compose import SENTENCES, composed
from advisor.reasoning.facts import Facts
from advisor.tuning.explanations import made_up

PLAIN = Facts("prompt tuning", "72%", "0.81", "0.70", "0.90", "5 minutes", "1.2 GB", comparisons="12")
EVERYTHING = replace(
    PLAIN,
    rival="AdaLoRA",
    rival_chance="41%",
    faster="prefix tuning",
    leaner="P-tuning",
    published="30%",
    unlike="yes",
)


@given(st.integers(0, 10**6))
def test_what_is_composed_holds_against_its_evidence(seed: int):
    chance = Random(seed)
    facts = made_up(chance)
    assert faults(composed(facts), facts) == []
    assert faults(composed(facts, chance.choice), facts) == []


@pytest.mark.parametrize("name", SENTENCES)
def test_each_way_of_saying_a_thing_holds(name: str):
    told = {field.name: "" for field in fields(Facts)} | {
        name: value for name, value in asdict(EVERYTHING).items() if value
    }
    known = replace(EVERYTHING, tied="LoRA")
    for sentence in SENTENCES[name]:
        said = sentence.format(**told | {"tied": "LoRA"})
        wrong = [fault for fault in faults(said, known) if not fault.startswith(("no whole text", "no word of"))]
        assert wrong == [], said
        assert "{" not in said


@given(st.integers(0, 10**6))
def test_every_sentence_begins_with_a_capital(seed: int):
    facts = made_up(Random(seed))
    text = composed(facts)
    assert text[0].isupper() or text[0].isdigit()
    assert re.findall(r"[.!] [a-z]", text) == []


def test_the_same_evidence_gets_the_same_words():
    assert composed(PLAIN) == composed(replace(PLAIN))


def test_different_evidence_is_said_in_different_ways():
    openings = {composed(replace(PLAIN, chance=f"{share}%")).replace(f"{share}%", "")[:20] for share in range(30, 90)}
    assert len(openings) == len(SENTENCES["choice"])


def test_everything_there_is_to_say_is_said():
    text = composed(EVERYTHING)
    for value in (value for name, value in asdict(EVERYTHING).items() if name not in ("known_from", "unlike")):
        assert value.lower() in text.lower()
    assert "wide" in text


def test_of_what_there_is_nothing_to_say_nothing_is_said():
    text = composed(replace(PLAIN, comparisons=""))
    assert not any(word in text.lower() for word in ("adalora", "faster", "comparisons", "published", "wide"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"misfit": "yes", "safe": "yes", "tied": "LoRA"}, "limits"),
        ({"safe": "yes", "tied": "LoRA"}, "safe choice"),
        ({"tied": "LoRA"}, "LoRA"),
        ({}, "72%"),
    ],
)
def test_a_text_begins_with_what_weighs_most(changed: dict[str, str], said: str):
    facts = replace(PLAIN, **changed)
    for seed in range(8):
        assert said in composed(facts, Random(seed).choice).partition("0.")[0]


@pytest.mark.parametrize(("known_from", "others"), [("words", "data"), ("data", "words")])
def test_it_is_said_from_what_the_task_is_known(known_from: str, others: str):
    chosen: list[str] = []

    def watch(ways) -> str:
        chosen.extend(ways)
        return ways[0]

    composed(replace(PLAIN, known_from=known_from), watch)
    assert set(SENTENCES[known_from]) <= set(chosen)
    assert not set(SENTENCES[others]) & set(chosen)
