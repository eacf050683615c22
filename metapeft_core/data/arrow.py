"""Arrow files and streams, such as Hugging Face's saved data sets hold, become records. Knows Arrow's framing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from metapeft_core.data.bounds import Meter
from metapeft_core.data.columnar import arrow_faults, check_width, class_names, guarded, records_of
from metapeft_core.data.record import Records
from metapeft_core.data.source import open_regular

MAGIC = b"ARROW1"
CONTINUATION = b"\xff\xff\xff\xff"


def read_arrow(path: Path, meter: Meter, pick: Callable[[Sequence[str]], Sequence[str]]) -> Records:
    """The rows of an Arrow file or stream, of the picked columns only."""
    with open_regular(path, meter) as file:
        with arrow_faults(path):
            schema, batches = _open(file)
            check_width(path, schema.names, meter)
            classes = class_names(schema)
        wanted = list(pick(schema.names))
        while True:
            with arrow_faults(path):
                batch = next(batches, None)
                if batch is None:
                    return
                batch = batch.select(wanted)
                # Offsets in a damaged batch can point anywhere: unvalidated, reading them would end the process.
                batch.validate(full=True)
            yield from guarded(path, records_of(batch, classes, meter))


def _open(file: io.BufferedReader) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    source = pa.PythonFile(file, mode="r")
    if file.peek(len(MAGIC))[: len(MAGIC)] == MAGIC:
        reader = pa.ipc.open_file(source)
        return reader.schema, (reader.get_batch(i) for i in range(reader.num_record_batches))
    stream = pa.ipc.open_stream(source)
    return stream.schema, iter(stream)
