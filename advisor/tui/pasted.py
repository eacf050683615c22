"""Rows that were pasted become a file that the readers read. Knows formats by their looks only.

The file stays in the advisor's home folder, so that a conversation that is gone on with finds it again.
"""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

from metapeft_core.data.record import shown
from metapeft_core.errors import DataError
from metapeft_core.files import home, not_kept, replaced_file

DIGITS = 16
"""Of the digest that tells one paste from another."""


def kept(text: str) -> Path:
    """The file of these rows, which only this user may read; the same rows have one file however often they come."""
    rows = text.strip("\n")
    if not rows.strip():
        raise DataError("nothing was pasted: paste rows as CSV or as JSON lines")
    content = _encoded(f"{rows}\n")
    # The digest names the folder, and not the file, whose name is what the screen shows.
    folder = home() / "pasted" / hashlib.sha256(content).hexdigest()[:DIGITS]
    place = folder / f"pasted{ending_of(rows)}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not place.exists() or place.read_bytes() != content:
            with replaced_file(place) as fresh:
                fresh.write_bytes(content)
    except OSError as fault:
        raise DataError(not_kept("the pasted rows", folder, fault)) from fault
    return place


def _encoded(rows: str) -> bytes:
    try:
        return rows.encode()
    except UnicodeEncodeError as fault:
        half = shown(rows[fault.start])
        raise DataError(f"the pasted rows hold half a character (a lone surrogate, {half}): write it anew") from fault


def ending_of(rows: str) -> str:
    """By its first line: an object is JSON lines, a list JSON; else columns by tabs or by commas."""
    first = rows.lstrip().splitlines()[0]
    if first.startswith("{"):
        return ".jsonl"
    if first.startswith("["):
        return ".json"
    return ".tsv" if "\t" in first and len(first.split("\t")) >= len(next(csv.reader([first]))) else ".csv"
