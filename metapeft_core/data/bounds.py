"""How much of a file may be read, and a meter that stops at that point. Knows no format."""

from __future__ import annotations

from dataclasses import dataclass

from metapeft_core.errors import DataError, SettingsError

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Bounds:
    """What reading a task may cost at most; nothing is read beyond it."""

    max_bytes: int = 512 * MIB
    """Bytes read from the disk, over all files of the task."""
    max_decompressed_bytes: int = 1024 * MIB
    """Bytes after decompression: what a small gzip or Parquet file can swell to."""
    max_rows: int = 1_000_000
    max_field_characters: int = 1_000_000
    """Characters of one text, prompt or completion."""
    max_columns: int = 1_000
    max_depth: int = 32
    """Lists and objects inside one another in a JSON row."""
    max_files: int = 1_000
    """Entries of a folder that are looked at."""

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if getattr(self, name) < 1:
                raise SettingsError(f"the bound {name} is {getattr(self, name)}: it must be at least 1")

    @property
    def max_row_characters(self) -> int:
        """A row holds a few texts at most; a longer line is no row of a data file."""
        return 4 * self.max_field_characters + 65_536


def exceeded(what: str, bound: str, limit: int) -> DataError:
    """The fault of a file that is larger than the bounds allow."""
    return DataError(
        f"{what} is over the bound {bound} = {limit:,}: read a smaller file, or raise it with Bounds({bound}=...)"
    )


class Meter:
    """Counts what has been read of one task and raises where a bound is crossed."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.rows = 0
        self._read = 0
        self._decompressed = 0

    def left_to_read(self) -> int:
        """Bytes that may still come from the disk."""
        return self.bounds.max_bytes - self._read

    def read(self, count: int) -> None:
        """Note bytes that came from the disk."""
        self._read += count
        if self._read > self.bounds.max_bytes:
            raise exceeded("the data", "max_bytes", self.bounds.max_bytes)

    def decompressed(self, count: int) -> None:
        """Note bytes that came out of a decompressor."""
        self._decompressed += count
        if self._decompressed > self.bounds.max_decompressed_bytes:
            raise exceeded("the data after decompression", "max_decompressed_bytes", self.bounds.max_decompressed_bytes)

    def row(self) -> None:
        """Note one row."""
        self.rows += 1
        if self.rows > self.bounds.max_rows:
            raise exceeded("the number of rows", "max_rows", self.bounds.max_rows)
