"""Made-up questions come with forms that fit them, of every kind, and the same ones every time."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reading.form import SILENT, SUBJECTS, TASKS, parsed, pattern_of
from advisor.reading.languages import language_in
from advisor.reading.number import Number, Role
from advisor.reading.reader import numbers_beside_names, read, understood
from advisor.reading.reading import Act
from advisor.tuning import conversations as conversations_module
from advisor.tuning.conversations import SHARES, Example, conversations, example
from advisor.tuning.written import Written, written

COUNT = 1500


@cache
def examples() -> tuple[Example, ...]:
    return tuple(conversations(COUNT, seed=11))


def question_of(made: Example) -> str:
    return made.prompt.splitlines()[0].removeprefix("question: ")


def numbers_of(made: Example) -> tuple[Number, ...]:
    return numbers_beside_names(question_of(made))


def pattern_for(made: Example) -> str:
    """The pattern that a model would be held to after this prompt."""
    after_one = any(line.startswith("before: ") for line in made.prompt.splitlines())
    return pattern_of(after_one, "data: yes" in made.prompt.splitlines(), numbers_of(made))


def test_the_same_seed_makes_the_same_examples():
    assert list(conversations(40, seed=3)) == list(conversations(40, seed=3))
    assert list(conversations(40, seed=3)) != list(conversations(40, seed=4))


def test_lessons_can_be_of_the_newer_questions_only(monkeypatch):
    every = [question for questions in written().values() for question in questions]
    newest = Written(Act.RECOMMEND, "xyzzy")
    kept = {act: [newest] if act is Act.RECOMMEND else [] for act in Act}
    monkeypatch.setattr(conversations_module, "written", lambda since: kept if since == len(every) else written())
    made = list(conversations(200, seed=3, since=len(every)))
    asked = [question_of(one) for one in made if parsed(one.completion)["act"] == Act.RECOMMEND]
    assert sum("xyzzy" in text.lower() for text in asked) > len(asked) / 3
    assert not any("xyzzy" in question_of(one).lower() for one in conversations(200, seed=3))


def test_as_many_are_made_as_are_asked_for():
    assert len(examples()) == COUNT
    assert list(conversations(0)) == []


def test_every_form_fits_the_pattern_that_a_model_is_held_to():
    for made in examples():
        assert re.fullmatch(pattern_for(made), made.completion), made


@given(st.integers(0, 10**9))
def test_whatever_is_drawn_fits_its_pattern(seed: int):
    made = example(Random(seed))
    assert made is None or re.fullmatch(pattern_for(made), made.completion), made


def test_a_prompt_is_a_question_in_one_line_and_what_was_before():
    for made in examples():
        first, *others = made.prompt.splitlines()
        assert re.fullmatch(r"question: \S.*", first)
        assert [line.partition(":")[0] for line in others] in ([], ["before"], ["data"], ["before", "data"])


def test_no_form_has_a_number_that_is_not_in_its_question():
    for made in examples():
        keys = {key for key in parsed(made.completion) if key not in ("act", "task", "domain")}
        assert keys <= {" ".join(number.text.split()) for number in numbers_of(made)}
        assert all(key in question_of(made) for key in keys)


def test_what_a_form_says_can_be_understood():
    for made in examples():
        values, roles = understood(made.completion, numbers_of(made))
        assert Act(values["act"]) in Act
        assert set(roles) == {number.text for number in numbers_of(made)}


def test_every_act_occurs_about_as_often_as_it_should():
    found = Counter(parsed(made.completion)["act"] for made in examples())
    whole = sum(SHARES.values())
    for act in Act:
        assert found[act] == pytest.approx(COUNT * SHARES[act] / whole, rel=0.5, abs=15)


def test_most_tasks_subjects_and_several_languages_occur():
    forms = [parsed(made.completion) for made in examples()]
    assert {form["task"] for form in forms if "task" in form} == set(TASKS)
    assert len({form["domain"] for form in forms if "domain" in form}) > 0.8 * len(SUBJECTS)
    assert len({language_in(question_of(made)) for made in examples()}) > 10


def test_every_meaning_of_a_plain_number_occurs():
    meant = {value for made in examples() for key, value in parsed(made.completion).items() if key[0].isdigit()}
    assert {Role.ROWS, Role.CLASSES, Role.STEPS, Role.SCORE, Role.NOTHING} <= meant


def test_questions_are_asked_in_several_scripts():
    text = " ".join(map(question_of, examples()))
    for script in ("a-z", "а-я", "\u4e00-\u9fff", "\u3040-\u30ff"):
        assert re.search(f"[{script}]", text)


def test_silent_acts_have_one_line_only():
    silent = [made for made in examples() if parsed(made.completion)["act"] in SILENT]
    assert silent
    assert all(made.completion.count("\n") == 1 for made in silent)


def test_few_questions_are_made_twice():
    asked = [question_of(made) for made in examples() if parsed(made.completion)["act"] == Act.RECOMMEND]
    assert len(set(asked)) > 0.95 * len(asked)


class Recalls:
    """Fills in what an example says."""

    def __init__(self, form: str) -> None:
        self.form = form

    def fill(self, *_: object) -> str:
        return self.form


def test_numbers_of_rows_are_worth_what_the_question_says():
    counted = 0
    for made in examples():
        found = read(question_of(made), Recalls(made.completion))
        said = {round(number.value) for number in numbers_of(made) if not number.vague}
        if found.task.rows is not None and found.task.classes is None:
            assert found.task.rows in said
            counted += 1
    assert counted > 100
