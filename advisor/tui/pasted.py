"""Rows that were pasted become a file that the readers read. Knows formats by their looks only."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from metapeft_core.errors import DataError


def kept(text: str) -> Path:
    """Write the rows to a file of their own, which only this user may read."""
    rows = text.strip("\n")
    if not rows.strip():
        raise DataError("nothing was pasted: paste rows as CSV or as JSON lines")
    folder = Path(tempfile.mkdtemp(prefix="advisor-"))
    place = folder / f"pasted{ending_of(rows)}"
    place.write_text(f"{rows}\n", encoding="utf-8")
    return place


def ending_of(rows: str) -> str:
    """By its first line: an object is JSON lines, a list JSON; else columns by tabs or by commas."""
    first = rows.lstrip().splitlines()[0]
    if first.startswith("{"):
        return ".jsonl"
    if first.startswith("["):
        return ".json"
    return ".tsv" if "\t" in first and len(first.split("\t")) >= len(next(csv.reader([first]))) else ".csv"
