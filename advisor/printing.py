"""What the commands share when they print: consoles, harmless names, sizes and times. Knows no command and no run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

LONGEST_NAME = 80


def answers() -> Console:
    """Standard output: what was asked for, and nothing else."""
    return Console(highlight=False, soft_wrap=True)


def remarks() -> Console:
    """Standard error: progress and faults."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def inert(text: object) -> str:
    """Where rich reads markup: the text as it is, with everything that a terminal would act on written out."""
    # Whoever has something to show that came from data has loaded the core already; help never comes here.
    from metapeft_core.data.record import inert as harmless

    return escape(harmless(str(text)))


def name_of(text: object) -> str:
    """A name that came with somebody's data: inert, on one line and of bounded length."""
    line = " ".join(str(text).split())
    return inert(line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…")


def show_facts(console: Console, facts: Iterable[tuple[str, str]]) -> None:
    """Names and values in two columns; values may carry markup, so what comes from data is made `inert` before."""
    rows = list(facts)
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        console.print(f"[dim]{name:<{width}}[/dim]  {value}")


def show_json(value: Any) -> None:
    """One JSON value on standard output, in characters that every terminal and pipe takes."""
    typer.echo(json.dumps(_finite(value), indent=2, allow_nan=False, default=str))


def _finite(value: Any) -> Any:
    """JSON has no infinities: what is no number becomes null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(member) for key, member in value.items()}
    return [_finite(member) for member in value] if isinstance(value, list | tuple) else value


def size(count: float) -> str:
    """Bytes as people say them."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit in ("bytes", "KiB") else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
