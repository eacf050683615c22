"""Names are found where they stand, in every script, and slips of the keyboard where nothing else is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reading import lexicon as module
from advisor.reading.lexicon import END, SPACE, lexicon, named_in
from advisor.reading.slips import one_slip

FILES = sorted(path.stem for path in Path(module.__file__).parent.glob("*_names.json"))


def told(file: str) -> dict[str, str]:
    names = json.loads(Path(module.__file__).with_name(f"{file}.json").read_text(encoding="utf-8"))["names"]
    return {name: thing for thing, line in names.items() for name in line.split()}


@pytest.mark.parametrize("file", FILES)
def test_every_name_is_found_and_names_one_thing(file: str):
    for name, thing in told(file).items():
        plain = name.removesuffix(END).replace(SPACE, " ")
        assert thing in named_in(f"12 {plain} 34", lexicon(file)), name
        assert named_in(plain.upper(), lexicon(file)), name


@pytest.mark.parametrize("file", FILES)
def test_a_name_inside_of_another_word_is_none(file: str):
    for name in told(file):
        plain = name.removesuffix(END).replace(SPACE, " ")
        if plain.isascii() and " " not in plain and "-" not in plain:
            assert named_in(f"0000{plain}", lexicon(file)) == ()
            assert (
                not name.endswith(END)
                or named_in(f"{plain}0000", lexicon(file)) != (told(file)[name],)
                or any(plain.startswith(other) for other in told(file) if other != name)
            )


def test_words_are_apart_by_spaces_and_hyphens_alike():
    for text in ("question answering", "Question-Answering", "question  -\tanswering"):
        assert named_in(text, lexicon("task_names")) == ("question_answering",)


@pytest.mark.parametrize("file", FILES)
def test_what_is_misspelt_is_found_only_where_nothing_is_spelt_well(file: str):
    for word, thing in lexicon(file).misspelt.items():
        slip = f"{word[:3]}{word[2:]}"
        assert thing in named_in(slip, lexicon(file)), slip
    assert named_in("reveiws of twets", lexicon("domain_names")) == ("reviews", "social_media")
    assert named_in("reveiws of tweets", lexicon("domain_names")) == ("social_media",)


def test_things_come_in_the_order_of_the_text():
    assert named_in("tweets about laws", lexicon("domain_names")) == ("social_media", "legal")
    assert named_in("laws about tweets", lexicon("domain_names")) == ("legal", "social_media")


def test_what_stands_before_a_name_can_speak_against_it():
    assert named_in("no tweets, tweets", lexicon("domain_names"), lambda before: not before.endswith("no ")) != ()
    assert named_in("no tweets", lexicon("domain_names"), lambda before: not before.endswith("no ")) == ()


@given(st.text(max_size=60), st.sampled_from(FILES))
def test_whatever_the_text_only_known_things_are_named_and_each_once(text: str, file: str):
    found = named_in(text, lexicon(file))
    assert len(set(found)) == len(found)
    assert set(found) <= lexicon(file).things


@pytest.mark.parametrize(
    ("word", "other", "is_one"),
    [
        ("tweets", "tweest", True),
        ("tweets", "twets", True),
        ("tweets", "tweeets", True),
        ("tweets", "tweats", True),
        ("tweets", "steewt", False),
        ("tweets", "twet", False),
        ("a", "", True),
        ("", "", True),
        ("abcd", "abdce", False),
    ],
)
def test_a_slip_is_one_letter(word: str, other: str, is_one: bool):
    assert one_slip(word, other) == one_slip(other, word) == is_one
