"""Numbers that are written in words: "fifty", "half a million", "a few hundred". Knows no digits and no meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from advisor.reading.number import PLAIN, Number, Role, countable, labels
from advisor.reading.number_words import (
    ARTICLES,
    BESIDE_SCALES,
    CLASSES,
    FRACTIONS,
    GIGABYTES,
    INSIDE,
    JOINS,
    MINUTES,
    NO_TIME_ALONE,
    PERCENT,
    SCALES,
    UNITS,
    VAGUE,
    in_minutes,
    meant,
    parts,
)

LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
"""Words of these letters end where letters of another script begin: 8GB显存."""
WITH = "\u0648"
"""Arabic for "and": it is written as the first letter of the word behind it."""
_BEHIND_IT = "|".join(word for word in (*UNITS, *SCALES, *FRACTIONS, *BESIDE_SCALES) if "\u0600" <= word[0] <= "\u06ff")
WORD = re.compile(rf"{WITH}(?=(?:{_BEHIND_IT})\b)|[{LATIN}]+|[^\W\d_{LATIN}]+(?:['\u2019][\u0400-\u04ff]+)?")
"""Ukrainian words have apostrophes inside."""
AND_A_HALF = re.compile(
    r"^ (?:and a half|und eine halbe|et demie?|y media|e mezza|e meia|en een half|och en halv)\b", re.I
)
CENTURY = re.compile(r"(?:Due|Tre|Quattro|Cinque|Sei|Sette|Otto|Nove)cento")
"""Italian centuries begin with a capital letter, as numbers do not."""
ALONE = ("half", "quarter", "quarters")
"""Without an article they begin something else: "two hundred, and half of them short"."""


@dataclass(slots=True)
class _Phrase:
    """Number words as they are read, one after the other."""

    start: int
    end: int
    reach: int
    """Behind its last word; one that joins, or "of", is no part of it yet."""
    join: str = ""
    """The word that joins, where it came last."""
    scale: float = 1.0
    """What its total was multiplied by last: "a million and a half"."""
    joined: bool = False
    """Whether one came since the last word that is worth something."""
    total: float = 0.0
    current: float = 0.0
    counted: bool = False
    vague: bool = False
    half: bool = False

    def worth(self) -> float:
        """What they come to."""
        return self.total + self.current

    def room(self) -> float:
        """Below which a number may be joined to it: "one hundred and fifty", "vinte e cinco"."""
        if self.join == WITH and self.worth() < 10:
            # Ones stand before tens there.
            return 100.0
        if self.join == WITH and not self.current:
            return self.scale
        if self.current >= 100 or (self.total and not self.current):
            return 100.0
        return 10.0 if self.current >= 20 and self.current % 10 == 0 and self.join != "and" else 0.0


def numbers_in_words(text: str) -> Iterator[Number]:
    """Those that a text has."""
    phrase: _Phrase | None = None
    words = list(WORD.finditer(text))
    for match, following in zip_longest(words, words[1:]):
        word, behind = meant(match[0].lower()), meant(following[0].lower()) if following else ""
        if behind in SCALES or (phrase and phrase.join == WITH):
            word = BESIDE_SCALES.get(word, word)
        gap = text[phrase.reach : match.start()] if phrase else ""
        if phrase and (gap.strip(" -") or not _continues(phrase, word, behind)):
            yield from _finished(phrase, text)
            phrase = None
        if phrase is None:
            if CENTURY.fullmatch(match[0]):
                continue
            if parts(word) or word in FRACTIONS or word in VAGUE or word in ARTICLES:
                phrase = _Phrase(match.start(), match.end(), match.end())
                _take_all(phrase, word)
            continue
        phrase.reach, phrase.join = match.end(), word if word in JOINS else ""
        phrase.joined = phrase.joined or bool(phrase.join)
        if not phrase.join and word != "of":
            _take_all(phrase, word)
            phrase.end = match.end()
    if phrase:
        yield from _finished(phrase, text)


def _continues(phrase: _Phrase, word: str, following: str) -> bool:
    if phrase.join:
        if (word in FRACTIONS and word not in ALONE) or (word in ARTICLES and following in FRACTIONS):
            return phrase.counted
        # What follows tells "one hundred and five" from "between one hundred and five hundred".
        return 0 < UNITS.get(word, 0) < phrase.room() and SCALES.get(following) != 100
    if phrase.counted and phrase.reach > phrase.end and word in UNITS:
        # "One of six".
        return False
    known = bool(parts(word)) or word in VAGUE or (phrase.half and word in ARTICLES) or word == "of"
    known = known or (word in FRACTIONS and phrase.counted)
    return known or (word in ARTICLES and not phrase.counted) or (word in JOINS and phrase.counted)


def _take_all(phrase: _Phrase, word: str) -> None:
    for part in parts(word) or (word,):
        _take(phrase, part)


def _take(phrase: _Phrase, word: str) -> None:
    if word in VAGUE:
        phrase.vague = True
    if word in FRACTIONS:
        share = FRACTIONS[word]
        if phrase.joined and phrase.total and not phrase.current:
            phrase.total += share * phrase.scale
        else:
            phrase.current = phrase.current + share if phrase.joined else (phrase.current or 1.0) * share
        phrase.half, phrase.joined = True, False
    elif word in SCALES:
        phrase.counted, phrase.joined = True, False
        scale = SCALES[word]
        if scale >= 1e3:
            phrase.total, phrase.current, phrase.scale = phrase.total + (phrase.current or 1.0) * scale, 0.0, scale
        else:
            # Hundreds are not multiplied again: "dua ratus lima puluh".
            scaled = phrase.current % scale or phrase.current
            phrase.current += (scaled or 1.0) * scale - scaled
    elif word in UNITS or word in INSIDE:
        worth = UNITS.get(word, INSIDE.get(word, 0.0))
        # "Some fifty" are about fifty, but a few dozen are any number of dozens.
        phrase.counted, phrase.joined, phrase.vague = True, False, phrase.vague and worth == 12
        phrase.current = phrase.current * 12 if worth == 12 and phrase.current else phrase.current + worth


def _is_time(phrase: _Phrase, shown: str, unit: str) -> bool:
    """Whether so many of a unit are a time; a letter behind a word is none, nor is an article before just anything."""
    if len(unit) < 2 or in_minutes(phrase.worth() or 1.0, unit) is None:
        return False
    return phrase.counted or phrase.half or (shown.lower() in ARTICLES and unit not in NO_TIME_ALONE)


def _finished(phrase: _Phrase, text: str) -> Iterator[Number]:
    shown = text[phrase.start : phrase.end]
    gap = len(text) - phrase.end - len(text[phrase.end :].lstrip(" -"))
    following = WORD.match(text, phrase.end + gap)
    unit, end = (following[0].lower(), following.end()) if following else ("", phrase.end)
    value = phrase.worth()
    if phrase.vague:
        yield Number(shown, phrase.start, value, PLAIN, vague=True)
    elif _is_time(phrase, shown, unit):
        half = AND_A_HALF.match(text[end:])
        whole = text[phrase.start : end + (len(half[0]) if half else 0)]
        yield Number(whole, phrase.start, ((value or 1.0) + 0.5 * bool(half)) * MINUTES[unit], (Role.MINUTES,))
    elif phrase.counted and (unit in GIGABYTES or unit in PERCENT):
        whole = text[phrase.start : end]
        memory = unit in GIGABYTES
        roles = (Role.MEMORY,) if memory else (Role.SCORE, Role.NOTHING)
        yield Number(whole, phrase.start, value * GIGABYTES[unit] if memory else value / 100, roles)
    elif phrase.counted and value > 1 and value.is_integer():
        yield Number(shown, phrase.start, value, labels(value) if unit in CLASSES else countable(value))
