"""Parquet and Arrow files become records, read by a process of their own. Knows how to talk to it, not the formats."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from metapeft_core.data.bounds import Meter, exceeded
from metapeft_core.data.record import Record, Records, inert
from metapeft_core.data.source import open_regular, whole
from metapeft_core.errors import DataError

PARQUET_MAGIC = b"PAR1"
ARROW_MAGICS = (b"ARROW1", b"\xff\xff\xff\xff")
CHILD = Path(__file__).with_name("columnar_child.py")
ESCAPED = 6
"""Bytes that JSON takes for a character at most."""


def read_columnar(path: Path, meter: Meter, pick: Callable[[Sequence[str]], Sequence[str]], packed: bool) -> Records:
    """The rows of a Parquet or Arrow file, of the picked columns only."""
    with _plain_file(path, meter, packed) as plain, _child() as child:
        _tell(child, {"path": str(plain), "bounds": asdict(meter.bounds)})
        opened = _hear(child, path, meter)
        names = opened["names"]
        if len(set(names)) < len(names):
            raise DataError(f"{path} has two columns of one name: rename one")
        wanted = list(pick(names))
        classes = [opened["classes"].get(name) for name in wanted]
        _tell(child, wanted)
        while "row" in (answer := _hear(child, path, meter)):
            meter.row()
            named = [_named(value, each) for value, each in zip(answer["row"], classes, strict=True)]
            yield Record(f"row {meter.rows}", dict(zip(wanted, named, strict=True)))


@contextmanager
def _plain_file(path: Path, meter: Meter, packed: bool) -> Iterator[Path]:
    """A file that the child can open: the file itself, or what it holds when it is gzip."""
    if packed:
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / "plain"
            plain.write_bytes(whole(path, meter))
            yield plain
        return
    with open_regular(path, meter):
        meter.read(path.stat().st_size)
        yield path.resolve()


@contextmanager
def _child() -> Iterator[subprocess.Popen[str]]:
    # Isolated, so that nothing in the current folder or the environment is imported in place of pyarrow.
    command = [sys.executable, "-I", str(CHILD)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def _tell(child: subprocess.Popen[str], message: object) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(json.dumps(message) + "\n")
        child.stdin.flush()
    except BrokenPipeError:
        # A child that died says so by its silence, which _hear understands.
        return


def _hear(child: subprocess.Popen[str], path: Path, meter: Meter) -> dict[str, Any]:
    assert child.stdout is not None
    longest = ESCAPED * meter.bounds.max_row_characters
    line = child.stdout.readline(longest + 1)
    if len(line) > longest:
        raise exceeded(f"a row of {path}", "max_field_characters", meter.bounds.max_field_characters)
    meter.decompressed(len(line))
    if not line.endswith("\n"):
        raise _damaged(path, "Arrow gave up on it")
    answer: dict[str, Any] = json.loads(line)
    if "damaged" in answer:
        raise _damaged(path, answer["damaged"])
    if "bound" in answer:
        raise exceeded(f"{path} {answer['what']}", answer["bound"], getattr(meter.bounds, answer["bound"]))
    return answer


def _damaged(path: Path, reason: str) -> DataError:
    return DataError(f"{path} is damaged or not what its name says ({inert(reason)}): write it again")


def _named(value: object, classes: list[str] | None) -> object:
    """The name of a class number; -1 is how unlabelled rows are written, and counts as missing."""
    if classes is None or isinstance(value, bool) or not isinstance(value, int):
        return value
    return classes[value] if 0 <= value < len(classes) else None
