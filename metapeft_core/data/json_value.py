"""One JSON text becomes one value, or a sentence that says why not. Knows neither files nor rows."""

from __future__ import annotations

import json
import re
from typing import Any

from metapeft_core.data.bounds import Bounds
from metapeft_core.data.record import shown

STRINGS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
BRACKETS = re.compile(r"[\[{\]}]")


class JsonError(ValueError):
    """JSON that cannot be used, said for people."""


def decoder(bounds: Bounds) -> json.JSONDecoder:
    """A decoder that refuses repeated and too many keys; NaN and infinities, which pandas writes, count as missing."""

    def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(pairs) > bounds.max_columns:
            raise JsonError(
                f"has {len(pairs)} keys, over the bound max_columns = {bounds.max_columns}: "
                "drop columns, or raise it with Bounds(max_columns=...)"
            )
        fields = dict(pairs)
        if len(fields) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise JsonError(f"has the key {shown(twice)} twice: keep one")
        return fields

    return json.JSONDecoder(object_pairs_hook=object_of, parse_constant=lambda _: None)


def parse(text: str, bounds: Bounds, reader: json.JSONDecoder) -> object:
    """The value of a whole JSON text."""
    check_depth(text, bounds.max_depth)
    start = len(text) - len(text.lstrip())
    value, end = parse_at(text, start, reader)
    if text[end:].strip():
        raise JsonError(f"has more after its end, at column {end + 1}: {shown(text[end:].lstrip())}")
    return value


def parse_at(text: str, start: int, reader: json.JSONDecoder) -> tuple[object, int]:
    """The value that starts at a place of a longer text, and where it ends."""
    try:
        return reader.raw_decode(text, start)
    except json.JSONDecodeError as fault:
        raise JsonError(f"is not JSON: {fault.msg} at column {fault.colno}") from fault
    except JsonError:
        raise
    except RecursionError as fault:
        raise JsonError("is nested too deeply to be read") from fault
    except ValueError as fault:
        # Python refuses to convert integers of thousands of digits, whose cost grows with their square.
        raise JsonError("holds a number of thousands of digits: write it as a string") from fault


def check_depth(text: str, most: int) -> None:
    """Refuse deep nesting before a recursive parser meets it."""
    if text.count("[") + text.count("{") <= most:
        return
    depth = 0
    for bracket in BRACKETS.finditer(STRINGS.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > most:
            raise JsonError(
                f"is nested deeper than the bound max_depth = {most}: flatten, or raise it with Bounds(max_depth=...)"
            )
