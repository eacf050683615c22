"""The language of data that a text names. Knows names, no grammar."""

from __future__ import annotations

import re

from advisor.reading.lexicon import lexicon, named_in

PLAIN = re.compile(r"\b(?:plain|simple|simpler|easy|everyday|basic|my|bad|poor)\s+$", re.I)
"""Before a language they say how something is to be written, or who is sorry for theirs."""


def language_in(text: str) -> str | None:
    """The language that is named first, as its ISO code."""
    found = named_in(text, lexicon("language_names"), lambda before: PLAIN.search(before) is None)
    return found[0] if found else None
