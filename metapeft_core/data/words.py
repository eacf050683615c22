"""Words of texts: how many there are, how varied, which rows say the same. Knows no language and no tokenizer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

WORD = re.compile(r"\w+(?:['’]\w+)*")
WINDOW = 500


def words(text: str) -> list[str]:
    """The words of a text, in lower case; characters of scripts without spaces run together as they stand."""
    return WORD.findall(text.casefold())


def vocabulary(texts: Iterable[str]) -> int:
    """How many different words there are."""
    found: set[str] = set()
    for text in texts:
        found.update(words(text))
    return len(found)


def type_token_ratio(texts: Iterable[str]) -> float:
    """Different words over all words, averaged over windows of 500 words.

    The plain ratio falls with the amount of text, so that a large data set would always read as a poor one.
    """
    every = [word for text in texts for word in words(text)]
    if not every:
        return 0.0
    starts = range(0, max(1, len(every) - WINDOW + 1), WINDOW)
    ratios = [len(set(window)) / len(window) for start in starts if (window := every[start : start + WINDOW])]
    return sum(ratios) / len(ratios)


def duplicate_share(texts: Sequence[str]) -> float:
    """Share of rows that repeat an earlier one, case and white space aside."""
    if not texts:
        return 0.0
    return 1.0 - len({" ".join(text.casefold().split()) for text in texts}) / len(texts)
