"""Bytes become lines of text. Knows UTF-8 (with or without a byte order mark) and UTF-16 with one; guesses no other."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from metapeft_core.data.bounds import Meter, exceeded
from metapeft_core.data.source import DamagedError, blocks
from metapeft_core.errors import DataError

LINES_PER_ROW = 64
"""A row may stretch over many lines, but a file of nothing but line ends is not a file of rows."""
UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file: its encoding, and its characters in blocks, every line end made a newline."""

    encoding: str
    blocks: Iterator[str]


def open_text(path: Path, meter: Meter) -> Text:
    """The text of a file, decoded strictly; CR, LF and CRLF all end a line."""
    stream = blocks(path, meter)
    try:
        head = next(stream, b"")
        encoding = _encoding(path, head)
    except DamagedError as fault:
        raise DataError(f"{path}, before line 1: {fault}") from fault
    return Text(encoding, _decode(path, chain([head], stream), encoding))


def _encoding(path: Path, head: bytes) -> str:
    if head.startswith(UTF32_MARKS):
        raise DataError(f"{path} is UTF-32 (byte 0, line 1): save it as UTF-8")
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding
    # UTF-16 without a mark decodes as UTF-8 without complaint, with a NUL after every ASCII letter.
    if head.count(0) * 5 > len(head):
        raise DataError(
            f"{path} has a NUL at byte {head.index(0)} of line 1: it is binary, or UTF-16 without a byte order mark; "
            "save it as UTF-8"
        )
    return "utf-8"


def _decode(path: Path, stream: Iterator[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    fed, line = 0, 1
    # The empty block at the end makes the decoder complain of a character that was cut off.
    stream = chain(stream, [b""])
    while True:
        pending = len(decoder.getstate()[0])
        try:
            block = next(stream, None)
            if block is None:
                return
            raw = decoder.decode(block, final=not block)
        except DamagedError as fault:
            raise DataError(f"{path}, line {line}: {fault}") from fault
        except UnicodeDecodeError as fault:
            raise _undecodable(path, fault, fed - pending, line) from fault
        fed += len(block)
        text = newlines.decode(raw, final=not block)
        line += text.count("\n")
        yield text


def _undecodable(path: Path, fault: UnicodeDecodeError, before: int, line: int) -> DataError:
    name = "UTF-16" if fault.encoding.startswith("utf-16") else "UTF-8"
    good = bytes(fault.object[: fault.start]).decode(fault.encoding, "replace")
    line += good.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    found = " ".join(f"0x{byte:02x}" for byte in fault.object[fault.start : fault.end][:4])
    return DataError(
        f"{path}, line {line}: byte {before + fault.start} ({found}) is not {name} ({fault.reason}); "
        "save the file as UTF-8, or cut the damaged rows out"
    )


def split_lines(path: Path, blocks_of_text: Iterator[str], meter: Meter) -> Iterator[str]:
    """The lines without their ends; a line longer than any row may be is refused before it fills the memory."""
    tail = ""
    count = 0
    for block in blocks_of_text:
        parts = (tail + block).split("\n")
        tail = parts.pop()
        count += len(parts)
        yield from parts
        if count > LINES_PER_ROW * meter.bounds.max_rows:
            raise exceeded(f"the number of lines of {path}", "max_rows", meter.bounds.max_rows)
        if len(tail) > meter.bounds.max_row_characters:
            raise exceeded(
                f"line {count + 1} of {path} (over {len(tail):,} characters)",
                "max_field_characters",
                meter.bounds.max_field_characters,
            )
    if tail:
        yield tail
