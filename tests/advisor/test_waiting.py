"""What a question waits for is taken from the answer with all else that it says; another question is another."""

from __future__ import annotations

import pytest

from advisor.reading.by_words import WordReader
from advisor.reading.reader import read
from advisor.reading.reading import Act, Reading
from advisor.waiting import gone_on
from knowledge.brief import TaskBrief
from metapeft_core.types import PEFTMethod

LEGAL = Reading(Act.RECOMMEND, TaskBrief(task_type="question_answering", domain="legal"))
TOLD = Reading(Act.RECORD, methods=(PEFTMethod.LORA,))


def after(words: str, waiting: Reading = LEGAL) -> Reading:
    return gone_on(waiting, read(words, WordReader()), words).reading


@pytest.mark.parametrize(
    ("words", "rows"),
    [("2000", 2000), ("about 2k", 2000), ("five hundred", 500), ("we have 1,200 examples", 1200), ("800 i think", 800)],
)
def test_a_number_is_the_answer(words: str, rows: int):
    assert after(words) == Reading(Act.RECOMMEND, TaskBrief(rows, "question_answering", "legal"))


def test_what_is_said_beside_the_number_counts_too():
    found = after("2000, and it must fit in 8 GB on Qwen3-4B")
    assert (found.task.rows, found.memory_gb, found.model) == (2000, 8.0, "Qwen3-4B")


@pytest.mark.parametrize("act", [Act.COST, Act.COMPARE, Act.EXPLAIN])
def test_who_begins_with_the_number_answers_whatever_else_is_thought_to_be_asked(act: Act):
    for words, rows in (("2000, and how long would that take me", 2000), ("about 1,500 so will it fit at all", 1500)):
        found = gone_on(LEGAL, Reading(act), words).reading
        assert (found.act, found.task.rows) == (Act.RECOMMEND, rows)
    for words in ("which of these 2 is better, and how much", "2 methods, LoRA or AdaLoRA, which wins"):
        assert gone_on(LEGAL, Reading(act), words).reading.act is act


@pytest.mark.parametrize("words", ["use Qwen3-4B", "on a 7B model"])
def test_what_a_model_is_called_counts_no_rows(words: str):
    found = after(words)
    assert (found.task.rows, found.task.domain) == (None, "legal")
    assert found.model or found.parameters


@pytest.mark.parametrize("words", ["it must fit in 8 GB", "half an hour at most"])
def test_what_a_run_may_take_counts_no_rows(words: str):
    assert after(words).task.rows is None


@pytest.mark.parametrize(
    "words",
    ["compare LoRA and AdaLoRA for 2000 tweets", "best PEFT for sentiment of 2000 tweets", "what is prefix tuning?"],
)
def test_another_question_is_answered_in_place_of_the_one_that_waited(words: str):
    assert after(words) == read(words, WordReader())


@pytest.mark.parametrize("words", ["a few hundred", "I don't know", "no idea yet", "keine Ahnung", "не знаю", "不知道"])
def test_where_nobody_knows_nothing_is_asked_again(words: str):
    found = gone_on(LEGAL, read(words, WordReader()), words)
    assert (found.reading, found.may_ask) == (LEGAL, False)


@pytest.mark.parametrize(("words", "score"), [("0.81", 0.81), ("81%", 0.81), ("81", 0.81), ("it got 0.5", 0.5)])
def test_a_score_is_the_answer_where_a_result_is_told(words: str, score: float):
    found = after(words, TOLD)
    assert (found.act, found.methods, found.score) == (Act.RECORD, (PEFTMethod.LORA,), pytest.approx(score))


def test_a_method_is_the_answer_where_one_was_asked_for():
    assert after("LoRA", Reading(Act.EXPORT, target="axolotl")) == Reading(
        Act.EXPORT, methods=(PEFTMethod.LORA,), target="axolotl"
    )


def test_thanks_are_no_answer():
    assert after("thanks").act is Act.HELP
