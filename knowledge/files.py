"""Our own files of experiences: Parquet and JSON lines, which lose nothing, and CSV for people. Knows no store."""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.flat import flat
from knowledge.plain import from_json, to_json
from knowledge.records import Remembered
from metapeft_core.errors import StoreError
from metapeft_core.files import replaced_file

RECORD, VECTOR = "record", "vector"
LINE_START = f'{{"{VECTOR}": "'
"""How every exported line begins."""


def write_parquet(memories: Sequence[Remembered], path: Path) -> None:
    """Columns to look at, and beside them the whole experience as JSON and its task's vector."""
    import pyarrow as arrow
    from pyarrow import parquet

    columns: dict[str, list[Any]] = {name: [] for name in (*flat(memories[0].experience), RECORD, VECTOR)}
    for memory in memories:
        line = flat(memory.experience) | {RECORD: to_json(memory.experience)}
        for name, value in line.items():
            columns[name].append(value)
        columns[VECTOR].append(_bytes(memory))
    with replaced_file(path) as temporary:
        # Sorted dictionaries of the few task vectors make the file a fifth of what plain columns take.
        parquet.write_table(arrow.table(columns), temporary, compression="zstd", compression_level=12)


def read_parquet(path: Path) -> list[Remembered]:
    """What `write_parquet` wrote."""
    import pyarrow as arrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(path, columns=[RECORD, VECTOR])
    except (arrow.ArrowException, OSError, KeyError) as fault:
        raise StoreError(f"{path} cannot be read as Parquet ({fault}): export it again") from fault
    if set(table.column_names) != {RECORD, VECTOR}:
        raise StoreError(f"{path} holds no experiences: it has no columns {RECORD!r} and {VECTOR!r}")
    pairs = zip(table[RECORD].to_pylist(), table[VECTOR].to_pylist(), strict=True)
    return [_memory(path, number, record, vector) for number, (record, vector) in enumerate(pairs, 1)]


def write_lines(memories: Sequence[Remembered], path: Path) -> None:
    """One JSON object a line, the vector in base64."""
    with replaced_file(path) as temporary, temporary.open("w", encoding="utf-8") as target:
        for memory in memories:
            vector = base64.b64encode(_bytes(memory)).decode("ascii")
            target.write(f'{LINE_START}{vector}", "{RECORD}": {to_json(memory.experience)}}}\n')


def read_lines(path: Path) -> list[Remembered]:
    """What `write_lines` wrote."""
    found = []
    try:
        with path.open(encoding="utf-8") as source:
            for number, line in enumerate(source, 1):
                value = json.loads(line)
                vector = base64.b64decode(value[VECTOR], validate=True)
                found.append(_memory(path, number, json.dumps(value[RECORD]), vector))
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise StoreError(f"{path} cannot be read as exported lines ({fault}): export it again") from fault
    return found


def write_csv(memories: Sequence[Remembered], path: Path) -> None:
    """Flat columns alone."""
    with replaced_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(flat(memories[0].experience)))
        writer.writeheader()
        writer.writerows(flat(memory.experience) for memory in memories)


WRITERS: Mapping[str, Callable[[Sequence[Remembered], Path], None]] = {
    ".parquet": write_parquet,
    ".jsonl": write_lines,
    ".csv": write_csv,
}


def write_experiences(memories: Sequence[Remembered], path: Path) -> None:
    """Write in the format that the file's name asks for."""
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise StoreError(f"{path} has no known ending: name it {', '.join(f'*{ending}' for ending in WRITERS)}")
    if not memories:
        raise StoreError("there is no experience to export: loosen the filter")
    try:
        writer(memories, path)
    except OSError as fault:
        raise StoreError(f"{path} cannot be written ({fault}): name another place") from fault


def _bytes(memory: Remembered) -> bytes:
    return np.ascontiguousarray(memory.vector, dtype="<f4").tobytes()


def _memory(path: Path, number: int, record: str, vector: bytes) -> Remembered:
    try:
        return Remembered(from_json(record), np.frombuffer(vector, dtype="<f4"))
    except (StoreError, ValueError, TypeError) as fault:
        raise StoreError(f"experience {number} of {path} is damaged: {fault}") from fault
