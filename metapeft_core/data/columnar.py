"""Arrow batches become records, class numbers their names. Knows Arrow's types, not the files they come from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from metapeft_core.data.bounds import Meter, exceeded
from metapeft_core.data.record import Record, Records
from metapeft_core.errors import DataError

ROWS_AT_ONCE = 256
"""Few rows become Python objects at a time, so that the bounds are checked before much memory is taken."""


@contextmanager
def arrow_faults(path: Path) -> Iterator[None]:
    """Whatever a damaged file makes Arrow raise, told as one fault of the file."""
    try:
        yield
    except (pa.ArrowException, OSError, MemoryError, OverflowError, UnicodeError, ValueError, TypeError) as fault:
        reason = (str(fault).strip().splitlines() or [type(fault).__name__])[0][:200]
        raise DataError(f"{path} is damaged or not what its name says ({reason}): write it again") from fault


def class_names(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """Names of the classes of every class column, as the Hugging Face libraries write them into the schema."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {
            name: tuple(feature["names"])
            for name, feature in features.items()
            if isinstance(feature, dict)
            and isinstance(feature.get("names"), list)
            and all(isinstance(each, str) for each in feature["names"])
        }
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        # The names are a comfort: without them the class numbers stand as they are.
        return {}


def check_width(path: Path, names: Sequence[str], meter: Meter) -> None:
    """Refuse tables with more columns than the bounds allow, or with one name twice."""
    if len(names) > meter.bounds.max_columns:
        raise exceeded(f"the schema of {path} ({len(names)} columns)", "max_columns", meter.bounds.max_columns)
    if len(set(names)) < len(names):
        raise DataError(f"{path} has two columns of one name: rename one")


def records_of(batch: pa.RecordBatch, names: Mapping[str, tuple[str, ...]], meter: Meter) -> Records:
    """The rows of one batch; the batch has been validated by whoever read it."""
    for start in range(0, batch.num_rows, ROWS_AT_ONCE):
        part = batch.slice(start, ROWS_AT_ONCE)
        columns = {name: _values(name, part.column(name), names.get(name), meter) for name in part.schema.names}
        for i in range(part.num_rows):
            meter.row()
            yield Record(f"row {meter.rows}", {name: values[i] for name, values in columns.items()})


def guarded(path: Path, rows: Records) -> Records:
    """The same rows, with what Arrow raises while they are made told as a fault of the file."""
    while True:
        with arrow_faults(path):
            row = next(rows, None)
        if row is None:
            return
        yield row


def _values(name: str, column: pa.Array, classes: tuple[str, ...] | None, meter: Meter) -> list[object]:
    if pa.types.is_dictionary(column.type):
        column = _undictionaried(name, column, meter)
    else:
        meter.decompressed(column.nbytes)
    if classes is not None and pa.types.is_integer(column.type):
        # -1 is how unlabelled rows are written; it becomes a missing label and is told as one.
        return [classes[i] if i is not None and 0 <= i < len(classes) else None for i in column.to_pylist()]
    return list(column.to_pylist())


def _undictionaried(name: str, column: pa.DictionaryArray, meter: Meter) -> pa.Array:
    """A dictionary column in full, once it is known how long that will be: a few bytes can stand for gigabytes."""
    values = column.dictionary
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        lengths = pc.take(pc.binary_length(values), column.indices)
        most = meter.bounds.max_row_characters * 4
        if (pc.max(lengths).as_py() or 0) > most:
            raise exceeded(f"a field of {name}", "max_field_characters", meter.bounds.max_field_characters)
        meter.decompressed(pc.sum(lengths).as_py() or 0)
    return column.dictionary_decode()
