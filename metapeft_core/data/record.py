"""A row as its file holds it, and a fault of a row. Knows neither formats nor which columns matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SHOWN = 40


@dataclass(frozen=True, slots=True)
class Record:
    """The fields of one row, and where a person finds it: `line 3` or `row 3`."""

    where: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one row cannot be used, and what to do about it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


Records = Iterator[Record | Fault]


def shown(value: object) -> str:
    """A value short enough for a message, with everything a terminal could act on escaped."""
    # Python refuses to print integers of thousands of digits, and repr of a whole field could be megabytes.
    if isinstance(value, str):
        text = repr(value[: SHOWN + 1])
    elif isinstance(value, int) and value.bit_length() > 256:
        text = f"an integer of {value.bit_length()} bits"
    elif isinstance(value, list | dict):
        text = f"a {type(value).__name__} of {len(value)}"
    else:
        text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def inert(text: str) -> str:
    """The text with every character that a terminal would act on written out; newlines stay."""
    return "".join(each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in text)
