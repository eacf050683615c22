"""Writers of small data files for the tests of reading."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path


def lines(path: Path, rows: Sequence[object]) -> Path:
    """JSON lines; strings are written as they stand."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def labelled(count: int, classes: int = 2) -> list[dict[str, object]]:
    """Rows of a classification task, every text once."""
    return [{"text": f"text number {i}", "label": f"class {i % classes}"} for i in range(count)]
