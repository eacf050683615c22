"""Run as a process of its own: Parquet and Arrow files become JSON lines. Knows pyarrow and nothing of this package.

Some damaged files make Arrow's C++ end the process that reads them, and a few bytes can claim gigabytes. So the
reading happens here, where an end and a memory limit hurt nobody. One JSON line comes in with the path and the bounds
and one goes out with the columns; one comes in with the columns to read, and the rows go out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

ROWS_AT_ONCE = 256
THRIFT_BYTES = 64 << 20
THRIFT_ITEMS = 1 << 20
VALUES_PER_ROW = 4096
"""Most leaves a nested row may have; without it, run lengths of a few bytes could claim billions."""
ROOM = 3 << 30
"""Address space that Python and Arrow reserve before they hold any data."""


class BoundError(Exception):
    """A bound that the file crosses: its name, and what crosses it."""


def main() -> None:
    """Answer one parent."""
    asked = json.loads(sys.stdin.readline())
    _limit_memory(ROOM + 4 * asked["bounds"]["max_decompressed_bytes"])
    try:
        for answer in _answers(asked["path"], asked["bounds"]):
            _say(answer)
        _say({"end": True})
    except BoundError as fault:
        _say({"bound": fault.args[0], "what": fault.args[1]})
    except (Exception, MemoryError) as fault:
        reason = (str(fault).strip().splitlines() or [type(fault).__name__])[0]
        _say({"damaged": reason[:200]})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer, default=_text) + "\n")
    sys.stdout.flush()


def _text(value: object) -> str:
    """Values that JSON lacks; some tools write their texts as plain bytes."""
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _limit_memory(most: int) -> None:
    # Windows has no resource module, and macOS refuses this limit: there the bounds alone have to do.
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _answers(path: str, bounds: dict[str, int]) -> Iterator[dict[str, Any]]:
    with open(path, "rb") as file:  # noqa: PTH123 - this script starts faster without pathlib
        head = file.read(6)
        file.seek(0)
        source = _Parquet(file) if head[:4] == b"PAR1" else _Arrow(file, head)
        names = source.schema.names
        if len(names) > bounds["max_columns"]:
            raise BoundError("max_columns", f"has {len(names)} columns, which")
        yield {"names": names, "classes": _class_names(source.schema)}
        wanted = json.loads(sys.stdin.readline())
        source.check(wanted, bounds)
        for batch in source.batches(wanted):
            # Offsets in a damaged batch can point anywhere, so nothing is touched before this.
            batch.validate(full=True)
            for start in range(0, batch.num_rows, ROWS_AT_ONCE):
                part = batch.slice(start, ROWS_AT_ONCE)
                columns = [_plain(part.column(name), bounds).to_pylist() for name in wanted]
                yield from ({"row": list(row)} for row in zip(*columns, strict=True))


class _Parquet:
    """A Parquet file; texts stay dictionaries until their full length is known."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._table = self._open(())
        self.schema = self._table.schema_arrow

    def _open(self, texts: tuple[str, ...]) -> Any:
        import pyarrow.parquet as pq

        return pq.ParquetFile(
            self._file,
            read_dictionary=list(texts),
            thrift_string_size_limit=THRIFT_BYTES,
            thrift_container_size_limit=THRIFT_ITEMS,
            page_checksum_verification=True,
        )

    def check(self, wanted: list[str], bounds: dict[str, int]) -> None:
        """Hold what the metadata claims against the bounds, before anything is unpacked."""
        metadata = self._table.metadata
        size = values = 0
        for i in range(metadata.num_row_groups):
            group = metadata.row_group(i)
            for j in range(group.num_columns):
                column = group.column(j)
                if column.path_in_schema.split(".")[0] in wanted:
                    size += max(0, column.total_uncompressed_size)
                    values = max(values, column.num_values)
        if metadata.num_rows > bounds["max_rows"] or values > VALUES_PER_ROW * bounds["max_rows"]:
            raise BoundError("max_rows", f"claims {metadata.num_rows:,} rows, {values:,} values in a column, which")
        if size > bounds["max_decompressed_bytes"]:
            raise BoundError("max_decompressed_bytes", f"claims {size:,} bytes unpacked, which")

    def batches(self, wanted: list[str]) -> Iterator[pa.RecordBatch]:
        """The rows of the wanted columns, a few at a time."""
        kinds = {name: self.schema.field(name).type for name in wanted}
        texts = tuple(
            name for name, kind in kinds.items() if pa.types.is_string(kind) or pa.types.is_large_string(kind)
        )
        self._file.seek(0)
        return iter(self._open(texts).iter_batches(ROWS_AT_ONCE, columns=wanted, use_threads=False))


class _Arrow:
    """An Arrow file or stream, which tells its size only by being read."""

    def __init__(self, file: Any, head: bytes) -> None:
        self._reader = pa.ipc.open_file(file) if head == b"ARROW1" else pa.ipc.open_stream(file)
        self._is_file = head == b"ARROW1"
        self.schema = self._reader.schema

    def check(self, wanted: list[str], bounds: dict[str, int]) -> None:
        """Nothing is known in advance; the parent counts the rows and bytes that come out."""

    def batches(self, wanted: list[str]) -> Iterator[pa.RecordBatch]:
        """The rows of the wanted columns, batch by batch."""
        if self._is_file:
            every = (self._reader.get_batch(i) for i in range(self._reader.num_record_batches))
        else:
            every = iter(self._reader)
        return (batch.select(wanted) for batch in every)


def _plain(column: Any, bounds: dict[str, int]) -> Any:
    """A dictionary column in full, once it is known how long that will be: a few bytes can stand for gigabytes."""
    if not pa.types.is_dictionary(column.type):
        return column
    values = column.dictionary
    if _is_text(values.type):
        lengths = pc.take(pc.binary_length(values), column.indices)
        # A character takes four bytes at most.
        if (pc.max(lengths).as_py() or 0) > 4 * bounds["max_field_characters"]:
            raise BoundError("max_field_characters", "has a field that")
        if (pc.sum(lengths).as_py() or 0) > bounds["max_decompressed_bytes"]:
            raise BoundError("max_decompressed_bytes", "holds text that")
    return column.dictionary_decode()


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Names of the classes of every class column, as the Hugging Face libraries write them into the schema."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        named = {name: feature.get("names") for name, feature in features.items() if isinstance(feature, dict)}
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        # The names are a comfort: without them the class numbers stand as they are.
        return {}
    return {
        name: names
        for name, names in named.items()
        if isinstance(names, list) and all(isinstance(each, str) for each in names)
    }


if __name__ == "__main__":
    main()
