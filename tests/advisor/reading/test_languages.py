"""Languages that a text names are found, and words that are like them are left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reading import languages
from advisor.reading.languages import MISSPELT, language_in
from metapeft_core.data.language import LANGUAGES


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


def test_every_name_is_found_and_is_of_one_language():
    told = json.loads(Path(languages.__file__).with_name("language_names.json").read_text(encoding="utf-8"))
    assert set(told) <= set(LANGUAGES)
    names = {name.removesuffix("$"): code for code, line in told.items() for name in line.split()}
    assert {name: language_in(f"data: {name}") for name in names} == names
    assert all(language_in(name) == code for name, code in MISSPELT.items())


@given(st.text(max_size=60))
def test_whatever_the_text_a_known_language_or_none_is_found(text: str):
    assert language_in(text) in {None, *LANGUAGES}
