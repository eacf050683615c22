"""CSV and its relatives become records, the delimiter told from the first lines. Knows no types: all is text."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from metapeft_core.data.bounds import Meter, exceeded
from metapeft_core.data.columns import known_names
from metapeft_core.data.encoding import Text, split_lines
from metapeft_core.data.record import Fault, Record, Records, shown
from metapeft_core.errors import DataError

DELIMITERS = (",", "\t", ";", "|")
SAMPLE = 20
ROWS_AT_ONCE = 256

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

_limit_lock = threading.Lock()


def read_delimited(path: Path, text: Text, meter: Meter) -> Records:
    """The rows of a delimited file whose first line names its columns."""
    lines = split_lines(path, text.blocks, meter)
    sample = list(islice(lines, SAMPLE))
    delimiter = sniff(sample)
    ended = (f"{line}\n" for line in chain(sample, lines))
    reader = csv.reader(ended, delimiter=delimiter, strict=True)
    header = _header(path, reader, meter)
    for start, end, row in _located(reader, meter):
        meter.row()
        where = f"line {start}" if end <= start else f"lines {start} to {end}"
        if isinstance(row, csv.Error):
            yield Fault(where, _reason(row, meter))
        elif len(row) == len(header):
            yield Record(where, dict(zip(header, row, strict=True)))
        else:
            yield Fault(
                where,
                f"has {len(row)} fields where the header has {len(header)}: "
                f"put quotes around fields that hold {delimiter!r}",
            )


def _located(reader: CsvReader, meter: Meter) -> Iterator[tuple[int, int, list[str] | csv.Error]]:
    """First line, last line and fields of every row that is not empty."""
    more = True
    while more:
        found: list[tuple[int, int, list[str] | csv.Error]] = []
        with _field_limit(meter.bounds.max_field_characters):
            for _ in range(ROWS_AT_ONCE):
                start = reader.line_num + 1
                try:
                    row = next(reader, None)
                except csv.Error as fault:
                    found.append((start, reader.line_num, fault))
                    continue
                if row is None:
                    more = False
                    break
                if row:
                    found.append((start, reader.line_num, row))
        yield from found


def sniff(lines: list[str]) -> str:
    """The delimiter under which the first line names the most known columns, and the lines agree most in width."""

    def fitness(delimiter: str) -> tuple[int, int, int]:
        try:
            rows = [row for row in csv.reader([f"{line}\n" for line in lines], delimiter=delimiter) if row]
        except csv.Error:
            rows = []
        header = rows[0] if rows else []
        agreeing = sum(len(row) == len(header) for row in rows) if len(header) > 1 else 0
        return len(known_names(header)), agreeing, len(header)

    return max(DELIMITERS, key=fitness)


def _header(path: Path, reader: CsvReader, meter: Meter) -> list[str]:
    try:
        with _field_limit(meter.bounds.max_field_characters):
            header = next((row for row in reader if row), None)
    except csv.Error as fault:
        raise DataError(f"{path}, line 1: the header cannot be read ({fault}): mend its quotes") from fault
    if not header:
        raise DataError(f"{path} has no header: the first line must name the columns, such as text,label")
    if len(header) > meter.bounds.max_columns:
        raise exceeded(f"the header of {path} ({len(header)} columns)", "max_columns", meter.bounds.max_columns)
    names = [name.strip() for name in header]
    twice = [name for name in names if name and names.count(name) > 1]
    if twice:
        raise DataError(f"{path}, line 1: the column {shown(twice[0])} stands twice: rename one")
    return names


@contextmanager
def _field_limit(characters: int) -> Iterator[None]:
    """The csv module has one limit for the whole process: set it for some rows, then put it back."""
    with _limit_lock:
        before = csv.field_size_limit(characters)
        try:
            yield
        finally:
            csv.field_size_limit(before)


def _reason(fault: csv.Error, meter: Meter) -> str:
    if "field limit" in str(fault):
        limit = meter.bounds.max_field_characters
        return (
            f"a field is over the bound max_field_characters = {limit:,}: close an open quote, "
            "or raise it with Bounds(max_field_characters=...)"
        )
    return f"is not CSV ({fault}): double the quotes inside quoted fields, and close every quote"
