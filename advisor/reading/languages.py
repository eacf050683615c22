"""Languages of data that a text names, in the languages people commonly ask in. Knows names, no grammar."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from advisor.reading.slips import one_slip

END = "$"
"""Behind a name that must not go on: "polish" is a language, and "polishing" none."""
MISSPELT: Mapping[str, str] = {
    "english": "en",
    "german": "de",
    "french": "fr",
    "spanish": "es",
    "italian": "it",
    "portuguese": "pt",
    "russian": "ru",
    "chinese": "zh",
    "japanese": "ja",
    "turkish": "tr",
    "arabic": "ar",
    "korean": "ko",
    "swedish": "sv",
}
"""Names whose slips of the keyboard are understood; those of "Finnish" are words of their own."""
NO_SLIPS = frozenset({"germany", "germane", "russia", *MISSPELT})
"""Words that are meant as they stand."""
PLAIN = re.compile(r"\b(?:plain|simple|simpler|easy|everyday|basic)\s+$", re.I)
"""Before a language they say how something is to be written."""


def language_in(text: str) -> str | None:
    """The language that is named first, as its ISO code."""
    found = {code: _place(text, pattern) for code, pattern in _names().items()}
    places = {code: place for code, place in found.items() if place is not None}
    if places:
        return min(places, key=lambda code: places[code])
    words = (word.lower() for word in re.findall(r"[A-Za-z]{5,}", text))
    return next((code for word in words for name, code in MISSPELT.items() if _is_slip(word, name)), None)


def _place(text: str, pattern: re.Pattern[str]) -> int | None:
    places = (match.start() for match in pattern.finditer(text))
    return next((place for place in places if not PLAIN.search(text[:place])), None)


def _is_slip(word: str, name: str) -> bool:
    return word not in NO_SLIPS and word[0] == name[0] and one_slip(word, name)


@cache
def _names() -> Mapping[str, re.Pattern[str]]:
    """How each language is called; names go on in most languages, and stand between other words in some scripts."""
    told = json.loads(Path(__file__).with_name("language_names.json").read_text(encoding="utf-8"))
    return {code: re.compile("|".join(map(_form, names.split())), re.I) for code, names in told.items()}


def _form(name: str) -> str:
    if name.endswith(END):
        return rf"(?<!\w){re.escape(name.removesuffix(END))}(?!\w)"
    is_spaced = re.match(r"[\u0000-\u052f]", name) is not None
    return rf"(?<!\w){re.escape(name)}" if is_spaced else re.escape(name)
