"""Files and folders become a task, with a report of what was read. Knows the order of the steps, not their insides."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from metapeft_core.data.bounds import Bounds, Meter
from metapeft_core.data.columns import Columns, Wishes, choose_columns
from metapeft_core.data.folder import Part, parts_of
from metapeft_core.data.formats import SUFFIXES, open_records
from metapeft_core.data.record import Fault, Record
from metapeft_core.data.rows import Row, read_row
from metapeft_core.data.splits import SPLITS, Split, make_task
from metapeft_core.data.task import Example, Task
from metapeft_core.errors import DataError

FAULTS_TOLD = 5


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What was read, what was left out, and what was cut."""

    files: tuple[str, ...]
    formats: tuple[str, ...]
    encodings: tuple[str, ...]
    columns: tuple[str, ...]
    rows_read: int
    rows_skipped: int
    faults: tuple[str, ...]
    """The first few of the faults of the rows that were skipped."""
    cut_splits: tuple[str, ...]
    """Splits that the files do not have and that were cut from the training rows."""
    leaked_rows: int
    """Test rows whose text also stands among the training rows: they flatter every figure measured on them."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A task and the report of its reading."""

    task: Task
    report: ReadReport


@dataclass(slots=True)
class _Reading:
    """What has come together so far; lives only inside one call."""

    meter: Meter
    wishes: Wishes
    skip_bad: bool
    rows: dict[Split, list[Example]] = field(default_factory=lambda: {split: [] for split in SPLITS})
    unplaced: list[Example] = field(default_factory=list)
    columns: Columns | None = None
    faults: list[str] = field(default_factory=list)
    skipped: int = 0
    formats: dict[str, None] = field(default_factory=dict)
    encodings: dict[str, None] = field(default_factory=dict)

    def choose(self, path: Path, names: Sequence[str]) -> Columns:
        """The columns of one file; all files of a task must serve one objective."""
        try:
            chosen = choose_columns(names, self.wishes)
        except DataError as fault:
            raise DataError(f"{path}: {fault}") from fault
        if self.columns is not None and self.columns.objective != chosen.objective:
            raise DataError(
                f"{path} holds {chosen.objective} rows and the files before it {self.columns.objective} rows: "
                "give every split the same columns"
            )
        self.columns = chosen
        return chosen

    def bad(self, path: Path, fault: Fault) -> None:
        """Note a fault; raise once there are as many as are told at a time."""
        self.skipped += 1
        if len(self.faults) < FAULTS_TOLD:
            self.faults.append(f"{path.name}, {fault}")
        if not self.skip_bad and len(self.faults) == FAULTS_TOLD:
            raise self.refusal("at least ")

    def refusal(self, count: str = "") -> DataError:
        """The fault of a file with bad rows."""
        rows = "row" if self.skipped == 1 else "rows"
        listed = "\n  ".join(self.faults)
        return DataError(
            f"{count}{self.skipped} {rows} cannot be used; mend them, or leave them out with skip_bad=True:\n  {listed}"
        )

    def keep(self, row: Row, split: Split | None) -> None:
        """Put an example where its file, or its own split column, says it belongs."""
        place = row.split or split
        (self.rows[place] if place else self.unplaced).append(row.example)


def read_task(
    path: Path,
    *,
    bounds: Bounds | None = None,
    seed: int = 0,
    skip_bad: bool = False,
    text_column: str | None = None,
    label_column: str | None = None,
    prompt_column: str | None = None,
    completion_column: str | None = None,
    split_column: str | None = None,
) -> Task:
    """The task that a file or folder holds; DataError says what is wrong with it and what to do."""
    wishes = Wishes(text_column, label_column, prompt_column, completion_column, split_column)
    return read_with_report(path, bounds=bounds, seed=seed, skip_bad=skip_bad, wishes=wishes).task


def read_with_report(
    path: Path,
    *,
    bounds: Bounds | None = None,
    seed: int = 0,
    skip_bad: bool = False,
    wishes: Wishes | None = None,
) -> ReadResult:
    """The task that a file or folder holds, and what happened on the way."""
    path = Path(path)
    meter = Meter(bounds or Bounds())
    reading = _Reading(meter, wishes or Wishes(), skip_bad)
    parts = parts_of(path, meter.bounds) if _is_folder(path) else [Part(path, None)]
    for part in parts:
        _read_part(part, reading)
    if reading.faults and not skip_bad:
        raise reading.refusal()
    return _result(path, parts, reading, seed)


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise DataError(f"cannot open {path}: {reason}; check the path") from fault


def _read_part(part: Part, reading: _Reading) -> None:
    chosen: Columns | None = None

    def pick(names: Sequence[str]) -> Sequence[str]:
        nonlocal chosen
        chosen = reading.choose(part.path, names)
        return chosen.needed

    opened = open_records(part.path, reading.meter, pick)
    reading.formats[opened.format] = reading.encodings[opened.encoding] = None
    for found in opened.rows:
        if isinstance(found, Record):
            chosen = chosen or reading.choose(part.path, list(found.fields))
            row = read_row(found, chosen, reading.meter.bounds)
        else:
            row = found
        if isinstance(row, Fault):
            reading.bad(part.path, row)
        else:
            reading.keep(row, part.split)


def _result(path: Path, parts: Sequence[Part], reading: _Reading, seed: int) -> ReadResult:
    if reading.columns is None or not (reading.unplaced or any(reading.rows.values())):
        told = f" ({reading.faults[0]})" if reading.faults else ""
        raise DataError(f"{path} holds no usable row{told}: add rows")
    given = {**reading.rows, "train": [*reading.rows["train"], *reading.unplaced]}
    task = make_task(_name(path), reading.columns.objective, given, seed)
    known = {row.text for row in task.train} if task.objective == "classification" else set()
    report = ReadReport(
        files=tuple(str(part.path) for part in parts),
        formats=tuple(reading.formats),
        encodings=tuple(reading.encodings),
        columns=reading.columns.needed,
        rows_read=reading.meter.rows,
        rows_skipped=reading.skipped,
        faults=tuple(reading.faults),
        cut_splits=tuple(split for split in ("valid", "test") if not given[split]),
        leaked_rows=sum(row.text in known for row in task.test),
    )
    return ReadResult(task, report)


def _name(path: Path) -> str:
    """The name of the task: the file's, without what only says how it is stored."""
    name = path.name or path.resolve().name
    bare = name.removesuffix(".gz")
    stem, _, suffix = bare.rpartition(".")
    return stem if stem and suffix.lower() in SUFFIXES else bare
