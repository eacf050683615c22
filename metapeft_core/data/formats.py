"""Which reader a file needs: told from its first bytes, then from its name. Knows the formats, not the columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from metapeft_core.data.bounds import Bounds, Meter
from metapeft_core.data.columnar import ARROW_MAGICS, PARQUET_MAGIC, read_columnar
from metapeft_core.data.delimited import read_delimited
from metapeft_core.data.encoding import open_text
from metapeft_core.data.jsonl import looks_like_json, read_json
from metapeft_core.data.record import Records, shown
from metapeft_core.data.source import GZIP_MAGIC, DamagedError, open_regular, starts_with
from metapeft_core.errors import DataError

JSON = ("jsonl", "ndjson", "json")
DELIMITED = ("csv", "tsv", "tab")
COLUMNAR = ("parquet", "arrow")
SUFFIXES = (*JSON, *DELIMITED, *COLUMNAR)
HEAD = 64

Pick = Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose format and encoding are known and whose rows are waiting to be read."""

    format: str
    encoding: str
    rows: Records


def suffix_of(path: Path) -> str:
    """The suffix that names the format, .gz taken off."""
    name = path.name.lower().removesuffix(".gz")
    return name.rpartition(".")[2] if "." in name else ""


def open_records(path: Path, meter: Meter, pick: Pick) -> Opened:
    """The rows of a file of any known format; formats with a schema read only the columns that `pick` chooses."""
    # The peek has a meter of its own: its bytes are read again, and would otherwise count twice.
    try:
        head = starts_with(path, HEAD, Meter(meter.bounds))
    except DamagedError as fault:
        raise DataError(f"{path}, before line 1: {fault}") from fault
    if not head:
        raise DataError(f"{path} is empty: it must hold at least one row")
    if head.startswith((PARQUET_MAGIC, *ARROW_MAGICS)):
        kind = "parquet" if head.startswith(PARQUET_MAGIC) else "arrow"
        return Opened(kind, kind, read_columnar(path, meter, pick, is_gzip(path, meter.bounds)))
    return _text_records(path, head, meter)


def is_gzip(path: Path, bounds: Bounds) -> bool:
    """Whether the file is gzip, whatever it is called."""
    with open_regular(path, Meter(bounds)) as file:
        return file.peek(2)[:2] == GZIP_MAGIC


def _text_records(path: Path, head: bytes, meter: Meter) -> Opened:
    suffix = suffix_of(path)
    if suffix in COLUMNAR:
        raise DataError(f"{path} is called .{suffix} but begins with {shown(head[:4])}: it is damaged or misnamed")
    if suffix in DELIMITED:
        text = open_text(path, meter)
        return Opened("csv", text.encoding, read_delimited(path, text, meter))
    if suffix in JSON or looks_like_json(head.decode("utf-8-sig", "ignore")):
        text = open_text(path, meter)
        return Opened("json", text.encoding, read_json(path, text, meter))
    raise DataError(
        f"{path}: cannot tell its format from the name or the first bytes; call it .jsonl, .json, .csv, .tsv "
        "or .parquet (or one of these with .gz)"
    )
