"""Parquet files become records. Knows Parquet: sizes are read from its metadata before anything is unpacked."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from metapeft_core.data.bounds import Meter, exceeded
from metapeft_core.data.columnar import ROWS_AT_ONCE, arrow_faults, check_width, class_names, guarded, records_of
from metapeft_core.data.record import Records
from metapeft_core.data.source import open_regular, whole

MAGIC = b"PAR1"
THRIFT_BYTES = 64 << 20
THRIFT_ITEMS = 1 << 20
VALUES_PER_ROW = 4096
"""Most leaves a nested row may have; without it, run lengths of a few bytes could claim billions."""


def read_parquet(path: Path, meter: Meter, pick: Callable[[Sequence[str]], Sequence[str]], packed: bool) -> Records:
    """The rows of a Parquet file, of the picked columns only."""
    source: AbstractContextManager[io.BufferedIOBase] = (
        nullcontext(io.BytesIO(whole(path, meter))) if packed else open_regular(path, meter)
    )
    with source as file:
        with arrow_faults(path):
            table = _open(file, ())
            names = table.schema_arrow.names
            check_width(path, names, meter)
        wanted = list(pick(names))
        _check_sizes(path, table.metadata, wanted, meter)
        with arrow_faults(path):
            texts = [name for name in wanted if _is_text(table.schema_arrow.field(name).type)]
            table = _open(file, texts)
            classes = class_names(table.schema_arrow)
            batches = table.iter_batches(ROWS_AT_ONCE, columns=wanted, use_threads=False)
        while True:
            with arrow_faults(path):
                batch = next(batches, None)
                if batch is None:
                    return
                batch.validate(full=True)
            yield from guarded(path, records_of(batch, classes, meter))


def _open(file: io.BufferedIOBase, texts: Sequence[str]) -> pq.ParquetFile:
    file.seek(0)
    return pq.ParquetFile(
        pa.PythonFile(file, mode="r"),
        # Texts stay dictionaries until their full length is known.
        read_dictionary=list(texts),
        thrift_string_size_limit=THRIFT_BYTES,
        thrift_container_size_limit=THRIFT_ITEMS,
        page_checksum_verification=True,
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _check_sizes(path: Path, metadata: pq.FileMetaData, wanted: Sequence[str], meter: Meter) -> None:
    with arrow_faults(path):
        size, values = _claimed(metadata, set(wanted))
        rows = metadata.num_rows
    bounds = meter.bounds
    if rows + meter.rows > bounds.max_rows:
        raise exceeded(f"{path} ({rows:,} rows)", "max_rows", bounds.max_rows)
    if size > bounds.max_decompressed_bytes:
        raise exceeded(f"{path} ({size:,} bytes unpacked)", "max_decompressed_bytes", bounds.max_decompressed_bytes)
    if values > VALUES_PER_ROW * bounds.max_rows:
        raise exceeded(f"{path} ({values:,} nested values)", "max_rows", bounds.max_rows)


def _claimed(metadata: pq.FileMetaData, wanted: set[str]) -> tuple[int, int]:
    size = values = 0
    for i in range(metadata.num_row_groups):
        group = metadata.row_group(i)
        for j in range(group.num_columns):
            column = group.column(j)
            if column.path_in_schema.split(".")[0] in wanted:
                size += max(0, column.total_uncompressed_size)
                values = max(values, column.num_values)
    return size, values
