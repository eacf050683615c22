"""Words by which things are named, in the languages people commonly ask in, and where a text has them. Knows no thing.

A name may go on in a text, as names do in most languages ("translat" finds "translating"), unless it ends in `$`; `_`
stands for a space. Scripts that put no space between words have names anywhere. Slips of the keyboard are looked for
only where nothing is spelt well, and only in words that are like no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from advisor.reading.slips import one_slip

END, SPACE = "$", "_"
SPACED = re.compile(r"[\u0000-\u052f\u0600-\u06ff]")
"""The first letter of a name in a script that puts spaces between words."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """How things are called."""

    names: Mapping[str, re.Pattern[str]]
    misspelt: Mapping[str, str]
    """Words whose slips are understood, and what they name."""
    meant: frozenset[str]
    """Words that are one slip away from them, and are meant as they stand."""


@cache
def lexicon(name: str) -> Lexicon:
    """One of those that lie beside this file."""
    told = json.loads(Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8"))
    names = {thing: re.compile("|".join(map(_form, words.split())), re.I) for thing, words in told["names"].items()}
    return Lexicon(names, told["misspelt"], frozenset([*told["meant"], *told["misspelt"]]))


def named_in(text: str, known: Lexicon, counts: Callable[[str], bool] = lambda _: True) -> tuple[str, ...]:
    """What a text names, in its order; `counts` is asked about what stands before a name."""
    places: dict[str, int] = {}
    for thing, pattern in known.names.items():
        found = (match.start() for match in pattern.finditer(text) if counts(text[: match.start()]))
        place = next(found, None)
        if place is not None:
            places[thing] = place
    return tuple(sorted(places, key=lambda thing: places[thing])) or _misspelt(text, known)


def _misspelt(text: str, known: Lexicon) -> tuple[str, ...]:
    words = (match[0].lower() for match in re.finditer(r"[A-Za-z]{5,}", text))
    slips = (word for word in words if word not in known.meant)
    found = (thing for word in slips for name, thing in known.misspelt.items() if _is_slip(word, name))
    return tuple(dict.fromkeys(found))


def _is_slip(word: str, name: str) -> bool:
    return word[0] == name[0] and one_slip(word, name)


def _form(name: str) -> str:
    plain = r"[\s-]+".join(map(re.escape, name.removesuffix(END).split(SPACE)))
    if name.endswith(END):
        return rf"(?<!\w){plain}(?!\w)"
    return rf"(?<!\w){plain}" if SPACED.match(name) else plain
