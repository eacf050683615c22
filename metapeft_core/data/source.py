"""A path becomes a stream of bytes: regular files only, unpacked when gzipped, metered. Knows no encoding."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metapeft_core.data.bounds import Meter, exceeded
from metapeft_core.errors import DataError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK = 1 << 16
GZIP_MAGIC = b"\x1f\x8b"


class DamagedError(Exception):
    """A stream that breaks off; whoever counts the lines turns it into a DataError with its line."""


class _Metered(io.RawIOBase):
    """A regular file whose every byte is counted before it is handed on."""

    def __init__(self, descriptor: int, meter: Meter) -> None:
        self._file = io.FileIO(descriptor, closefd=True)
        self._meter = meter

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: WriteableBuffer) -> int:
        count = self._file.readinto(buffer) or 0
        self._meter.read(count)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def open_regular(path: Path, meter: Meter) -> Iterator[io.BufferedReader[Any]]:
    """A regular file, opened without ever blocking on a pipe or waking a device."""
    descriptor = _descriptor(path)
    size = os.fstat(descriptor).st_size
    if size > meter.left_to_read():
        os.close(descriptor)
        raise exceeded(f"{path} ({size:,} bytes)", "max_bytes", meter.bounds.max_bytes)
    with io.BufferedReader(_Metered(descriptor, meter), BLOCK) as file:
        yield file


def _descriptor(path: Path) -> int:
    try:
        _insist_on_file(path, path.stat().st_mode)
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise DataError(f"cannot open {path}: {reason}; check the path and its permissions") from fault
    try:
        # Looked at again after opening: the path may have changed its mind in between.
        _insist_on_file(path, os.fstat(descriptor).st_mode)
    except DataError:
        os.close(descriptor)
        raise
    return descriptor


def _insist_on_file(path: Path, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
    kind = kinds.get(stat.S_IFMT(mode), "a device")
    raise DataError(f"{path} is {kind}, not a file: save the data to a regular file first")


def starts_with(path: Path, count: int, meter: Meter) -> bytes:
    """The first bytes of the content, after unpacking: what tells one format from another."""
    found = b""
    for block in blocks(path, meter):
        found += block
        if len(found) >= count:
            break
    return found[:count]


def blocks(path: Path, meter: Meter) -> Iterator[bytes]:
    """The content of a file in blocks, unpacked when it is gzip, whatever the file is called."""
    with open_regular(path, meter) as file:
        packed = file.peek(2)[:2] == GZIP_MAGIC
        if not packed and path.name.lower().endswith(".gz"):
            raise DataError(f"{path} is called .gz but is not gzip: compress it again, or rename it without .gz")
        if packed:
            yield from _unpacked(file, meter)
        else:
            while block := file.read(BLOCK):
                yield block


def _unpacked(file: io.BufferedReader, meter: Meter) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file, mode="rb") as packed:
        while True:
            try:
                block = packed.read(BLOCK)
            except EOFError as fault:
                raise DamagedError("the gzip stream ends too early: the file was cut off; fetch it again") from fault
            except (gzip.BadGzipFile, zlib.error) as fault:
                raise DamagedError(f"the gzip stream is damaged ({fault}); fetch the file again") from fault
            if not block:
                return
            meter.decompressed(len(block))
            yield block


def whole(path: Path, meter: Meter) -> bytes:
    """All bytes of a file, unpacked: for formats that are read from their end, such as Parquet."""
    try:
        return b"".join(blocks(path, meter))
    except DamagedError as fault:
        raise DataError(f"{path}: {fault}") from fault
