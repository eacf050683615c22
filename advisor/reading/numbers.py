"""Numbers as people write them: what they are worth, in which unit, and what they can mean. Knows no model.

"12k", "2,000", "half a million", "fifty" and "两万" become numbers; "a few hundred" becomes one that has to be asked
for. What is plainly something else (a rank, a version, a GPU's name, a price, a learning rate) is not offered at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.reading.ideographs import ideographs_in
from advisor.reading.number import PLAIN, Number, Role, countable, labels
from advisor.reading.number_words import (
    BEHIND_DIGITS,
    CLASSES,
    GIGABYTES,
    MINUTES,
    MOMENTS,
    OTHER_AFTER,
    PERCENT,
    SCALES,
    UNSPACED_MULTIPLES,
    in_minutes,
    meant,
)
from advisor.reading.numbers_in_words import LATIN, WORD, numbers_in_words
from knowledge.brief import MOST

BETWEEN = r"[,.'’ \u00a0\u2009\u202f]"
"""What stands between groups of three digits; spaces of several widths too."""
UNSPACED = "|".join(
    (
        "个?小时|分钟|時間|分間|分(?=以内|で|ほど|くらい|程度|しか|まで)|시간|분|기가|ギガ|个G(?![A-Za-z])|퍼센트|프로(?!그램|젝트|세스)",
        *UNSPACED_MULTIPLES,
        *sorted((word for word in (*GIGABYTES, *MINUTES, *PERCENT) if not word.isalpha()), key=len, reverse=True),
    )
)
"""Units in scripts that put no space between words, or more letters behind them, or signs that are no letters."""
BEFORE = r"(?:(?<![A-Za-z0-9_./])|(?<=RAM)|(?<=\dx)(?=\d+ ?[gG][bB]))(?<!\d,)(?<![A-Za-z]-)"
"""What a number may stand behind; behind others it is a part of a name."""
DIGITS = re.compile(
    rf"{BEFORE}(?P<number>\d{{1,3}}(?:{BETWEEN}\d{{3}})+(?!\d|\.\d)|\d+(?:[.,]\d+)?|(?<![\d\w])\.\d{{1,4}})"
    rf"(?:(?P<close>[%٪]|[wW](?=[\u4e00-\u9fff])|[kKmMbBgG](?![{LATIN}0-9_]))"
    rf"|(?:[ \u00a0\u202f-]?(?P<unit>(?:per|por|pour) ci?ent[{LATIN}]*|{UNSPACED}|[{LATIN}]+|[^\W\d_]+|%)))?(?![\d])"
)
METRE = "\u043c"
"""Russian for a million as well, where it stands close to its number."""
MULTIPLES = {"k": 1e3, "\u043a": 1e3, "w": 1e4, "m": 1e6, METRE: 1e6, "mio": 1e6, **BEHIND_DIGITS, **SCALES}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
"""Elsewhere "w" is no ten thousand: "2,750 w short versions" come with them."""
TIMES = re.compile(r"^x\d")
"""Behind a number they say that it is how many there are of something else: "2x24GB"."""
OF_A_HUNDRED = re.compile(r"(?:%|\by\u00fczde )$", re.I)
"""Before a number, as shares are said in Turkish."""
AND_MINUTES = re.compile(r"\b(?P<hours>\d{1,2}) ?h ?(?P<minutes>[0-5]\d)\b", re.I)
OTHER_BEFORE = re.compile(
    rf"(?:(?<![{LATIN}0-9_])"
    r"(?:rank|r|alpha|lora_alpha|seed|lr|learning[ -]rate|rate|python|cuda|torch|version|v|epochs?|gpt|rtx|gtx|"
    r"titan|tesla|quadro|radeon|rx|geforce|ryzen|m|top|batch(?:[ -]size)?|bs|dropout|decay|warmup|"
    r"temperature|step|virtual[ -]tokens|"
    r"llama|qwen|gemma|phi|mistral|bert|smollm|roberta|bloom|falcon)"
    r"\s*(?:of|=|:|is|size)?\s*[-_]?"
    rf"|(?<![{LATIN}0-9_])(?:rooms?|sprint|ticket|issue|chapter|pages?|section|article|team of|aged?)\s"
    r"|[$\u20ac\u00a3\u00a5#\u00a7]\s?)$",
    re.I,
)
CARD = re.compile(r"\b(?:a|an|my|our|one|the|single|old|used|meine|eine|une|una|mi|ma)\s$", re.I)
"""Before 3090 and its like they say that a graphics card is spoken of."""
CARDS = re.compile(r"(?:[1-5]0[5-9]0|1660)(?!\s?\w+s\b)", re.I)
DISK = re.compile(r"^\s?(?:of )?(?:ssd|hdd|nvme|disk|disc|hard|drive|storage|festplatte|disque|disco|dysk)", re.I)
"""Behind a number of gigabytes they say that nothing can be computed in them."""
MOMENT = re.compile("|".join(sorted(map(re.escape, MOMENTS), key=len, reverse=True)), re.I)
LATE, YEAR = r"(?:19|20)\d\d", r"(?:1[5-9]|20)\d\d"
BETWEEN_THEM = r"\s*(?:to|and|or|until|bis|und|à|et|a|y|e|al?|en|tot|do|och|-|\u2013)\s*"
MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|apr|jun|jul|aug|sept?|oct|nov|dec"
)
COUNTED = r"(?!\s+\w+s\b)(?!\s?[kKmM%]\b)(?![\d.,%]*\d)"
YEARS = re.compile(
    r"\b(?:from|between|of|von|zwischen|de|entre|da|dal|tra|van|tussen|lata|mellan)\s+"
    rf"(?:{LATE}{BETWEEN_THEM}{LATE}\b|{YEAR}{BETWEEN_THEM}{YEAR}\b{COUNTED})"
    rf"|\b{YEAR}\s?[-\u2013]\s?{YEAR}\b{COUNTED}"
    r"|\b(?:in|since|until|till|by|year|early|late|mid|spring|summer|autumn|fall|winter|Q[1-4]|im|jahr|seit|en|depuis|"
    r"desde|nel|em|dal|sinds|sedan|founded|before|after|circa)\s+"
    rf"{LATE}\b{COUNTED}|\b(?:{MONTHS})\.?\s+{LATE}\b",
    re.I,
)
"""Where years stand; "in 2000 reviews" is none, since what is counted follows."""
SCIENTIFIC = re.compile(r"\d+(?:\.\d+)?e(?P<power>-?\d+)", re.I)
COUNTABLE = range(2, 8)
"""Powers of ten that somebody may have so many rows of."""


def numbers_in(text: str) -> tuple[Number, ...]:
    """Every number that could mean something, in the order of the text; what is beyond all counting could not."""
    every = [*_in_digits(text), *_powers_of_ten(text), *_moments(text), *_in_ideographs(text), *numbers_in_words(text)]
    kept: list[Number] = []
    for one in sorted(every, key=lambda one: (one.start, -len(one.text))):
        if one.value <= MOST and (not kept or one.start >= kept[-1].end):
            kept.append(one)
    return tuple(kept)


def _powers_of_ten(text: str) -> Iterator[Number]:
    for match in SCIENTIFIC.finditer(text):
        if int(match["power"]) in COUNTABLE:
            yield Number(match[0], match.start(), float(match[0]), countable(float(match[0])))


def _moments(text: str) -> Iterator[Number]:
    for match in AND_MINUTES.finditer(text):
        yield Number(match[0], match.start(), 60.0 * int(match["hours"]) + int(match["minutes"]), (Role.MINUTES,))
    for match in MOMENT.finditer(text):
        # Under `re.I` more letters are alike than `lower` makes so: "yarim saat" is "yarım saat".
        value = next(value for word, value in MOMENTS.items() if re.fullmatch(re.escape(word), match[0], re.I))
        yield Number(match[0], match.start(), value, (Role.MINUTES,))


def _in_ideographs(text: str) -> Iterator[Number]:
    for shown, start, value, vague in ideographs_in(text):
        following = next(_in_digits(f"1{text[start + len(shown) :]}"), None)
        # What is nothing to count is passed over: then the next number is another one.
        is_timed = following is not None and following.start == 0 and Role.MINUTES in following.roles
        if following is not None and is_timed and not vague:
            whole = shown + following.text[1:]
            yield Number(whole, start, value * following.value, following.roles)
        elif vague or value > 1:
            yield Number(shown, start, value, PLAIN if vague else countable(value), vague)


def _in_digits(text: str) -> Iterator[Number]:
    others = [match.span() for pattern in (SCIENTIFIC, YEARS) for match in pattern.finditer(text)]
    for match in DIGITS.finditer(text):
        if any(start <= match.start() < end for start, end in others):
            continue
        unit = _unit(match, text)
        if _is_a_name(text[: match.start()], match["number"], text[match.end("number") :], unit):
            continue
        found = _measured(match["number"], unit, bool(match["close"]))
        if OF_A_HUNDRED.search(text[: match.start()]):
            found = _value(match["number"]) / 100, (Role.SCORE, Role.NOTHING), False
        if found is not None:
            value, roles, takes_unit = found
            shown = match[0] if takes_unit else match["number"]
            following = text[match.start() + len(shown) :]
            if Role.MEMORY not in roles or DISK.match(following) is None:
                yield _scaled(Number(shown, match.start(), value, roles), following)


def _unit(match: re.Match[str], text: str) -> str:
    """What a number is measured in, if that is said."""
    said = match["close"] or match["unit"] or ""
    if said == "G":
        return "gb"
    apart = match["unit"] is not None and match.end("number") < match.start("unit")
    if (said == METRE and apart) or (said in ("w", "W") and not CHINESE.search(text)):
        return ""
    return said.lower()


def _is_a_name(before: str, digits: str, following: str, unit: str) -> bool:
    """Whether it tells one thing from others of its kind: a rank, a version, a room, a graphics card."""
    if TIMES.match(following) or (OTHER_BEFORE.search(before) and unit not in GIGABYTES):
        return True
    return bool(CARD.search(before) and CARDS.match(digits + following) and len(digits) == 4)


def _measured(digits: str, unit: str, close: bool) -> tuple[float, tuple[Role, ...], bool] | None:
    """The value, what it can be, and whether its unit belongs to it; None for what means nothing here."""
    value = _value(digits)
    if unit in GIGABYTES or (unit == "g" and close):
        return value * GIGABYTES.get(unit, 1.0), (Role.MEMORY,), True
    time = in_minutes(value, unit)
    if time is not None and not (close and unit in "hs"):
        return time, (Role.MINUTES,), True
    if unit in ("%", "٪") or "".join(unit.split()) in PERCENT:
        return value / 100, (Role.SCORE, Role.NOTHING), True
    if unit in ("b", "\u0431"):
        return value * 1e9, (Role.PARAMETERS,), True
    if unit in OTHER_AFTER:
        return None
    if unit in MULTIPLES:
        value *= MULTIPLES[unit]
        return value, countable(value), True
    if unit in CLASSES:
        return value, labels(value), False
    if not value.is_integer() or re.search(r"[.,]\d{1,2}$", digits):
        return (value, (Role.SCORE, Role.NOTHING), False) if value < 1 else None
    return value, countable(value) if value > 1 else (Role.SCORE, Role.NOTHING), False


def _scaled(number: Number, following: str) -> Number:
    """With a scale in words behind it: "20 thousand"."""
    gap = following[: following.startswith(" ")]
    word = WORD.match(following, len(gap))
    scale = SCALES.get(meant(word[0].lower())) if word else None
    if word and scale and Role.NOTHING in number.roles and number.text[-1].isdigit():
        value = number.value * scale
        return Number(number.text + gap + word[0], number.start, value, countable(value))
    return number


def _value(digits: str) -> float:
    """Groups of three are thousands, whatever stands between them; any other separator is a decimal one."""
    if re.fullmatch(rf"[1-9]\d{{0,2}}(?:{BETWEEN}\d{{3}})+", digits):
        return float(re.sub(r"\D", "", digits))
    plain = digits.replace(",", ".")
    return float(plain) if re.fullmatch(r"(?:\d+)?(?:\.?\d+)", plain) else float(re.sub(r"\D", "", digits))
