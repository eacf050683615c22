"""Numbers as people write them: what they are worth, in which unit, and what they can mean. Knows no model.

"12k", "2,000", "half a million" and "fifty" become numbers; "a few hundred" becomes one that has to be asked for. What
is plainly something else (a rank, a version, a GPU's name, a learning rate) is not offered at all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from advisor.reading.number_words import (
    ARTICLES,
    CLASSES,
    GIGABYTES,
    HALVES,
    JOINS,
    MINUTES,
    OTHER_AFTER,
    PERCENT,
    SCALES,
    UNITS,
    VAGUE,
    meant,
)


class Role(StrEnum):
    """What a number in a question can be."""

    ROWS = "rows"
    CLASSES = "classes"
    TOKENS = "tokens"
    STEPS = "steps"
    MEMORY = "memory"
    MINUTES = "minutes"
    SCORE = "score"
    PARAMETERS = "parameters"
    NOTHING = "nothing"


PLAIN = (Role.ROWS, Role.CLASSES, Role.TOKENS, Role.STEPS, Role.NOTHING)
"""What a number without a unit can be."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text."""

    text: str
    start: int
    value: float
    """In gigabytes, minutes or parameters where it has such a unit; a share where it is one."""
    roles: tuple[Role, ...]
    vague: bool = False
    """Whether it only says that there are some."""

    @property
    def end(self) -> int:
        """The place behind its last character."""
        return self.start + len(self.text)

    @property
    def sole(self) -> Role | None:
        """What it is by its unit, where that leaves one thing only."""
        return self.roles[0] if len(self.roles) == 1 else None


BETWEEN = r"[,.'’ \u00a0\u2009\u202f]"
"""What stands between groups of three digits; spaces of several widths too."""
LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
"""Words of these letters end where letters of another script begin: 8GB显存."""
UNSPACED = "个?小时|分钟|時間|分間"
"""Units of time in scripts that put no space between words."""
DIGITS = re.compile(
    rf"(?<![A-Za-z0-9_.,/])(?P<number>\d{{1,3}}(?:{BETWEEN}\d{{3}})+(?!\d|\.\d)|\d+(?:[.,]\d+)?)"
    rf"(?:(?P<close>%|[kKmMbBgG](?![{LATIN}0-9_]))"
    rf"|(?:[ \u00a0\u202f-]?(?P<unit>(?:per|por|pour) ci?ent[{LATIN}]*|{UNSPACED}|[{LATIN}]+|[^\W\d_]+|%)))?(?![\d])"
)
WORD = re.compile(rf"[{LATIN}]+|[^\W\d_{LATIN}]+")
MULTIPLES = {"k": 1e3, "m": 1e6, "mio": 1e6, **SCALES}
AND_A_HALF = re.compile(r"^ (?:and a half|und eine halbe|et demie?|y media|e mezza|e meia)\b", re.I)
OTHER_BEFORE = re.compile(
    rf"(?:(?<![{LATIN}0-9_])"
    r"(?:rank|r|alpha|lora_alpha|seed|lr|learning[ -]rate|rate|python|cuda|torch|version|v|epochs?|gpt|rtx|gtx|"
    r"titan|tesla|quadro|radeon|rx|geforce|ryzen|m|top|batch(?:[ -]size)?|bs|dropout|decay|warmup|"
    r"temperature|step|f1|virtual[ -]tokens|"
    r"llama|qwen|gemma|phi|mistral|bert|smollm|roberta|bloom|falcon)\s*(?:of|=|:|is|size)?\s*[-_]?)$",
    re.I,
)
YEARS = re.compile(
    r"\b(?:from|between|von|zwischen|de|entre|da|dal)\s+(?:19|20)\d\d\s*(?:to|and|until|bis|und|à|et|a|y|al?|-)\s*(?:19|20)\d\d\b"
    r"|\b(?:19|20)\d\d\s?[-\u2013]\s?(?:19|20)\d\d\b"
    r"|\b(?:in|since|until|till|by|year|early|late|mid|spring|summer|autumn|fall|winter|Q[1-4]|im|jahr|seit|en|depuis|"
    r"desde|nel|em|january|february|march|april|may|june|july|august|september|october|november|december)\s+"
    r"(?:19|20)\d\d\b(?![\d.,%]*\d)(?!\s+\w+s\b)(?!\s?[kKmM%]\b)",
    re.I,
)
"""Where years stand; "in 2000 reviews" is none, since what is counted follows."""
SCIENTIFIC = re.compile(r"\d+(?:\.\d+)?e-?\d+", re.I)


def numbers_in(text: str) -> tuple[Number, ...]:
    """Every number that could mean something, in the order of the text; what is beyond all counting could not."""
    found = sorted([*_in_digits(text), *_in_words(text)], key=lambda one: (one.start, -len(one.text)))
    kept: list[Number] = []
    for one in found:
        if math.isfinite(one.value) and (not kept or one.start >= kept[-1].end):
            kept.append(one)
    return tuple(kept)


def _in_digits(text: str) -> Iterator[Number]:
    others = [match.span() for pattern in (SCIENTIFIC, YEARS) for match in pattern.finditer(text)]
    for match in DIGITS.finditer(text):
        if any(start <= match.start() < end for start, end in others):
            continue
        unit = (match["close"] or match["unit"] or "").lower()
        if OTHER_BEFORE.search(text[: match.start()]) and unit not in GIGABYTES:
            continue
        found = _measured(match["number"], unit, bool(match["close"]))
        if found is not None:
            value, roles, takes_unit = found
            shown = match[0] if takes_unit else match["number"]
            following = text[match.start() + len(shown) :]
            yield _scaled(Number(shown, match.start(), value, roles), following)


def _measured(digits: str, unit: str, close: bool) -> tuple[float, tuple[Role, ...], bool] | None:
    """The value, what it can be, and whether its unit belongs to it; None for what means nothing here."""
    value = _value(digits)
    if unit in GIGABYTES or (unit == "g" and close):
        return value * GIGABYTES.get(unit, 1.0), (Role.MEMORY,), True
    if unit in MINUTES and not (close and unit in "hs"):
        return value * MINUTES[unit], (Role.MINUTES,), True
    if unit == "%" or "".join(unit.split()) in PERCENT:
        return value / 100, (Role.SCORE, Role.NOTHING), True
    if unit == "b":
        return value * 1e9, (Role.PARAMETERS,), True
    if unit in OTHER_AFTER:
        return None
    if unit in MULTIPLES:
        value *= MULTIPLES[unit]
        return value, (*PLAIN, Role.PARAMETERS) if unit == "m" else PLAIN, True
    if unit in CLASSES:
        return value, (Role.CLASSES,), False
    if not value.is_integer() or re.search(r"[.,]\d{1,2}$", digits):
        return (value, (Role.SCORE, Role.NOTHING), False) if value < 1 else None
    return value, PLAIN if value > 1 else (Role.SCORE, Role.NOTHING), False


def _scaled(number: Number, following: str) -> Number:
    """With a scale in words behind it: "20 thousand"."""
    gap = following[: following.startswith(" ")]
    word = WORD.match(following, len(gap))
    scale = SCALES.get(meant(word[0].lower())) if word else None
    if word and scale and Role.ROWS in number.roles and number.text[-1].isdigit():
        return Number(number.text + gap + word[0], number.start, number.value * scale, PLAIN)
    return number


def _value(digits: str) -> float:
    """Groups of three are thousands, whatever stands between them; any other separator is a decimal one."""
    if re.fullmatch(rf"[1-9]\d{{0,2}}(?:{BETWEEN}\d{{3}})+", digits):
        return float(re.sub(r"\D", "", digits))
    plain = digits.replace(",", ".")
    return float(plain) if re.fullmatch(r"\d+(?:\.\d+)?", plain) else float(re.sub(r"\D", "", digits))


@dataclass(slots=True)
class _Phrase:
    """Number words as they are read, one after the other."""

    start: int
    end: int
    reach: int
    """Behind its last word; one that joins, or "of", is no part of it yet."""
    join: str = ""
    """The word that joins, where it came last."""
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
        if self.current >= 100 or (self.total and not self.current):
            return 100.0
        return 10.0 if self.current >= 20 and self.current % 10 == 0 and self.join != "and" else 0.0


def _in_words(text: str) -> Iterator[Number]:
    phrase: _Phrase | None = None
    words = list(WORD.finditer(text))
    for match, following in zip_longest(words, words[1:]):
        word = meant(match[0].lower())
        gap = text[phrase.reach : match.start()] if phrase else ""
        if phrase and (
            gap.strip(" -") or not _continues(phrase, word, meant(following[0].lower()) if following else "")
        ):
            yield from _finished(phrase, text)
            phrase = None
        if phrase is None:
            if word in UNITS or word in SCALES or word in HALVES or word in VAGUE or word in ARTICLES:
                phrase = _Phrase(match.start(), match.end(), match.end())
                _take(phrase, word)
            continue
        phrase.reach, phrase.join = match.end(), word if word in JOINS else ""
        if not phrase.join and word != "of":
            _take(phrase, word)
            phrase.end = match.end()
    if phrase:
        yield from _finished(phrase, text)


def _continues(phrase: _Phrase, word: str, following: str) -> bool:
    if phrase.join:
        # What follows tells "one hundred and five" from "between one hundred and five hundred".
        return 0 < UNITS.get(word, 0) < phrase.room() and SCALES.get(following) != 100
    known = word in UNITS or word in SCALES or word in VAGUE or (phrase.half and word in ARTICLES) or word == "of"
    return known or (word in ARTICLES and not phrase.counted) or (word in JOINS and phrase.counted)


def _take(phrase: _Phrase, word: str) -> None:
    if word in VAGUE:
        phrase.vague = True
    if word in HALVES:
        phrase.half, phrase.current = True, 0.5
    elif word in SCALES:
        phrase.counted = True
        scaled = (phrase.current or 1.0) * SCALES[word]
        if SCALES[word] >= 1e3:
            phrase.total, phrase.current = phrase.total + scaled, 0.0
        else:
            phrase.current = scaled
    elif word in UNITS:
        # "Some fifty" are about fifty, but a few dozen are any number of dozens.
        phrase.counted, phrase.vague = True, phrase.vague and UNITS[word] == 12
        twelve = UNITS[word] == 12 and phrase.current
        phrase.current = phrase.current * 12 if twelve else phrase.current + UNITS[word]


def _finished(phrase: _Phrase, text: str) -> Iterator[Number]:
    shown = text[phrase.start : phrase.end]
    following = WORD.match(text[phrase.end :].lstrip(" -"))
    unit = following[0].lower() if following else ""
    value = phrase.worth()
    if phrase.vague:
        yield Number(shown, phrase.start, value, PLAIN, vague=True)
    elif unit in MINUTES and (phrase.counted or phrase.half or shown.lower() in ARTICLES):
        end = phrase.end + text[phrase.end :].lower().index(unit) + len(unit)
        half = AND_A_HALF.match(text[end:])
        whole = text[phrase.start : end + (len(half[0]) if half else 0)]
        yield Number(whole, phrase.start, ((value or 1.0) + 0.5 * bool(half)) * MINUTES[unit], (Role.MINUTES,))
    elif phrase.counted and value > 1:
        yield Number(shown, phrase.start, value, (Role.CLASSES,) if unit in CLASSES else PLAIN)
