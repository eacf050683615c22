"""Words by which things are named, in the languages people commonly ask in, and where a text has them. Knows no thing.

A name may go on in a text, as names do in most languages ("translat" finds "translating"), unless it ends in `$`; `_`
stands for a space or a hyphen. Scripts that put no space between words have names anywhere. Slips of the keyboard are
looked for only where nothing is spelt well, and only in words that are like no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from advisor.reading.slips import one_slip

END, SPACE = "$", "_"
SPACED = re.compile(r"[\u0000-\u052f\u0600-\u06ff]")
"""The first letter of a name in a script that puts spaces between words."""
GAP = re.compile(r"[\s-]+")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """How things are called."""

    names: Mapping[str, tuple[str, bool]]
    """What each name names, and whether a word ends where it ends."""
    longest: int
    misspelt: Mapping[str, str]
    """Words whose slips are understood, and what they name."""
    meant: frozenset[str]
    """Words that are one slip away from them, and are meant as they stand."""

    @property
    def things(self) -> set[str]:
        """All that can be named."""
        return {thing for thing, _ in self.names.values()}


@cache
def lexicon(name: str) -> Lexicon:
    """One of those that lie beside this file."""
    told = json.loads(Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8"))
    names = {
        _plain(name.removesuffix(END).replace(SPACE, " ")): (thing, name.endswith(END))
        for thing, line in told["names"].items()
        for name in line.split()
    }
    meant = frozenset([*told["meant"], *told["misspelt"]])
    return Lexicon(names, max(map(len, names)), told["misspelt"], meant)


def named_in(text: str, known: Lexicon, counts: Callable[[str], bool] = lambda _: True) -> tuple[str, ...]:
    """What a text names, in its order; `counts` is asked about what stands before a name."""
    plain = _plain(text)
    found = (thing for place, thing in _places(plain, known) if counts(plain[:place]))
    return tuple(dict.fromkeys(found)) or _misspelt(plain, known)


def _places(text: str, known: Lexicon) -> Iterator[tuple[int, str]]:
    """Every name of a text with its place, longer ones first where several begin there."""
    for start in range(len(text)):
        inside = start > 0 and _is_word(text[start - 1])
        if inside and SPACED.match(text[start]):
            continue
        for end in range(min(len(text), start + known.longest), start, -1):
            thing, is_whole = known.names.get(text[start:end], (None, False))
            if thing is not None and not (is_whole and end < len(text) and _is_word(text[end])):
                yield start, thing


def _misspelt(text: str, known: Lexicon) -> tuple[str, ...]:
    words = (word for word in re.findall(r"\b[a-z]{5,}\b", text) if word not in known.meant)
    found = (thing for word in words for name, thing in known.misspelt.items() if _is_slip(word, name))
    return tuple(dict.fromkeys(found))


def _is_slip(word: str, name: str) -> bool:
    return word[0] == name[0] and one_slip(word, name)


def _plain(text: str) -> str:
    # Capital letters do not tell the two Turkish ones apart, nor do people in a hurry.
    return GAP.sub(" ", text.lower().replace("i\u0307", "i").replace("\u0131", "i"))


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
