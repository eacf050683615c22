"""How a data file is to be read, as options say it: a reader for a workbench, and the options again. Knows no file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metapeft_core.data.readers import ReadResult


@dataclass(frozen=True, slots=True)
class DataReading:
    """What the options say; nothing where they are left out."""

    skip_bad: bool = False
    text: str | None = None
    label: str | None = None
    prompt: str | None = None
    completion: str | None = None
    split: str | None = None

    def read(self, place: Path) -> ReadResult:
        """A file, read so."""
        from metapeft_core.data.columns import Wishes
        from metapeft_core.data.readers import read_with_report
        from tools.workbench import SPLIT_SEED

        wishes = Wishes(self.text, self.label, self.prompt, self.completion, self.split)
        return read_with_report(place, seed=SPLIT_SEED, skip_bad=self.skip_bad, wishes=wishes)

    def options(self) -> tuple[str, ...]:
        """What to type to have another command read it so."""
        columns = {
            "--text-column": self.text,
            "--label-column": self.label,
            "--prompt-column": self.prompt,
            "--completion-column": self.completion,
            "--split-column": self.split,
        }
        named = [word for name, column in columns.items() if column is not None for word in (name, column)]
        return (*(["--skip-bad"] if self.skip_bad else []), *named)
