"""The core's advice, given in words of Python, said in options of the command line. Knows no command."""

from __future__ import annotations

import re


def as_options(message: str) -> str:
    """`skip_bad=True`, `text_column=` and `Bounds(max_rows=...)` as `--skip-bad`, `--text-column` and `--max-rows`."""
    message = re.sub(r"Bounds\((max_rows|max_bytes)=\.\.\.\)", lambda found: f"--{_dashed(found[1])}", message)
    return re.sub(r"\b(skip_bad)=True|\b(\w+_column)=", lambda found: f"--{_dashed(found[1] or found[2])}", message)


def _dashed(name: str) -> str:
    return name.replace("_", "-")
