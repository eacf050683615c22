"""A model's form is believed where the model is sure, and nobody is sent away who is at the right place."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from advisor.chosen import Chosen, Leaning
from advisor.reading.by_model import ModelMistakeError, ModelReader
from advisor.reading.numbers import numbers_in

QUESTION = "what about 500 of them"
FORM = "act: recommend\ntask: spam\ndomain: legal\n500: rows\n"


@dataclass
class Says:
    """Writes one thing after the other."""

    forms: list[object]
    patterns: list[str] = field(default_factory=list)
    leanings: list[Leaning | None] = field(default_factory=list)

    def choose(self, prompt: str, pattern: str, leaning: Leaning | None = None) -> Chosen:
        self.patterns.append(pattern)
        self.leanings.append(leaning)
        form = self.forms[len(self.patterns) - 1]
        if isinstance(form, Exception):
            raise form
        return form


def filled_by(*forms: object, question: str = QUESTION) -> tuple[str, Says]:
    model = Says(list(forms))
    return ModelReader(model).fill(question, numbers_in(question), None, False), model


@pytest.mark.parametrize(
    ("chances", "form"),
    [
        ((), FORM),
        ((0.9, 0.9, 0.9, 0.9), FORM),
        ((0.2, 0.9, 0.9, 0.2), FORM),
        ((0.9, 0.3, 0.9, 0.9), FORM.replace("task: spam\n", "")),
        ((0.9, 0.5, 0.4, 0.9), FORM.replace("domain: legal\n", "")),
        ((0.9, 0.9, 0.1, 0.9), FORM.replace("domain: legal\n", "")),
        ((0.9,), FORM),
    ],
)
def test_a_line_that_may_be_missing_is_believed_where_it_is_likely(chances: tuple[float, ...], form: str):
    assert filled_by(Chosen(FORM, chances))[0] == form


def test_who_is_sent_away_with_doubts_is_not_sent_away():
    form, model = filled_by(Chosen("act: other\n", (0.4,)), Chosen(FORM))
    assert form == FORM
    assert ["|other)" in pattern for pattern in model.patterns] == [True, False]
    assert filled_by(Chosen("act: other\n", (0.9,)))[0] == "act: other\n"


def test_who_speaks_of_methods_is_at_the_right_place():
    for question in ("is p-tuning any good", "PEFT?", "prefix tuning"):
        assert "|other)" not in filled_by(Chosen("act: help\n"), question=question)[1].patterns[0]
    assert "|other)" in filled_by(Chosen("act: help\n"), question="LoRa radio range")[1].patterns[0]


@pytest.mark.parametrize(
    "form", [TimeoutError(), None, "act: recommend\n", Chosen("act: dance\n"), Chosen(""), Chosen(FORM * 2)]
)
def test_what_is_no_form_is_a_mistake_of_the_model(form: object):
    with pytest.raises(ModelMistakeError):
        filled_by(form)


def test_a_model_hears_what_the_words_of_the_question_lean_to():
    leaning = filled_by(Chosen("act: explain\n"), question="what is prefix tuning")[1].leanings[0]
    assert leaning is not None
    explain, cost, refused = (leaning(f"act: {act}", False) for act in ("explain", "cost", "other"))
    assert explain > cost
    # Nobody is sent away who speaks of our business.
    assert refused <= cost
