"""Classes that a text lists by name: "as order, complaint, invoice or job application". Knows no number."""

from __future__ import annotations

import re

ITEM = r"(?!(?:and|then|und|et|y)\b)[^\s,.;:?!()/]+(?: [^\s,.;:?!()/]+){0,2}?"
OR = r"(?:or(?: just| simply| else| even)?|oder|ou|o|of|lub|или|eller|veya)"
LISTED = re.compile(
    rf"(?:\b(?:as|are|is|be|being|either|into|whether|then|als|ob|en|si|come|como|jako|как|sind|sont)\b"
    rf"(?: an?| they are| it is| it's| they're)?|:|\()\s*"
    rf"(?P<items>{ITEM}(?:, {ITEM})+),? {OR} {ITEM}(?=[\s,.;:?!)]|$)",
    re.I,
)


def classes_listed(text: str) -> int | None:
    """How many; None where three or more are not listed."""
    found = LISTED.search(text)
    return None if found is None else found["items"].count(",") + 2
