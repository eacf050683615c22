"""Whether a text says only what the evidence says: its numbers, its methods, its names. Knows no model."""

from __future__ import annotations

import re
from dataclasses import asdict

from advisor.reading.number_words import SCALES, UNITS
from advisor.reasoning.facts import Facts
from metapeft_core.selection.reasons import NAMES

NUMBER = re.compile(r"\d+(?:[.,]\d+)*\s?%?")
ALLOWED = ("nine of ten", "one of", "of the five", "the five")
"""Ways of speaking that count nothing."""
COUNTING = frozenset({word for word, value in UNITS.items() if value > 1} | set(SCALES)) - {"due"}
"""Number words, but for one that is Italian only."""
LEAST, MOST = 60, 1200
"""Letters of a text that says something, and of one that somebody reads."""


def faults(text: str, facts: Facts) -> list[str]:
    """What the evidence does not bear out; empty for a text that may be shown."""
    found = [f"the number {number}" for number in numbers_of(text) - numbers_of(" ".join(asdict(facts).values()))]
    found += [f"the method {name}" for name in methods_of(text) - methods_of(" ".join(asdict(facts).values()))]
    found += [f"the number word {word}" for word in _number_words(text)]
    if facts.method.lower() not in text.lower():
        found.append(f"no word of {facts.method}")
    if not LEAST <= len(text) <= MOST or not text.rstrip().endswith((".", "!")):
        found.append("no whole text")
    if _repeats(text):
        found.append("a sentence that is said twice")
    return found


def numbers_of(text: str) -> set[str]:
    """The numbers that a text has, as they are written."""
    return {re.sub(r"[\s,]+$", "", number).replace(" ", "") for number in NUMBER.findall(text)}


def methods_of(text: str) -> set[str]:
    """The methods that a text names; LoRA inside of AdaLoRA is none of its own."""
    plain = text.lower()
    found = set()
    for name in sorted(NAMES.values(), key=len, reverse=True):
        if name.lower() in plain:
            found.add(name)
            plain = plain.replace(name.lower(), " ")
    return found


def _number_words(text: str) -> list[str]:
    plain = text.lower()
    for phrase in ALLOWED:
        plain = plain.replace(phrase, " ")
    return [word for word in re.findall(r"[a-z]+", plain) if word in COUNTING]


def _repeats(text: str) -> bool:
    sentences = [sentence.strip().lower() for sentence in re.split(r"(?<=[.!])\s", text) if sentence.strip()]
    return len(set(sentences)) < len(sentences)
