"""What questions are made of is in the closed vocabularies, and can be read again where it names something."""

from __future__ import annotations

import re

import pytest

from advisor.reading.form import SUBJECTS, TASKS
from advisor.reading.languages import language_in
from advisor.reading.names import methods_in, model_in, targets_in
from advisor.reading.number import Role
from advisor.reading.numbers import numbers_in
from advisor.reading.reading import Act
from advisor.tuning.words import elsewhere, english, tongues
from metapeft_core.data.language import LANGUAGES
from metapeft_core.types import PEFTMethod

SLOTS = {"job", "things", "n", "limit", "mem", "time", "on", "m", "m2", "target", "score", "k", "steps", "lang", "tok"}


def slots(frame: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", frame))


def test_tasks_subjects_and_languages_are_those_of_the_form():
    assert set(english().tasks) == {name for name in TASKS.values() if not name.startswith("other")}
    assert set(english().subjects) == set(SUBJECTS.values())
    assert set(english().speeches) <= set(LANGUAGES)
    assert all(language_in(name) == code for code, names in english().speeches.items() for name in names)


@pytest.mark.parametrize("code", tongues())
def test_another_language_has_words_of_the_same_vocabularies(code: str):
    tongue = tongues()[code]
    assert code in LANGUAGES
    assert set(tongue.tasks) <= set(TASKS.values())
    assert set(tongue.things) <= {"", *SUBJECTS.values()}
    assert {code: language_in(name) for code, name in tongue.speeches.items()} == {c: c for c in tongue.speeches}


def test_every_act_has_frames_and_every_slot_of_them_is_known():
    assert set(english().frames) == set(Act) - {Act.OTHER}
    for tongue in (english(), *tongues().values()):
        for frames in tongue.frames.values():
            assert frames
            assert all(slots(frame) <= SLOTS for frame in frames)


def test_what_is_elsewhere_has_something_for_each_of_its_slots():
    for question in elsewhere().questions:
        assert slots(question) <= {*elsewhere().fill, "a", "b"}


@pytest.mark.parametrize("method", list(PEFTMethod))
def test_a_method_is_recognised_by_every_word_for_it(method: PEFTMethod):
    for said in english().methods[method]:
        assert method in methods_in(f"why not {said} here"), said


def test_a_model_is_recognised_by_every_name_or_size_for_it():
    for said in english().models:
        sizes = [number for number in numbers_in(said) if number.roles == (Role.PARAMETERS,)]
        assert model_in(f"with {said} please") or sizes or not re.search(r"\d", said), said


def test_a_tool_is_recognised_by_every_word_for_it():
    for target, words in english().targets.items():
        for said in words:
            assert targets_in(f"settings for {said}") == (target,), said


def test_words_that_say_there_are_some_are_read_so():
    for said in english().vague:
        assert [number.vague for number in numbers_in(f"{said} rows")] == [True], said


def test_noises_are_no_numbers_or_only_small_ones():
    for noise in english().noises:
        assert all(number.value <= 32 for number in numbers_in(noise.format(x=4))), noise
