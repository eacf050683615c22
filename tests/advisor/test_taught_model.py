"""The model that ships reads questions and writes reasons that hold."""

from __future__ import annotations

from random import Random

import pytest

from advisor.llm import LanguageModel
from advisor.models import TUNED, chosen_model
from advisor.reading.by_model import ModelReader
from advisor.reading.form import Before
from advisor.reading.reader import read
from advisor.reading.reading import Act
from advisor.reasoning.check import faults
from advisor.reasoning.write import reasons_of
from advisor.tuning.explanations import made_up
from metapeft_core.backbones.packages import smollm2_is_here

pytestmark = [
    pytest.mark.decoder,
    pytest.mark.skipif(not smollm2_is_here(), reason="SmolLM2 is not fetched: advisor fetch smollm2"),
]
BEFORE = Before("lora", "sentiment", "reviews", 500)


@pytest.fixture(scope="module")
def model():
    with LanguageModel("smollm2", TUNED) as loaded:
        yield loaded


def test_what_ships_is_small_and_is_what_is_taken():
    assert sum(file.stat().st_size for file in TUNED.iterdir()) < 10_000_000
    chosen = chosen_model(None)
    assert chosen is not None
    with chosen:
        assert (chosen.name, chosen.adapter) == ("smollm2", TUNED)


@pytest.mark.parametrize(
    ("question", "before", "act"),
    [
        ("best PEFT for 500 legal QA examples", None, Act.RECOMMEND),
        ("which method suits 300 German hotel reviews", None, Act.RECOMMEND),
        ("quelle méthode pour 200 résumés d'articles", None, Act.RECOMMEND),
        ("and with 4000 rows?", BEFORE, Act.REFINE),
        ("why not AdaLoRA", BEFORE, Act.WHY),
        ("compare lora and prefix tuning", None, Act.COMPARE),
        ("what is p-tuning", None, Act.EXPLAIN),
        ("write a song about the rain", None, Act.OTHER),
        ("what is the weather in Oslo", BEFORE, Act.OTHER),
    ],
)
def test_it_reads_what_is_wanted(model: LanguageModel, question: str, before: Before | None, act: Act):
    assert read(question, ModelReader(model), before).act is act


def test_it_reads_task_subject_and_numbers(model: LanguageModel):
    found = read("best PEFT for 500 legal QA examples, 12 of us will use it", ModelReader(model)).task
    assert (found.rows, found.task_type, found.domain) == (500, "question_answering", "legal")


def test_it_writes_reasons_that_hold(model: LanguageModel):
    facts = made_up(Random(3))
    *told, reasons = reasons_of(facts, model)
    assert reasons.by_model
    assert faults(reasons.text, facts) == []
    assert told
    assert all(reasons.text.startswith(part) for part in told)
