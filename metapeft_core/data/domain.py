"""What the texts are about, in a closed vocabulary, by likeness to descriptions. Knows vectors, not words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]

GENERAL = "general"
DESCRIPTIONS: dict[str, tuple[str, ...]] = {
    "legal": (
        "a clause of a contract",
        "a court ruling on the law",
        "the plaintiff and the defendant",
        "a statute or regulation",
    ),
    "medical": (
        "a patient's symptoms and diagnosis",
        "a disease and its treatment",
        "doctors, hospital and medicine",
        "a clinical trial of a drug",
    ),
    "finance": (
        "company earnings, shares and profit",
        "the stock market and interest rates",
        "a bank account, a loan, a payment",
        "oil and grain trade, mergers and acquisitions",
    ),
    "software": (
        "a software package or library",
        "a command-line tool for the computer",
        "computer hardware, operating systems and networks",
        "an error message in a program",
    ),
    "security": (
        "a software vulnerability that an attacker can exploit",
        "malware and intrusion",
        "improper access control or input validation",
        "encryption and passwords",
    ),
    "code": (
        "source code of a function",
        "#include <stdio.h> int main() { return 0; }",
        "def f(x): return x + 1",
        "SELECT name FROM table WHERE id = 1;",
    ),
    "news": (
        "a newspaper report on current events",
        "police said on Tuesday after the accident",
        "a newspaper editorial on society",
        "breaking news from around the world",
    ),
    "politics": (
        "the president and the election campaign",
        "a politician's claim about taxes and voters",
        "government policy and parliament",
        "Republicans and Democrats in the Senate",
    ),
    "reviews": (
        "a review of a product that a customer bought",
        "this film was great, the acting was poor",
        "I am satisfied with the quality, I recommend it",
        "five stars, works as described",
    ),
    "travel": (
        "a hotel room, its staff and breakfast",
        "a holiday trip and flights",
        "sightseeing in a city",
        "our stay at the resort by the beach",
    ),
    "dialogue": (
        "How are you? I'm fine, thank you.",
        "two people talking to each other in a film",
        "What did you say? Nothing. Come on!",
        "Speaker 1 asks and Speaker 2 answers",
    ),
    "assistant": (
        "play some music by this artist",
        "book a table at a restaurant",
        "what is the weather tomorrow",
        "add this song to my playlist",
    ),
    "messages": (
        "a short text message to a friend on the phone",
        "call me when you get home, ok, see you later",
        "congratulations, you won a prize, call now to claim",
        "free ringtone, text to this number",
    ),
    "social_media": (
        "a tweet with hashtags and mentions",
        "lol omg @user #fun",
        "a comment on an online post",
        "an angry reply in an internet forum",
    ),
    "science": (
        "a physics experiment and its results",
        "a biology research article",
        "chemistry, astronomy and mathematics",
        "we propose a method and evaluate it",
    ),
    "education": (
        "a lecture, a course and its teacher",
        "an exam question for students",
        "the professor explains and grades fairly",
        "a school lesson for children",
    ),
    "encyclopedia": (
        "a fact about a person, place or event from an encyclopedia",
        "he was born in 1950 and is known for",
        "a city in a country with a population of",
        "a trivia question about history or geography",
    ),
    "dictionary": (
        "a definition of a word in a dictionary",
        "the act of doing something",
        "a small plant or animal of the genus",
        "having the quality of being",
    ),
    "literature": (
        "a scene of a play in old English, thou and thee",
        "a poem or a novel",
        "a metaphor in figurative language",
        "the king speaks to his knights, my lord",
    ),
    "logic": (
        "a logical argument with premises and a conclusion",
        "all A are B, therefore some C are not D",
        "a syllogism that is valid or invalid",
        "Premise and hypothesis: it is entailed",
    ),
    "ethics": (
        "a moral dilemma about what is right or wrong",
        "should the driver save the pedestrians",
        "a harmful or dangerous request",
        "how to hurt somebody or commit a crime",
    ),
    "commonsense": (
        "everyday reasoning about ordinary situations",
        "would a person be able to do this",
        "the pronoun refers to someone because",
        "a person does an everyday activity outdoors",
    ),
    "sports": (
        "a football match and its score",
        "the player scored a goal",
        "basketball, baseball and hockey players",
        "the team won the championship",
    ),
    "art": (
        "an oil painting on canvas",
        "a screenprint or etching on paper",
        "a sculpture of bronze in a museum",
        "a photograph in a gallery collection",
    ),
    "food": (
        "a restaurant that serves cheap food",
        "a recipe with ingredients",
        "a family friendly pub near the riverside",
        "coffee, pizza and dinner",
    ),
}
"""A few sentences a domain: examples of its texts work as well as names of its subjects."""


DOMAINS = (*DESCRIPTIONS, GENERAL)
SURE = 0.35
"""Likeness below which no domain is named; unrelated texts and languages unknown to the encoder stay under it."""
SHARPNESS = 20.0


def guess_domain(vectors: Vectors, embed: Embed) -> tuple[str, float]:
    """The domain whose descriptions are most like the mean text, and how far it stands out from the others.

    `general` with confidence 0 where no domain is like enough: the encoder reads English, so other languages usually
    end there.
    """
    mean = vectors.mean(axis=0)
    likeness = _anchors(embed) @ (mean / max(float(np.linalg.norm(mean)), 1e-12))
    best = int(likeness.argmax())
    if likeness[best] < SURE:
        return GENERAL, 0.0
    weights = np.exp(SHARPNESS * (likeness - likeness[best]))
    return list(DESCRIPTIONS)[best], float(1.0 / weights.sum())


@cache
def _anchors(embed: Embed) -> Vectors:
    """One unit vector a domain: the mean of its descriptions."""
    means = np.stack([embed(sentences).mean(axis=0) for sentences in DESCRIPTIONS.values()])
    return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12), dtype=np.float32)
