"""The tool that describes a data file in figures and words of closed vocabularies. Shows no text of the data."""

from __future__ import annotations

from dataclasses import dataclass

from metapeft_core.types import TaskCharacteristics
from tools.arguments import UserPath
from tools.registry import tool
from tools.workbench import Workbench, default_workbench


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """What a data file holds, without any of its texts, labels or names."""

    characteristics: TaskCharacteristics
    train: int
    """Rows to learn from."""
    valid: int
    test: int
    rows_skipped: int
    leaked_rows: int
    """Test rows that also stand among the training rows."""


@tool
def characterize_dataset(data: UserPath, *, bench: Workbench | None = None) -> DatasetReport:
    """Describe a data file: size, lengths, language, domain, kind of task, label noise and difficulty.

    Args:
        data: A data file, or a folder with train, valid and test files.

    Effect: reads.
    """
    read, characteristics = (bench or default_workbench()).data(data)
    task, report = read.task, read.report
    return DatasetReport(
        characteristics, len(task.train), len(task.valid), len(task.test), report.rows_skipped, report.leaked_rows
    )
