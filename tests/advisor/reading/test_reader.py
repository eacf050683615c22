"""A question becomes a reading whose every number and name stands in the question, whoever fills in the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisor.reading.by_words import WordReader
from advisor.reading.form import SILENT, SUBJECTS, TASKS, Before, filled, number_lines
from advisor.reading.number import Number, Role
from advisor.reading.numbers import numbers_in
from advisor.reading.reader import numbers_beside_names, read
from advisor.reading.reading import Act, Reading, sensible_acts
from metapeft_core.types import PEFTMethod

BEFORE = Before("lora", "topic", None, 500)


@dataclass
class Fills:
    """Writes the same form whatever is asked, and remembers what it was asked."""

    form: str
    seen: list[tuple[str, list[str], Before | None, bool]] = field(default_factory=list)

    def fill(self, question: str, numbers: Sequence[Number], before: Before | None, with_data: bool) -> str:
        self.seen.append((question, [number.text for number in numbers], before, with_data))
        return self.form


@dataclass
class Guesses:
    """Fills in any form that makes sense, by chance."""

    chance: Random

    def fill(self, question: str, numbers: Sequence[Number], before: Before | None, with_data: bool) -> str:
        act = self.chance.choice(sensible_acts(before is not None, with_data))
        if act in SILENT:
            return filled(act, {}, {})
        kinds = {"task": TASKS, "domain": SUBJECTS}
        values = {key: self.chance.choice(list(names)) for key, names in kinds.items() if self.chance.random() < 0.5}
        return filled(act, values, {line.key: Role(self.chance.choice(line.values)) for line in number_lines(numbers)})


def by_form(question: str, form: str) -> Reading:
    return read(question, Fills(form))


def test_a_filled_form_is_understood():
    found = by_form(
        "QA over German contracts, 500 pairs, 40 tokens each, lora on qwen3-4b with 8 GB in 2 hours for axolotl",
        "act: recommend\ntask: question answering\ndomain: legal\n500: rows\n40: tokens\n",
    )
    assert found.act is Act.RECOMMEND
    assert (found.task.task_type, found.task.domain, found.task.language) == ("question_answering", "legal", "de")
    assert (found.task.rows, found.task.tokens, found.task.classes) == (500, 40, None)
    assert found.methods == (PEFTMethod.LORA,)
    assert (found.model, found.target) == ("qwen3-4b", "axolotl")
    assert (found.memory_gb, found.minutes, found.steps, found.score) == (8, 120, None, None)


def test_a_handful_is_hardly_the_number_of_rows_where_another_may_be():
    both = "act: recommend\ntwo: rows\n7500: rows\n"
    assert by_form("two people labelled 7500 questions", both).task.rows == 7500
    assert by_form("two examples", "act: recommend\ntwo: rows\n").task.rows == 2


def test_what_the_classes_are_is_said_once():
    found = by_form("1k app reviews, 5 classes", "act: recommend\n1k: classes\n")
    assert (found.task.rows, found.task.classes) == (1000, 5)
    found = by_form("300 steps, 40 of them", "act: recommend\n300: rows\n40: steps\n")
    assert (found.task.rows, found.steps) == (40, 300)


def test_names_that_are_said_shorter_are_understood():
    assert by_form("entailment", "act: recommend\ntask: natural language inference\n").task.task_type == "nli"


def test_a_form_with_nothing_but_an_act_leaves_the_rest_open():
    assert by_form("which method is best", "act: recommend\n") == Reading(Act.RECOMMEND)


def test_whoever_reads_is_told_what_there_is():
    reader = Fills("act: refine\n500: rows\n")
    read("and with 500 on qwen2.5 7b, 8 GB?", reader, BEFORE, True)
    assert reader.seen == [("and with 500 on qwen2.5 7b, 8 GB?", ["500", "8 GB"], BEFORE, True)]


def test_numbers_that_are_not_in_the_question_do_not_appear():
    found = by_form("which method is best", "act: recommend\n500: rows\n4: classes\n")
    assert (found.task.rows, found.task.classes) == (None, None)


def test_a_number_that_cannot_be_what_is_said_is_left_out():
    assert by_form("4 classes and 60 more", "act: recommend\n60: score\n4: classes\n").task.rows is None
    assert by_form("4 classes and 60 more", "act: recommend\n60: score\n4: rows\n").task.classes == 4


@pytest.mark.parametrize(
    ("question", "rows", "classes"),
    [
        ("200 examples per class and 4 classes", 800, 4),
        ("20 rows each for 3 labels", 60, 3),
        ("20 rows for every one of the 3 labels", 60, 3),
        ("200 examples and 4 classes", 200, 4),
        ("200 examples per class", 200, None),
        ("100 rows of 100 classes", 100, 100),
    ],
)
def test_rows_of_every_class_are_counted_for_all_of_them(question: str, rows: int, classes: int | None):
    found = read(f"best method for topics, {question}", WordReader())
    assert (found.task.rows, found.task.classes) == (rows, classes)


@pytest.mark.parametrize("said", ["a few hundred", "several thousand", "some", "a handful"])
def test_rows_that_are_only_some_are_told_as_vague(said: str):
    found = read(f"which method for {said} tweets", WordReader())
    assert (found.task.rows, found.vague) == (None, said)


def test_rows_that_are_said_twice_are_those_that_are_counted():
    found = read("some spam mails, 500 of them, which method", WordReader())
    assert (found.task.rows, found.vague) == (500, None)


def test_a_score_is_only_understood_where_one_is_told():
    assert by_form("I got 0.83 with lora", "act: record\n0.83: score\n").score == 0.83
    assert by_form("I got 83% with lora", "act: record\n83%: score\n").score == pytest.approx(0.83)
    assert by_form("I got 0.83 with lora", "act: recommend\n0.83: score\n").score is None


def test_a_single_class_is_none():
    assert by_form("1 labels", "act: recommend\n").task.classes is None


def test_a_models_size_is_understood_where_no_model_is_named():
    assert by_form("lora on a 7B model", "act: cost\n").parameters == 7e9
    named = by_form("lora on qwen2.5 7b", "act: cost\n")
    assert (named.model, named.parameters) == ("qwen2.5 7b", None)


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("on llama 3.1 8b with 500 rows", ["500"]),
        ("on SmolLM2-135M with 500 rows", ["500"]),
        ("on Qwen/Qwen2.5-7B-Instruct, 8 GB", ["8 GB"]),
        ("İİİ: qwen2.5 7b, 500 rows", ["500"]),
        ("qwen2.5 7b or mistral 7b with 500 rows", ["500"]),
        ("minilm:3 or smollm2", []),
        ("albert has 12 rows for bert-base", ["12"]),
    ],
)
def test_numbers_inside_a_models_name_are_not_offered(question: str, numbers: list[str]):
    assert [number.text for number in numbers_beside_names(question)] == numbers


WORDS = (
    *("best", "lora", "why", "vs", "adalora", "rows", "classes", "per", "class", "GB", "hours", "I got", "export"),
    *("500", "2,000", "0.83", "a few", "hundred", "fifty", "qwen2.5 7b", "spam", "German", "contracts", "data", "64"),
)
WILD = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))


def stands_in(reading: Reading, question: str) -> None:
    """Every number of a reading is worth what a number of the question is."""
    values = {number.value for number in numbers_in(question)}
    whole = {max(1, round(value)) for value in values}
    per_class = {rows * classes for rows in whole for classes in whole}
    assert reading.task.rows in {None} | whole | per_class
    assert {reading.task.classes, reading.task.tokens, reading.steps} <= {None} | whole
    assert {reading.memory_gb, reading.minutes, reading.score, reading.parameters} <= {None} | values
    assert reading.vague is None or reading.vague in question
    assert reading.model is None or reading.model.lower() in question.lower()


@given(WILD, st.booleans(), st.booleans())
@example("", False, False)
@example("???", True, True)
@example("9" * 400, False, False)
def test_by_words_any_text_is_a_reading_of_what_stands_in_it(question: str, after_one: bool, with_data: bool):
    found = read(question, WordReader(), BEFORE if after_one else None, with_data)
    assert found.act in sensible_acts(after_one, with_data)
    stands_in(found, question)


@given(WILD, st.booleans(), st.booleans(), st.integers(0, 1000))
@example('0"2.000 000 000 000', False, False, 0)
def test_whatever_is_filled_in_a_reading_says_what_stands_in_the_text(
    question: str, after_one: bool, with_data: bool, seed: int
):
    found = read(question, Guesses(Random(seed)), BEFORE if after_one else None, with_data)
    assert found.act in sensible_acts(after_one, with_data)
    stands_in(found, question)
