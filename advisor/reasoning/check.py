"""Whether a text says only what the evidence says: its numbers, its methods, what belongs together. Knows no model."""

from __future__ import annotations

import re
from dataclasses import asdict

from advisor.reading.number_words import SCALES, UNITS
from advisor.reasoning.facts import Facts
from metapeft_core.selection.reasons import NAMES

NUMBER = re.compile(r"\d+(?:[.,]\d+)*(?:\s?%|\s(?:seconds|minutes|hours|days|[KMGT]i?B)\b)?")
"""A number with its unit: "5 minutes" is no "5 GB"."""
RANGE = re.compile(r"(\d+\.\d+)(?: and | to | ?[-\u2013] ?)(\d+\.\d+)")
ALLOWED = ("nine of ten", "one of", "of the five", "the five")
"""Ways of speaking that count nothing."""
COUNTING = frozenset({word for word, value in UNITS.items() if value > 1} | set(SCALES)) - {"due"}
"""Number words, but for one that is Italian only."""
CHEAPER = {
    "faster": re.compile(r"\b(?:faster|fastest|hurry|time matters)\b"),
    "leaner": re.compile(r"\b(?:leaner|leanest|less memory|memory is short)\b"),
}
"""Words with which a method is recommended for what it costs, by the fact that has to name it."""
LEAST, MOST = 60, 1200
"""Letters of a text that says something, and of one that somebody reads."""


def faults(text: str, facts: Facts) -> list[str]:
    """What the evidence does not bear out; empty for a text that may be shown."""
    found = [fault for sentence in sentences_of(text) for fault in faults_of(sentence, facts)]
    if facts.method.lower() not in text.lower():
        found.append(f"no word of {facts.method}")
    if not LEAST <= len(text) <= MOST or not text.rstrip().endswith((".", "!")):
        found.append("no whole text")
    said = [sentence.lower() for sentence in sentences_of(text)]
    if len(set(said)) < len(said):
        found.append("a sentence that is said twice")
    return found


def faults_of(sentence: str, facts: Facts) -> list[str]:
    """What the evidence does not bear out in one sentence."""
    evidence = "; ".join(asdict(facts).values())
    found = [f"the number {number}" for number in sorted(numbers_of(sentence) - numbers_of(evidence))]
    found += [f"the method {name}" for name in sorted(methods_of(sentence) - methods_of(evidence))]
    found += [f"the number word {word}" for word in _number_words(sentence)]
    return found + _mixed_up(sentence, facts)


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, the last one whole or not."""
    return [sentence.strip() for sentence in re.split(r"(?<=[.!])\s", text) if sentence.strip()]


def whole_sentences(text: str) -> str:
    """The text up to the end of its last sentence behind which something follows."""
    ends = [found.end() for found in re.finditer(r"[.!]\s", text)]
    return text[: ends[-1]] if ends else ""


def numbers_of(text: str) -> set[str]:
    """The numbers that a text has, as they are written, each with its unit."""
    return {re.sub(r"\s%", "%", number) for number in NUMBER.findall(text)}


def methods_of(text: str) -> set[str]:
    """The methods that a text names; LoRA inside of AdaLoRA is none of its own."""
    plain = text.lower()
    found = set()
    for name in sorted(NAMES.values(), key=len, reverse=True):
        if name.lower() in plain:
            found.add(name)
            plain = plain.replace(name.lower(), " ")
    return found


def _mixed_up(sentence: str, facts: Facts) -> list[str]:
    """What stands in the evidence, but belongs to something else."""
    named, numbers = methods_of(sentence), numbers_of(sentence)
    found = [
        f"the range {low} to {high}" for low, high in RANGE.findall(sentence) if (low, high) != (facts.low, facts.high)
    ]
    alone = numbers_of(RANGE.sub(" ", sentence)) & {facts.low, facts.high}
    found += [f"{number} for the score" for number in sorted(alone - {facts.score})]
    if facts.rival in named and facts.chance in numbers - {facts.rival_chance}:
        found.append(f"{facts.chance} for {facts.rival}")
    if facts.rival_chance in numbers - {facts.chance, facts.published} and facts.rival not in named:
        found.append(f"{facts.rival_chance} without {facts.rival}")
    for name, words in CHEAPER.items():
        told = {facts.method, getattr(facts, name)}
        if words.search(sentence.lower()) and not named <= told:
            found.append(f"{', '.join(sorted(named - told))} as the {name} one")
    return found


def _number_words(text: str) -> list[str]:
    plain = text.lower()
    for phrase in ALLOWED:
        plain = plain.replace(phrase, " ")
    return [word for word in re.findall(r"[a-z]+", plain) if word in COUNTING]
