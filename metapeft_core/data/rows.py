"""A record becomes an example: columns picked, values made text, every fault named. Knows no file format."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from metapeft_core.data.bounds import Bounds
from metapeft_core.data.columns import Columns, plain
from metapeft_core.data.messages import render
from metapeft_core.data.record import Fault, Record, shown
from metapeft_core.data.splits import Split, split_named
from metapeft_core.data.task import Example


class RowError(ValueError):
    """Why a row cannot become an example."""


@dataclass(frozen=True, slots=True)
class Row:
    """An example and the split its file says it belongs to, if it says so."""

    example: Example
    split: Split | None


def read_row(record: Record, columns: Columns, bounds: Bounds) -> Row | Fault:
    """The example that a record holds, or what is wrong with it."""
    try:
        text, target = _texts(record.fields, columns)
        for what, value in (("text", text), ("target", target)):
            _check_text(what, value, bounds)
        return Row(Example(text, target), _split(record.fields, columns))
    except ValueError as fault:
        return Fault(record.where, str(fault))


def _texts(fields: Mapping[str, object], columns: Columns) -> tuple[str, str]:
    if columns.conversation is not None:
        return render(_present(fields, columns.conversation))
    if columns.target is None:
        raise RowError("has no column to learn from")
    value = _present(fields, columns.target)
    if columns.objective == "classification":
        return _inputs(fields, columns), _label(columns.target, value)
    target = _written(columns.target, _unwrapped(value))
    if not target.strip():
        raise RowError(f"has an empty {shown(columns.target)}: fill it, or drop the row")
    return (_inputs(fields, columns) if columns.inputs else ""), target


def _present(fields: Mapping[str, object], name: str) -> object:
    if name not in fields:
        listed = ", ".join(shown(key) for key in list(fields)[:8]) or "nothing"
        raise RowError(f"has no {shown(name)} (it has {listed}): give every row the same columns")
    value = fields[name]
    if value is None:
        raise RowError(f"has no value for {shown(name)} (null): fill it, or drop the row")
    return value


def _inputs(fields: Mapping[str, object], columns: Columns) -> str:
    parts = []
    for name in columns.inputs:
        empty = fields.get(name) is None or not str(fields[name]).strip()
        if name in columns.optional and empty:
            continue
        text = _written(name, _present(fields, name))
        if not text.strip():
            raise RowError(f"has an empty {shown(name)}: fill it, or drop the row")
        parts.append((name, text))
    if len(parts) == 1:
        return parts[0][1]
    if columns.objective == "classification":
        # Two texts of a pair are told apart by their columns' names, as people would write them down.
        return "\n".join(f"{plain(name)}: {text}" for name, text in parts)
    return "\n\n".join(text for _, text in parts)


def _written(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RowError(f"has {shown(value)} where {shown(name)} should be text: write it as a string")
    return _number(name, value)


def _number(name: str, value: int | float) -> str:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise RowError(f"has {shown(value)} for {shown(name)}: fill it, or drop the row")
        # pandas turns whole numbers into floats as soon as one row of the column is empty.
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if value.bit_length() > 256:
        raise RowError(f"has {shown(value)} for {shown(name)}: write it as a string")
    return str(value)


def _label(name: str, value: object) -> str:
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(value, list):
        raise RowError(f"has {len(value)} labels in {shown(name)}: only one label a row can be learned; keep one")
    if isinstance(value, bool):
        return str(value).lower()
    label = _written(name, value).strip()
    if not label:
        raise RowError(f"has an empty {shown(name)}: fill it, or drop the row")
    return label


def _unwrapped(value: object) -> object:
    """Question answering data often holds a list of equal answers, or {"text": [...]}; the first one is learned."""
    if isinstance(value, dict) and "text" in value:
        value = value["text"]
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return value[0]
    return value


def _check_text(what: str, text: str, bounds: Bounds) -> None:
    if len(text) > bounds.max_field_characters:
        raise RowError(
            f"has a {what} of {len(text):,} characters, over the bound max_field_characters = "
            f"{bounds.max_field_characters:,}: shorten it, or raise it with Bounds(max_field_characters=...)"
        )
    if "\0" in text:
        raise RowError(f"has a NUL character in its {what}: that is binary data, not text; remove it")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as fault:
        raise RowError(
            f"has half a character (a lone surrogate, {shown(text[fault.start])}) in its {what}: write it anew as UTF-8"
        ) from fault


def _split(fields: Mapping[str, object], columns: Columns) -> Split | None:
    if columns.split is None:
        return None
    value = _present(fields, columns.split)
    found = split_named(value) if isinstance(value, str) else None
    if found is None:
        raise RowError(
            f"has {shown(value)} in {shown(columns.split)}: write train, valid or test, "
            "or ignore the column with split_column=''"
        )
    return found
