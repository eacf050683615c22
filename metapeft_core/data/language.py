"""The language that the rows are written in. Knows the languages people commonly have data in, code, and mixtures."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

LANGUAGES = (
    *("ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "gl", "gu", "he", "hi"),
    *("hr", "hu", "id", "it", "ja", "ka", "kk", "kn", "ko", "lt", "lv", "mk", "ml", "mr", "nl", "no", "pl", "pt", "ro"),
    *("ru", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "vi", "zh"),
)
RARER = (
    *("af", "am", "az", "be", "br", "bs", "cy", "eo", "fo", "ga", "gd", "gn", "ha", "ht", "hy", "ig", "is"),
    *("jv", "km", "ku", "ky", "la", "lb", "lo", "mg", "mi", "mn", "ms", "mt", "my", "ne", "oc", "pa", "ps"),
    *("qu", "rm", "sa", "si", "so", "tg", "tl", "tt", "ug", "uz", "xh", "yi", "yo", "zu"),
)
"""Can be said of data, and are not told apart here: too few people write them where a detector learns."""
MULTIPLE = "multi"
CODE = "code"
UNKNOWN = "und"
CHARACTERS = 600
"""Read of each row: beyond it the answer no longer changes, only the time it takes."""
SURE_ROW = 0.8
MINORITY = 0.15
CODE_MARKS = re.compile(r"[{}();=<>\[\]$\\]|->|::|\+\+|&&|\|\|")
CODE_SHARE = 0.06


def detect_language(texts: Sequence[str]) -> tuple[str, float]:
    """The language of the rows and how sure that is: an ISO code, `multi`, `code`, or `und` when there is no text.

    Rows vote with their length, since a word or two tells little. A second language counts only by rows that are
    sure of it on their own: short rows of one language scatter over all its relatives.
    """
    texts = [text[:CHARACTERS] for text in texts if any(character.isalpha() for character in text)]
    if not texts:
        return UNKNOWN, 0.0
    marked = sum(_code_share(text) > CODE_SHARE for text in texts) / len(texts)
    if marked > 0.5:
        return CODE, marked
    mass: dict[str, float] = defaultdict(float)
    sure: dict[str, float] = defaultdict(float)
    for text in texts:
        language, confidence = _identifier().classify(text)
        mass[language] += confidence * len(text)
        if confidence >= SURE_ROW:
            sure[language] += len(text)
    return _decide(mass, sure)


def _decide(mass: dict[str, float], sure: dict[str, float]) -> tuple[str, float]:
    total, surely = sum(mass.values()), sum(sure.values())
    best = max(mass, key=lambda language: mass[language])
    share = mass[best] / total
    others = sum(sure.values()) - sure.get(best, 0.0)
    if surely and others / surely > MINORITY and share < 1 - MINORITY:
        return MULTIPLE, others / surely if others / surely > 0.5 else 2 * others / surely
    return best, share


def _code_share(text: str) -> float:
    return len(CODE_MARKS.findall(text)) / len(text)


@cache
def _identifier() -> Any:
    # Its model takes a third of a second to load, which a generation task never needs to pay twice.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([language for language in LANGUAGES if language in identifier.labels])
    return identifier
