"""Languages that a text names are found, and words that are like them are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reading.languages import language_in
from advisor.reading.lexicon import lexicon
from metapeft_core.data.language import LANGUAGES, RARER


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("sentiment of German hotel reviews", "de"),
        ("toxic tweets in german", "de"),
        ("paraphrase detection in Polish", "pl"),
        ("recensioni in italiano", "it"),
        ("1000 türkische Rezensionen auf Türkisch", "tr"),
        ("Türkçe yorumlar", "tr"),
        ("перевод с русского на английский", "ru"),
        ("微博上的中文评论", "zh"),
        ("日本語のレビュー", "ja"),
        ("한국어 리뷰", "ko"),
        ("تغريدات باللغة العربية", "ar"),
        ("spansih tweets", "es"),
        ("germn reviews", "de"),
        ("translate from French to English", "fr"),
        ("rewriting contracts in plain English", None),
        ("sorry for my bad english", None),
        ("French contracts in plain English", "fr"),
        ("polish my text, it was polished", "pl"),
        ("polishing and polished", None),
        ("it must finish in 2 hours", None),
        ("the Germane question of anglers, in franchises", None),
        ("best PEFT for 500 legal QA examples", None),
        ("is the result thus arbitrary and indirect", None),
        ("customers in Germany and Russia", None),
        ("", None),
    ],
)
def test_the_language_that_is_named_first_is_found(text: str, language: str | None):
    assert language_in(text) == language


def test_every_language_is_a_known_one_and_its_slips_are_found():
    assert lexicon("language_names").things <= {*LANGUAGES, *RARER}
    assert all(language_in(name) == code for name, code in lexicon("language_names").misspelt.items())


@given(st.text(max_size=60))
def test_whatever_the_text_a_known_language_or_none_is_found(text: str):
    assert language_in(text) in {None, *LANGUAGES, *RARER}
