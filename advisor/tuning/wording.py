"""How people write: numbers in every spelling, slips of the keyboard, careless case. Knows no task and no act."""

from __future__ import annotations

import random
import re

TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SMALL = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
VALUES = tuple(
    round(start * scale)
    for scale in (1, 10, 100, 1000, 10_000, 100_000)
    for start in (10, 12, 15, 16, 18, 20, 24, 25, 30, 32, 35, 40, 48, 50, 60, 64, 75, 80, 90)
    if start * scale <= 2_000_000
)
FEW = 60
"""Up to here round numbers are no more usual than others."""
VOWELS = "aeiou"
SHORT = {
    "you": "u",
    "are": "r",
    "please": "plz",
    "about": "abt",
    "what": "wat",
    "whats": "wats",
    "the": "teh",
    "and": "n",
    "thanks": "thx",
    "should": "shud",
    "because": "cuz",
    "with": "w",
    "messages": "msgs",
    "people": "ppl",
    "best": "bst",
    "your": "ur",
    "good": "gd",
    "really": "rly",
    "classification": "classif",
    "recommend": "rec",
    "memory": "mem",
    "data": "dta",
}
"""How words are shortened in a hurry."""
NEIGHBOURS = {
    "a": "sq",
    "e": "wr",
    "i": "uo",
    "o": "ip",
    "u": "yi",
    "s": "ad",
    "t": "ry",
    "n": "bm",
    "r": "et",
    "l": "k",
    "c": "xv",
    "m": "n",
}


def amount(chance: random.Random, most: int = VALUES[-1], in_digits: bool = False) -> tuple[str, int]:
    """A number of something, as somebody might write it, and its value."""
    if most <= FEW:
        value = chance.randint(2, most)
    elif chance.random() < 0.7:
        value = chance.choice([one for one in VALUES if one <= most])
    else:
        value = chance.randint(5, min(most, 9999))
    forms = [str(value), str(value)]
    if value >= 1000:
        forms += [f"{value:,}", f"{value:,}"]
        forms += [f"{value / 1000:g}k", f"{value / 1000:g}k"] if value % 100 == 0 else []
        forms += [f"{value // 1000} thousand"] if value % 1000 == 0 and value < 1_000_000 else []
        forms += [f"{value / 1e6:g} million", f"{value / 1e6:g}M"] if value >= 500_000 and value % 100_000 == 0 else []
        forms += ["half a million"] * 2 if value == 500_000 else []
    spelt = _spelt(value)
    forms = [form for form in forms if not in_digits or form.isdigit()]
    return chance.choice([*forms, spelt] if spelt and not in_digits else forms), value


def _spelt(value: int) -> str:
    if value == 12:
        return "a dozen"
    if value <= 12:
        return SMALL[value - 1]
    if value < 100 and value % 10 == 0:
        return TENS[value // 10 - 2]
    if 20 < value < 100:
        return f"{TENS[value // 10 - 2]}-{SMALL[value % 10 - 1]}"
    if value % 1000 == 0 and (head := _spelt(value // 1000)) and value < 100_000:
        return "a thousand" if value == 1000 else f"{head} thousand"
    if value % 100 == 0 and value < 2000:
        return "a hundred" if value == 100 else f"{_spelt(value // 100)} hundred" if _spelt(value // 100) else ""
    if value in (150, 250, 350):
        return f"{SMALL[value // 100 - 1]} hundred and fifty"
    return ""


def memory(chance: random.Random) -> str:
    """An amount of memory."""
    size = chance.choice((2, 4, 6, 8, 8, 8, 10, 12, 16, 16, 24, 24, 32, 40, 48, 64, 80))
    return chance.choice(
        (
            f"{size} GB",
            f"{size}GB",
            f"{size}gb",
            f"{size} gigs",
            f"{size} GiB",
            f"{1024 * size} MB",
            f"{size} gigabytes",
        )
    )


def duration(chance: random.Random, hours: str = "hours") -> str:
    """A length of time."""
    count = chance.choice((2, 3, 4, 5, 6, 8, 10, 12))
    many = chance.choice((5, 10, 15, 20, 30, 45, 90))
    english = (
        "half an hour",
        "an hour",
        f"{count}h",
        f"{many} min",
        f"{many} minutes",
        f"{count} hours",
        "one hour",
        "a day",
    )
    return chance.choice(english) if hours == "hours" else chance.choice((f"{count} {hours}", f"{many} min"))


def score(chance: random.Random) -> str:
    """A score of a run."""
    value = chance.uniform(0.2, 0.99)
    return chance.choice(
        (
            f"{value:.2f}",
            f"{value:.3f}",
            f"{100 * value:.0f}%",
            f"{100 * value:.1f}%",
            f"{100 * value:.0f} %",
            f"{100 * value:.0f} percent",
        )
    )


def careless(text: str, chance: random.Random) -> str:
    """The text as a hasty person types it: often in small letters, sometimes with slips."""
    dice = chance.random()
    if dice < 0.3:
        text = text.lower()
    elif dice < 0.5:
        text = text[:1].upper() + text[1:]
    elif dice < 0.52:
        text = text.upper() if not re.search(r"\d[km]\b", text) else text
    if chance.random() < 0.08:
        text = re.sub(r"[A-Za-z]+", lambda word: SHORT.get(word[0].lower(), word[0]), text)
    if chance.random() < 0.3:
        for _ in range(chance.choice((1, 1, 2, 3, 4, 5))):
            text = _slip(text, chance)
    if chance.random() < 0.15:
        text = re.sub(r"[,.?!']", "", text) if not re.search(r"\d[.,]\d", text) else text
    return text


def _slip(text: str, chance: random.Random) -> str:
    words = list(re.finditer(r"[A-Za-z]{4,}", text))
    if not words:
        return text
    word = chance.choice(words)
    place = word.start() + chance.randint(1, len(word[0]) - 2)
    kind = chance.randint(0, 4)
    if kind == 0:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if kind == 1:
        return text[:place] + text[place + 1 :]
    if kind == 2:
        return text[:place] + text[place] + text[place:]
    letter = text[place].lower()
    if kind == 3 and letter in VOWELS:
        return text[:place] + chance.choice(VOWELS) + text[place + 1 :]
    return text[:place] + chance.choice(NEIGHBOURS.get(letter, "e")) + text[place + 1 :]
