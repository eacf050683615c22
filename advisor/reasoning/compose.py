"""The reasons of a recommendation, put together from sentences that are ready but for the facts. Knows no model.

This is what is shown when no model writes, or when what it wrote does not hold. The same sentences, drawn at random,
are what a small model learns to write from.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from advisor.reasoning.facts import Facts, in_lines

Choose = Callable[[Sequence[str]], str]
SENTENCES: Mapping[str, tuple[str, ...]] = {
    "choice": (
        "{method} is the best bet here: with a probability of {chance} no other method beats it by more than noise.",
        "I would take {method}. The probability that it is the best, or as good as the best, is {chance}.",
        "{method} comes out first, and is as good as the best with a probability of {chance}.",
        "{method} is more likely than any other to be as good as the best ({chance}).",
    ),
    "tie": (
        "{method} and {tied} are within noise of each other here, and {method} is the cheapest of them.",
        "Nobody could tell {method} from {tied} on this task, so I take {method}, which costs least.",
        "This is a tie between {method} and {tied}; {method} is recommended because it is cheapest.",
    ),
    "safe": (
        "Nothing that was measured is like this task and model, so {method} is the safe choice: the best on average.",
        "There is no evidence near this task and model. {method} is what was best on average, and the safe choice.",
    ),
    "misfit": (
        "No method is likely to keep the limits that were given; {method} comes nearest to what was asked.",
        "The limits are too tight for every method. Of the five, {method} is still the one to try.",
    ),
    "score": (
        "Expect a score of about {score}, and in nine of ten cases one between {low} and {high}.",
        "The score should come out near {score}, and lies between {low} and {high} in nine of ten cases.",
        "About {score} is to be expected, with {low} to {high} as the range that holds in nine of ten cases.",
    ),
    "cost": (
        "Training takes about {time} and {memory} of memory.",
        "Count on about {time} of training and {memory} of memory.",
        "It needs about {time} and {memory}.",
    ),
    "rival": (
        "Against it speaks that {rival} is as good as the best with a probability of {rival_chance}.",
        "The strongest rival is {rival}, as good as the best with a probability of {rival_chance}.",
        "{rival} is not far behind at {rival_chance}.",
    ),
    "faster": (
        "If time matters more, {faster} is as good as can be told, and faster.",
        "In a hurry, take {faster}: the expected loss is within noise.",
    ),
    "leaner": (
        "If memory is short, {leaner} needs the least of those that are as good as can be told.",
        "With less memory, {leaner} would do about as well.",
    ),
    "words": (
        "Only words about the task are known, so its data file would make this sharper and could change it.",
        "A data file would narrow this down, and might change the order.",
        "Since there is no data file yet, known tasks of this kind stand in for yours.",
    ),
    "data": ("It was judged by your data file.", "The figures are for your data as it is in the file."),
    "unlike": (
        "The task lies at the edge of what was measured, so the ranges are wide.",
        "Little of what was measured is like it, which is why the ranges are wide.",
    ),
    "grounds": (
        "This rests on {comparisons} comparisons of measured runs.",
        "The evidence is {comparisons} comparisons of measured runs on similar tasks.",
        "{comparisons} measured comparisons stand behind this.",
    ),
    "published": (
        "For a model of this size {published} of the judgement comes from published figures.",
        "Published figures of larger models make up {published} of the judgement.",
    ),
}

NEEDED = {"grounds": "comparisons"} | {name: name for name in ("rival", "faster", "leaner", "unlike", "published")}
"""Facts without which a sentence is left out."""


def composed(facts: Facts, choose: Choose | None = None) -> str:
    """All that is to be said; which of several ways, the facts themselves decide unless somebody else does."""
    pick = choose or _by_facts(facts)
    told = {name: value for name, value in asdict(facts).items() if value}
    names = [
        _opening(facts),
        "score",
        "cost",
        "rival",
        "faster",
        "leaner",
        "unlike",
        facts.known_from,
        "grounds",
        "published",
    ]
    sentences = [pick(SENTENCES[name]).format(**told) for name in names if NEEDED.get(name, "method") in told]
    # A method's name may stand first in a sentence, also in one in the middle of what is ready.
    return re.sub(r"(?:^|(?<=\. ))[a-z]", lambda first: first[0].upper(), " ".join(sentences))


def _opening(facts: Facts) -> str:
    if facts.misfit:
        return "misfit"
    if facts.safe:
        return "safe"
    return "tie" if facts.tied else "choice"


def _by_facts(facts: Facts) -> Choose:
    seed = zlib.crc32(in_lines(facts).encode())
    return lambda ways: ways[seed % len(ways)]
