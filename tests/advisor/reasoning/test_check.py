"""A text that says what the evidence does not say is found out."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from advisor.reasoning.check import NUMBER, faults, methods_of, numbers_of
from advisor.reasoning.compose import composed
from advisor.reasoning.facts import Facts
from advisor.tuning.explanations import made_up
from metapeft_core.selection.reasons import NAMES

FACTS = Facts("AdaLoRA", "72%", "0.81", "0.70", "0.90", "5 minutes", "1.2 GB", "P-tuning", "31%", comparisons="12")
TRUE = "AdaLoRA is as good as the best with a probability of 72%. Expect about 0.81 in 5 minutes and 1.2 GB."


def test_a_text_that_keeps_to_the_evidence_has_no_faults():
    assert faults(TRUE, FACTS) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (TRUE.replace("72%", "73%"), "the number 73%"),
        (TRUE.replace("72%", "72"), "the number 72"),
        (TRUE.replace("0.81", "0.8"), "the number 0.8"),
        (TRUE.replace("0.81", "0,81"), "the number 0,81"),
        (TRUE + " It beats LoRA.", "the method LoRA"),
        (TRUE + " It beats prefix tuning.", "the method prefix tuning"),
        (TRUE + " It takes seven minutes.", "the number word seven"),
        (TRUE + " It rests on a hundred runs.", "the number word hundred"),
        (TRUE + " It rests on a thousand runs.", "the number word thousand"),
        (TRUE + " It rests on a dozen runs.", "the number word dozen"),
        (TRUE.replace("AdaLoRA", "This"), "no word of AdaLoRA"),
        (TRUE.replace("AdaLoRA", "P-tuning"), "no word of AdaLoRA"),
        (TRUE + " " + TRUE, "a sentence that is said twice"),
        (TRUE + " Take AdaLoRA. take adalora.", "a sentence that is said twice"),
        (TRUE.removesuffix("."), "no whole text"),
        (TRUE + " Against it", "no whole text"),
        ("AdaLoRA.", "no whole text"),
        ("AdaLoRA. " + TRUE * 20, "no whole text"),
        ("", "no whole text"),
        (TRUE.replace("5 minutes", "5 hours"), "the number 5 hours"),
        (TRUE.replace("5 minutes", "5 GB"), "the number 5 GB"),
        (TRUE.replace("5 minutes and 1.2 GB", "12 minutes"), "the number 12 minutes"),
    ],
)
def test_a_text_that_says_otherwise_is_found_out(text: str, fault: str):
    assert fault in faults(text, FACTS)


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("Between 0.70 and 0.90 in nine of ten cases.", None),
        ("Between 0.90 and 0.70 in nine of ten cases.", "the range 0.90 to 0.70"),
        ("The range is 0.81 to 0.90.", "the range 0.81 to 0.90"),
        ("Expect a score of 0.90.", "0.90 for the score"),
        ("P-tuning is not far behind at 31%.", None),
        ("P-tuning is not far behind at 72%.", "72% for P-tuning"),
        ("Its own probability is 31%.", "31% without P-tuning"),
        ("In a hurry, take prompt tuning.", None),
        ("In a hurry, take P-tuning.", "P-tuning as the faster one"),
        ("With less memory, prompt tuning would do.", "prompt tuning as the leaner one"),
    ],
)
def test_what_belongs_to_something_else_is_found_out(sentence: str, fault: str | None):
    facts = replace(FACTS, faster="prompt tuning", leaner="prefix tuning")
    assert faults(f"{TRUE} {sentence}", facts) == ([] if fault is None else [fault])


@given(st.integers(0, 10**6))
def test_everything_that_is_composed_holds(seed: int):
    chance = Random(seed)
    facts = made_up(chance)
    assert faults(composed(facts, chance.choice), facts) == []


@given(st.integers(0, 10**6), st.data())
def test_a_number_that_is_changed_anywhere_is_found_out(seed: int, data: st.DataObject):
    facts = made_up(Random(seed))
    text = composed(facts)
    places = [place for place, letter in enumerate(text) if letter.isdigit()]
    place = data.draw(st.sampled_from(places))
    changed = text[:place] + data.draw(st.sampled_from("0123456789")) + text[place + 1 :]
    assume(not numbers_of(changed) <= numbers_of(text))
    assert any(fault.startswith("the number ") for fault in faults(changed, facts))


@given(st.integers(0, 10**6))
def test_a_method_that_the_evidence_does_not_name_is_found_out(seed: int):
    facts = replace(made_up(Random(seed)), tied="", faster="", leaner="")
    for name in set(NAMES.values()) - {facts.method, facts.rival}:
        assert f"the method {name}" in faults(composed(facts) + f" Better than {name}.", facts)


@pytest.mark.parametrize(
    ("text", "methods"),
    [
        ("AdaLoRA alone", {"AdaLoRA"}),
        ("adalora, LoRA", {"AdaLoRA", "LoRA"}),
        ("Prefix tuning or P-Tuning", {"prefix tuning", "P-tuning"}),
        ("fine-tuning a prompt", set()),
    ],
)
def test_lora_inside_of_adalora_is_no_method_of_its_own(text: str, methods: set[str]):
    assert methods_of(text) == methods


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("about 0.81.", {"0.81"}),
        ("12, 13 and 5 minutes", {"12", "13", "5 minutes"}),
        ("83 % or 83%", {"83%"}),
        ("1,234 runs", {"1,234"}),
        ("1.2 GB and 113 MB", {"1.2 GB", "113 MB"}),
        ("none", set()),
    ],
)
def test_numbers_are_told_apart_as_they_are_written(text: str, numbers: set[str]):
    assert numbers_of(text) == numbers
    assert bool(NUMBER.search(text)) == bool(numbers)


def test_ways_of_speaking_count_nothing():
    said = " It holds in nine of ten cases, is one of the best of the five, and that is due to noise."
    assert faults(TRUE + said, FACTS) == []
