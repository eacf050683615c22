"""A form says what was filled in and nothing else can be written: its pattern, its lines, and how it is read again."""

from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reading.form import (
    SILENT,
    SUBJECTS,
    TASKS,
    Before,
    asked,
    filled,
    lines,
    number_lines,
    parsed,
    pattern_of,
    words,
)
from advisor.reading.number import PLAIN, Number, Role
from advisor.reading.numbers import numbers_in
from advisor.reading.reading import AFTER_ONE, WITH_DATA, Act, sensible_acts
from metapeft_core.data.task_type import TASK_TYPES

QUESTIONS = (
    "which method is best",
    "500 rows",
    "sorting 2,000 mails into 12 folders on 8 GB",
    "10\u00a0000 lignes, a few hundred more",
    "83% with 40 and 40",
    "300 тысяч строк",
    "０.5 (half a million)",
)


@cache
def pattern(after_one: bool, with_data: bool, question: str) -> re.Pattern[str]:
    return re.compile(pattern_of(after_one, with_data, numbers_in(question)))


@st.composite
def forms(draw: st.DrawFn) -> tuple[bool, bool, str, Act, dict[str, str], dict[str, Role]]:
    """A state, a question and what could be filled in."""
    after_one, with_data = draw(st.booleans()), draw(st.booleans())
    question = draw(st.sampled_from(QUESTIONS))
    act = draw(st.sampled_from(sensible_acts(after_one, with_data)))
    values = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "task": st.sampled_from(list(TASKS)),
                "domain": st.sampled_from(list(SUBJECTS)),
            },
        )
    )
    if act in SILENT:
        return after_one, with_data, question, act, {}, {}
    roles = {line.key: Role(draw(st.sampled_from(line.values))) for line in number_lines(numbers_in(question))}
    return after_one, with_data, question, act, values, roles


@given(forms())
def test_every_form_that_makes_sense_fits_its_pattern(form):
    after_one, with_data, question, act, values, roles = form
    assert pattern(after_one, with_data, question).fullmatch(filled(act, values, roles))


@given(forms())
def test_what_was_filled_in_is_read_again(form):
    _, _, _, act, values, roles = form
    assert parsed(filled(act, values, roles)) == {"act": act, **values, **roles}


@given(forms(), st.data())
def test_a_form_with_a_letter_changed_is_none_or_another_one_that_makes_sense(form, data: st.DataObject):
    after_one, with_data, question, act, values, roles = form
    text = filled(act, values, roles)
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + data.draw(st.sampled_from("x0\n :")) + text[place + 1 :]
    if pattern(after_one, with_data, question).fullmatch(changed):
        known = {line.key: line.values for line in (*lines(after_one, with_data), *number_lines(numbers_in(question)))}
        assert all(value in known[key] for key, value in parsed(changed).items())


@pytest.mark.parametrize(
    "text",
    [
        "act: recommend\ntask: cooking\n500: rows\n",
        "act: recommend\ndomain: nowhere\n500: rows\n",
        "act: recommend\nlanguage: de\n500: rows\n",
        "act: recommend\n500: parameters\n",
        "act: recommend\n501: rows\n",
        "act: recommend\n",
        "act: recommend\n500: rows\n500: rows\n",
        "act: recommend\n500: rows\ntask: spam\n",
        "act: recommend\ndomain: legal\ntask: spam\n500: rows\n",
        "act: recommend\ntask: spam\ntask: spam\n500: rows\n",
        "task: spam\n500: rows\n",
        "500: rows\n",
        "act: dance\n500: rows\n",
        "act: refine\n500: rows\n",
        "act: describe\n500: rows\n",
        "act: help\n500: rows\n",
        "act: other\ntask: spam\n",
        "act: recommend\n500: rows",
        "act: recommend\n500: rows\nfurther: words\n",
        " act: recommend\n500: rows\n",
        "",
    ],
)
def test_nothing_else_fits_the_pattern(text: str):
    assert pattern(False, False, "500 rows").fullmatch(text) is None


@pytest.mark.parametrize("act", sorted(AFTER_ONE))
def test_what_leans_on_a_recommendation_needs_one(act: Act):
    text = filled(act, {}, {})
    assert pattern(True, False, "which method is best").fullmatch(text)
    assert not pattern(False, True, "which method is best").fullmatch(text)


@pytest.mark.parametrize("act", sorted(WITH_DATA))
def test_what_is_about_the_data_needs_data(act: Act):
    text = filled(act, {}, {})
    assert pattern(False, True, "which method is best").fullmatch(text)
    assert not pattern(True, False, "which method is best").fullmatch(text)


@pytest.mark.parametrize("act", SILENT)
def test_of_a_silent_act_nothing_else_is_asked(act: Act):
    assert pattern(False, False, "500 rows").fullmatch(f"act: {act}\n")


def test_a_number_has_a_line_where_it_could_mean_several_things():
    found = number_lines(numbers_in("50 rows, 4 classes, 8 GB, 10\u00a0000 more"))
    assert [line.key for line in found] == ["50", "10 000"]
    assert found[0].values == PLAIN
    assert Role.CLASSES not in found[1].values
    assert not any(line.optional for line in found)


def test_a_number_that_is_written_twice_has_one_line():
    assert [line.key for line in number_lines(numbers_in("500 and 500, or 500 labels"))] == ["500"]


def test_signs_in_a_number_mean_themselves_in_the_pattern():
    number = Number("1.5k", 0, 1500.0, PLAIN)
    told = re.compile(pattern_of(False, False, [number]))
    assert told.fullmatch("act: recommend\n1.5k: rows\n")
    assert not told.fullmatch("act: recommend\n1x5k: rows\n")


def test_every_kind_of_task_can_be_said():
    assert set(TASKS.values()) == set(TASK_TYPES)
    assert not any("_" in said for said in TASKS)
    assert TASKS[words("nli")] == "nli"


def test_a_question_is_shown_in_one_line_with_what_was_before():
    before = Before("prefix_tuning", "nli", "social_media", 500)
    assert asked("and\n with\t40?", before, True) == (
        "question: and with 40?\nbefore: prefix tuning, natural language inference, social media, 500 rows\ndata: yes\n"
    )
    assert asked("best method", None, False) == "question: best method\n"
    assert asked("why", Before("lora", None, None, None), False) == "question: why\nbefore: lora\n"
