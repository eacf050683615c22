"""What a text is made of: its words and pairs of them, and the pieces of its words. Knows no language and no meaning.

Pieces are what slips of the keyboard and the endings of many languages leave alone, and all there is of a language that
puts no spaces between words. Every gram is told by a number of 32 bits, so that lists of them need no texts.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from zlib import crc32

WORD = re.compile(r"\w+|[^\w\s]")
DIGIT = re.compile(r"\d")
LONGEST = 5
"""Letters of the longest pieces; the spaces around a word count."""
MOST = 4000
"""Letters that are looked at: whoever pastes a book has said what is wanted before."""


def word_grams(text: str) -> Counter[int]:
    """The words and signs of a text, and what stands next to each other; which digits they are does not matter."""
    words = words_in(text)
    pairs = (f"{one} {other}" for one, other in pairwise(words))
    return Counter(number_of(gram) for grams in (words, pairs) for gram in grams)


def letter_grams(text: str) -> Counter[int]:
    """The pieces of its words, of two letters and more."""
    found: Counter[str] = Counter()
    for word in _plain(text).split():
        apart = f" {word} "
        for size in range(2, LONGEST + 1):
            found.update(apart[start : start + size] for start in range(len(apart) - size + 1))
    return Counter({number_of(f"#{gram}"): count for gram, count in found.items()})


def words_in(text: str) -> list[str]:
    """The words and signs of a text, in small letters and with all digits alike."""
    return WORD.findall(_plain(text))


def number_of(gram: str) -> int:
    """What a gram is told by."""
    return crc32(gram.encode("utf-8", "surrogatepass"))


def _plain(text: str) -> str:
    return DIGIT.sub("0", text[:MOST].lower())
