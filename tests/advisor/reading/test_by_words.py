"""Without a model, the words that usually say a thing are understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reading.by_words import WordReader, hunch_of
from advisor.reading.form import Before, parsed
from advisor.reading.hunches import KEYS
from advisor.reading.number import Role
from advisor.reading.reader import numbers_beside_names, read
from advisor.reading.reading import AFTER_ONE, WITH_DATA, Act, sensible_acts

BEFORE = Before("lora", "sentiment", "reviews", 500)


@pytest.mark.parametrize(
    ("question", "act"),
    [
        ("which PEFT method should I use for spam filtering with 80 mails", Act.RECOMMEND),
        ("recommend settings for sentiment analysis", Act.RECOMMEND),
        ("LoRA or prefix tuning for news headlines?", Act.COMPARE),
        ("is adalora better than lora", Act.COMPARE),
        ("what is p-tuning", Act.EXPLAIN),
        ("explain AdaLoRA to me", Act.EXPLAIN),
        ("how long does lora take on qwen3-4b", Act.COST),
        ("how much memory does prefix tuning need", Act.COST),
        ("show me similar past runs", Act.EVIDENCE),
        ("describe my data", Act.DESCRIBE),
        ("train it", Act.RUN),
        ("go ahead and launch it", Act.RUN),
        ("export that to axolotl", Act.EXPORT),
        ("give me the yaml", Act.EXPORT),
        ("I got 0.83 with lora", Act.RECORD),
        ("it scored 71%", Act.RECORD),
        ("why not prompt tuning?", Act.WHY),
        ("how sure are you", Act.WHY),
        ("and if I only have 8 GB?", Act.REFINE),
        ("what about 40 rows instead", Act.REFINE),
        ("hello there", Act.HELP),
        ("thanks a lot", Act.HELP),
        ("how do I bake bread", Act.OTHER),
        ("my bicycle has a flat tyre", Act.OTHER),
        ("", Act.OTHER),
        ("???", Act.OTHER),
    ],
)
def test_a_clear_question_is_understood(question: str, act: Act):
    assert read(question, WordReader(), BEFORE, with_data=True).act == act


@given(st.text(max_size=60), st.booleans(), st.booleans())
def test_an_act_makes_sense_in_its_state(question: str, after_one: bool, with_data: bool):
    found = read(question, WordReader(), BEFORE if after_one else None, with_data)
    assert found.act in sensible_acts(after_one, with_data)


@pytest.mark.parametrize("question", ["why", "and if I only have 8 GB?", "describe my data"])
def test_what_makes_no_sense_yet_is_read_as_something_else(question: str):
    assert read(question, WordReader()).act not in AFTER_ONE | WITH_DATA


@pytest.mark.parametrize(
    ("question", "task", "domain"),
    [
        ("best method for phishing mails", "spam", "security"),
        ("sentiment of hotel reviews", "sentiment", "travel"),
        ("which method to tell whether a claim is true", "fact_check", None),
        ("which method for toxic tweets in German", "toxicity", "social_media"),
        ("question answering over contracts", "question_answering", "legal"),
        ("summarise clinical notes", "summarisation", "medical"),
        ("translate Dutch subtitles", "translation", "dialogue"),
        ("sorting bug tickets", "topic", "software"),
        ("paraphrase detection in Polish", "pair", None),
        ("a chatbot", "chat", None),
        ("which method is best", None, None),
    ],
)
def test_task_and_subject_are_found(question: str, task: str | None, domain: str | None):
    found = read(question, WordReader()).task
    assert (found.task_type, found.domain) == (task, domain)


def test_nobody_is_sent_away_who_speaks_of_methods():
    for question in ("is p-tuning any good for cooking", "PEFT?", "prefix tuning"):
        assert Act.OTHER not in hunch_of(question, after_one=False, with_data=False)["act"]
    assert Act.OTHER in hunch_of("LoRa radio range", after_one=False, with_data=False)["act"]


def test_every_number_that_could_mean_several_things_has_its_line():
    question = "500 rows of 120 words, sorted into 4 kinds, on 8 GB"
    numbers = numbers_beside_names(question)
    told = parsed(WordReader().fill(question, numbers, None, with_data=False))
    assert (told["500"], told["120"], told["4"]) == (Role.ROWS, Role.TOKENS, Role.CLASSES)
    assert set(hunch_of(question, False, False, numbers)) == {*KEYS, "500", "120", "4"}


@pytest.mark.parametrize(
    ("question", "rows", "classes"),
    [
        ("I have 500", 500, None),
        ("600 utterances of bank customers and 22 intents", 600, 22),
        ("Mam 600 recenzji i 5 kategorii", 600, 5),
        ("990 exam questions, six levels", 990, 6),
        ("explain it as if I were 5", None, None),
        ("our 3 kids wrote 240 poems", 240, None),
    ],
)
def test_what_a_number_counts_is_told_by_what_stands_around_it(question: str, rows: int | None, classes: int | None):
    found = read(question, WordReader()).task
    assert (found.rows, found.classes) == (rows, classes)
