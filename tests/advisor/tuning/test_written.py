"""Questions that were written for the lessons say what their numbers mean, and come in every act and tongue."""

from __future__ import annotations

import json
import re
from random import Random

from advisor.reading.form import SUBJECTS, TASKS, words
from advisor.reading.number import Role
from advisor.reading.reading import AFTER_ONE, WITH_DATA, Act
from advisor.tuning.drafts import Draft
from advisor.tuning.written import MARK, PLACE, Written, put, written

EVERY = [question for questions in written().values() for question in questions]


def test_every_act_has_been_written_about_and_nothing_twice():
    assert set(written()) == set(Act)
    assert min(map(len, written().values())) > 40
    assert len({question.text for question in EVERY}) == len(EVERY) > 4000
    assert sum(not question.in_english for question in EVERY) > 800


def test_those_behind_so_many_are_the_newest():
    newest = [question for questions in written(len(EVERY) - 3).values() for question in questions]
    assert len(newest) == 3
    lines = PLACE.read_text(encoding="utf-8").splitlines()
    assert {question.text for question in newest} == {json.loads(line)["text"] for line in lines[-3:]}
    assert set(written(len(EVERY))) == set(Act)


def test_what_they_tell_is_in_the_closed_vocabularies():
    assert {question.task for question in EVERY} - {None} == set(TASKS.values())
    assert {question.domain for question in EVERY} - {None} == set(SUBJECTS.values())
    assert all(question.after for question in EVERY if question.act in AFTER_ONE)
    assert all(question.data for question in EVERY if question.act in WITH_DATA)


def test_no_mark_is_left_when_a_question_is_put():
    for question in EVERY:
        text = put(question, Draft(Random(1), None, in_digits=not question.in_english))
        assert not re.search(r"[{}\[\]]", text), text


def test_a_number_in_brackets_stands_as_it_was_written_and_a_slot_is_drawn():
    question = Written(Act.RECOMMEND, "[rows|three dozen] jokes in {k} kinds of {tok} words", "sentiment", "literature")
    draft = Draft(Random(3), None)
    text = put(question, draft)
    assert text.startswith("three dozen jokes in ")
    assert draft.values == {"task": "sentiment", "domain": words("literature")}
    assert [role for _, role in draft.roles] == [Role.ROWS, Role.CLASSES, Role.TOKENS]
    assert draft.roles[0] == (36, Role.ROWS)
    assert put(question, Draft(Random(4), None)) != text


def test_what_a_number_is_worth_may_be_told_by_what_stands_around_it():
    question = Written(Act.RECOMMEND, "把{n}条工单分成[classes|五]类，每条约[tokens|80]字")
    draft = Draft(Random(1), None, in_digits=True)
    put(question, draft)
    assert [role for _, role in draft.roles] == [Role.ROWS, Role.CLASSES, Role.TOKENS]
    assert [value for value, _ in draft.roles][1:] == [5, 80]


def test_numbers_that_mean_something_are_nearly_always_found_again():
    marks = found = 0
    for question in EVERY:
        draft = Draft(Random(0), None, in_digits=True)
        put(Written(question.act, MARK.sub(lambda mark: mark[0] if mark["role"] else "x", question.text)), draft)
        own = sum(bool(mark["role"]) for mark in MARK.finditer(question.text))
        marks, found = marks + own, found + min(own, len(draft.roles))
    assert found > 0.97 * marks
