"""JSON lines, JSON arrays and JSON objects of arrays become records. Knows JSON, not which keys matter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from metapeft_core.data.bounds import Meter
from metapeft_core.data.encoding import Text, split_lines
from metapeft_core.data.json_value import JsonError, check_depth, decoder, parse, parse_at
from metapeft_core.data.record import Fault, Record, Records, shown
from metapeft_core.errors import DataError

ROW_KEYS = ("data", "rows", "examples", "instances")
BLANK = " \t\n\r"
DOCUMENT = re.compile(rf'\s*(\[|\{{\s*("({"|".join(ROW_KEYS)})"\s*:\s*\[|\n))')
"""How a file begins that is one JSON value: an array, an object around an array, or an object over many lines."""


def read_json(path: Path, text: Text, meter: Meter) -> Records:
    """The rows of a JSON file of any of the usual shapes, told apart by how it begins."""
    head = ""
    for block in text.blocks:
        head += block
        if head.strip():
            break
    blocks = chain([head], text.blocks)
    if DOCUMENT.match(head):
        return _document(path, "".join(blocks), meter)
    return _lines(split_lines(path, blocks, meter), meter)


def _lines(lines: Iterator[str], meter: Meter) -> Records:
    reader = decoder(meter.bounds)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        meter.row()
        where = f"line {number}"
        try:
            yield _record(where, parse(line, meter.bounds, reader))
        except JsonError as fault:
            yield Fault(where, str(fault))


def _record(where: str, value: object) -> Record | Fault:
    if isinstance(value, dict):
        return Record(where, value)
    return Fault(where, f"is {shown(value)}, not an object such as {{'text': ..., 'label': ...}}")


def _document(path: Path, text: str, meter: Meter) -> Records:
    try:
        # One level for the array, one for an object around it: the rest belongs to the rows.
        check_depth(text, meter.bounds.max_depth + 2)
    except JsonError as fault:
        raise DataError(f"{path} {fault}") from fault
    start = _skip(text, 0)
    return _array(path, text, start + 1, meter) if text[start] == "[" else _object(path, text, start, meter)


def _array(path: Path, text: str, at: int, meter: Meter) -> Records:
    """The items one by one, so that a fault in the middle is told with its line."""
    reader = decoder(meter.bounds)
    line, counted = 1, 0
    at = _skip(text, at)
    while text[at : at + 1] != "]":
        line, counted = line + text.count("\n", counted, at), at
        meter.row()
        try:
            value, at = parse_at(text, at, reader)
        except JsonError as fault:
            raise DataError(f"{path}, row {meter.rows} (from line {line}): {fault}") from fault
        yield _record(f"row {meter.rows} (line {line})", value)
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            found = shown(text[at : at + 20]) if at < len(text) else "the end of the file"
            raise DataError(
                f"{path}: after row {meter.rows} (line {line}) comes {found}, not ',' or ']': mend the array"
            )
    rest = text[at + 1 :].strip()
    if rest:
        raise DataError(f"{path}: after the array comes {shown(rest)}: keep one array, or write one object a line")


def _object(path: Path, text: str, start: int, meter: Meter) -> Records:
    try:
        value, end = parse_at(text, start, decoder(meter.bounds))
    except JsonError as fault:
        raise DataError(f"{path} {fault}; write one JSON object a line, or an array of objects") from fault
    if text[end:].strip():
        raise DataError(f"{path}: after the first object comes {shown(text[end:].strip())}: write one object a line")
    rows = _rows_of(value) if isinstance(value, dict) else None
    if rows is None:
        rows = [value]
    for row in rows:
        meter.row()
        yield _record(f"row {meter.rows}", row)


def _rows_of(value: dict[str, object]) -> list[object] | None:
    """The list of rows inside an object such as {"data": [...]}, None when the object is itself a row."""
    for key in ROW_KEYS:
        rows = value.get(key)
        if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows):
            return rows
    return None


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in BLANK:
        at += 1
    return at


def looks_like_json(head: str) -> bool:
    """Whether a file that begins so can be JSON lines or an array."""
    return head.lstrip()[:1] in ("{", "[")
