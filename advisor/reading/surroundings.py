"""What stands around a number, and how big it is, as grams. Knows no language and no role.

How near a word stands, and on which side, tells what is counted: the noun behind, the "of" before. Of words farther
away it matters only that they are there. A gram is told by the number of a bucket, so that none has to be listed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from math import log10

from advisor.reading.grams import MOST, number_of, words_in
from advisor.reading.number import Number

BUCKETS = 2**16
NEAR, NEXT = 6, 2
"""Words of each side that count by their nearness, and those of which pieces count as well."""
PIECES = (1, 2, 3, 4)
"""Letters of those: endings in many languages, and all there is where no spaces stand between words."""
FAR = 0.15
"""What it weighs that a word stands anywhere, beside one for a word at its place."""
SIZE = 2.0
"""What it weighs how big the number is."""
Weighed = tuple[str, float]


def surroundings(number: Number, question: str) -> dict[int, float]:
    """How much there is of each gram; the whole has the length one."""
    before = words_in(question[max(0, number.start - MOST) : number.start])[::-1]
    after = words_in(question[number.end : number.end + MOST])
    found: defaultdict[int, float] = defaultdict(float)
    for gram, much in chain(_side("<", before), _side(">", after), _itself(number, before, after)):
        found[number_of(gram) % BUCKETS] += much
    length = sum(much * much for much in found.values()) ** 0.5
    return {bucket: much / length for bucket, much in found.items()}


def _side(side: str, words: Sequence[str]) -> Iterator[Weighed]:
    """What the words of one side tell, the nearest first."""
    for place, word in enumerate(words[:NEAR]):
        yield f"{side}{word}", 1 / (1 + place / 2)
        yield f"{side}{min(place, NEXT + 1)}{word}", 1.0
    for place, word in enumerate(words[:NEXT]):
        for size in PIECES:
            yield f"{side}{place}^{word[:size]}", 0.5
            yield f"{side}{place}${word[-size:]}", 0.5
    yield f"{side}{' '.join(words[:NEXT])}", 1.0
    yield from ((f"far {word}", FAR) for word in sorted(set(words)))


def _itself(number: Number, before: Sequence[str], after: Sequence[str]) -> Iterator[Weighed]:
    """How big it is and how exact, what it can be, and between which words it stands."""
    size = log10(max(number.value, 0.1))
    yield f"size {round(2 * size)}", SIZE
    yield f"about {int(size)}", SIZE
    yield f"just {number.value:g}" if number.value < 10 else "not small", 1.0
    yield f"vague {number.vague}", 1.0
    yield f"can be {' '.join(number.roles)}", 1.0
    yield f"{' '.join(before[:1])} | {' '.join(after[:1])}", 1.0
    yield f"{int(size)} {' '.join(after[:1])[:5]}", 1.0
