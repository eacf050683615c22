"""Words for numbers and their units in the languages people commonly ask in. Knows no sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from advisor.reading.slips import one_slip

_TOLD: Mapping[str, Any] = json.loads(Path(__file__).with_name("number_words.json").read_text(encoding="utf-8"))


def _worth(name: str) -> Mapping[str, float]:
    return {word: float(value) for value, words in _TOLD[name].items() for word in words.split()}


def _listed(name: str) -> frozenset[str]:
    return frozenset(_TOLD[name].split())


UNITS = _worth("units")
"""Added to what stands before them."""
SCALES = _worth("scales")
"""What stands before them is multiplied by them; alone they stand for themselves."""
UNSPACED_MULTIPLES = _worth("unspaced_multiples")
"""Those of scripts that put no space behind words, or have signs in them that are no letters."""
BEHIND_DIGITS = {**_worth("multiples"), **UNSPACED_MULTIPLES}
"""Multiply digits, and are no scales elsewhere: nobody reads the words for numbers before them yet."""
FRACTIONS = _worth("fractions")
"""Before a scale or a time they are so much of it: "half a million"."""
BESIDE_SCALES: Mapping[str, str] = _TOLD["beside_scales"]
"""What a word is before a scale or joined to one; elsewhere it is another word: Arabic "half" is "text" as well."""
ARTICLES = _listed("articles")
"""Before a scale or a dozen they mean one; elsewhere they mean nothing."""
VAGUE = _listed("vague")
"""Say that there are some and not how many."""
JOINS = _listed("joins")
GIGABYTES = _worth("gigabytes")
"""What a unit of memory is in gigabytes."""
PERCENT = _listed("percent")
"""Say that a number is a share, written as one word."""
MINUTES = _worth("minutes")
"""What a unit of time is in minutes."""
LONGEST_TIME = 60 * 1440.0
"""In minutes; nobody trains for longer, so more days than these are themselves what is counted."""
NO_TIME_ALONE = _listed("no_time_alone")
"""Units of time that mean something else behind an article: "a jam"."""
MOMENTS = {word.replace("_", " "): value for word, value in _worth("moments").items()}
"""Words that are a time all by themselves, in minutes."""
CLASSES = _listed("classes")
"""Behind a number they say that it counts labels."""
STEPS = _listed("steps")
"""Without one of them nothing in a text counts steps."""
LENGTHS = _listed("lengths")
"""Without one of them nothing in a text says how long its rows are."""
OTHER_AFTER = _listed("other_after")
"""Behind a number they say that it is none of what is looked for."""

INSIDE = _worth("inside")
"""Part of longer number words only: "einundzwanzig"; what joins is worth nothing."""
SHORTEST = 7
"""Letters that a number word has at least where it is put together."""
LONGEST = 90
"""Letters that it has at most: the longest below a million, in Finnish, has 87."""
MISSPELT = ("hundred", "thousand", "million", "hundreds", "thousands", "millions", "billion")
"""Words whose slips of the keyboard are understood: a scale that is overlooked makes a number wrong by far."""


@lru_cache(maxsize=4096)
def meant(word: str) -> str:
    """The word, or the scale that it is one slip away from."""
    word = word.replace("\u2019", "'").replace("\u02bc", "'")
    if len(word) < 6 or word in SCALES or word in UNITS:
        return word
    return next((scale for scale in MISSPELT if one_slip(word, scale)), word)


@lru_cache(maxsize=4096)
def parts(word: str) -> tuple[str, ...]:
    """The number words that a word is put together of: "siebenhundertfünfzig", "tremiladuecento"; none for others."""
    if word in UNITS or word in SCALES:
        return (word,)
    return _parts(word) if SHORTEST <= len(word) <= LONGEST else ()


# Remembered, as the same end of a word is come to on many ways: "eighty" is also "eight" and "y".
@lru_cache(maxsize=4096)
def _parts(word: str) -> tuple[str, ...]:
    for end in range(len(word), 0, -1):
        first = word[:end]
        if first in UNITS or first in SCALES or first in INSIDE:
            rest = _parts(word[end:]) if end < len(word) else ()
            if rest or (end == len(word) and first not in INSIDE):
                return (first, *rest)
    return ()


def in_minutes(value: float, unit: str) -> float | None:
    """So much of a unit of time; None where it is none, or more than anybody trains for."""
    time = value * MINUTES[unit] if unit in MINUTES else None
    return time if time is not None and time <= LONGEST_TIME else None
