"""One entry for everything that can be imported: the reader is told from the path and first bytes. Knows no rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from knowledge.files import LINE_START, read_lines, read_parquet
from knowledge.importing.figures import REQUIRED, read_figures
from knowledge.importing.imported import Imported
from knowledge.importing.peft_results import read_peft_results, result_files
from knowledge.records import Remembered
from metapeft_core.data.bounds import Bounds, Meter
from metapeft_core.data.source import DamagedError, starts_with
from metapeft_core.errors import StoreError
from metapeft_core.types import Provenance

HEAD = 4096
"""Bytes from which a file's kind is told."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One kind of source: how it is called, how it is recognised, and what reads it."""

    name: str
    accepts: Callable[[Path, bytes], bool]
    """Told the path and its first bytes after unpacking; a folder has none."""
    read: Callable[[Path, Provenance], Imported]


def _is_peft_result(path: Path, head: bytes) -> bool:
    if path.is_dir():
        return bool(result_files(path))
    return b'"run_info"' in head or _suffix(path) == ".json"


def _is_table(path: Path, head: bytes) -> bool:
    if path.is_dir():
        return False
    header = head.partition(b"\n")[0].decode("utf-8", "replace")
    return all(name in header for name in REQUIRED) or _suffix(path) in (".csv", ".tsv")


def _suffix(path: Path) -> str:
    """What a name ends in once the mark of a compressed file is taken off."""
    return Path(path.name.lower().removesuffix(".gz")).suffix


def _is_own_table(path: Path, head: bytes) -> bool:
    return not path.is_dir() and head.startswith(b"PAR1")


def _is_own_lines(path: Path, head: bytes) -> bool:
    return not path.is_dir() and head.startswith(LINE_START.encode())


def _as_they_are(read: Callable[[Path], list[Remembered]]) -> Callable[[Path, Provenance], Imported]:
    """Our own files say themselves where each experience was measured, whoever brings them in."""

    def reader(path: Path, _: Provenance) -> Imported:
        found = tuple(read(path))
        return Imported(found, (), len(found))

    return reader


READERS = (
    Reader("our own export (*.parquet)", _is_own_table, _as_they_are(read_parquet)),
    Reader("our own export (*.jsonl)", _is_own_lines, _as_they_are(read_lines)),
    Reader(
        "results of PEFT's method comparison (a JSON file, or a folder of them)", _is_peft_result, read_peft_results
    ),
    Reader(f"a CSV with the columns {', '.join(REQUIRED)}", _is_table, read_figures),
)
"""Asked one after the other; the first that accepts a path reads it."""


def read_experiences(path: Path, provenance: Provenance) -> Imported:
    """The experiences that a file or a folder holds, whichever of the known kinds it is."""
    head = b"" if path.is_dir() else _head(path)
    for reader in READERS:
        if reader.accepts(path, head):
            return reader.read(path, provenance)
    raise StoreError(f"{path} is nothing that can be imported: give {'; or '.join(each.name for each in READERS)}")


def _head(path: Path) -> bytes:
    try:
        return starts_with(path, HEAD, Meter(Bounds()))
    except DamagedError as fault:
        raise StoreError(f"{path} cannot be read: {fault}") from fault
