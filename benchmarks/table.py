"""How every benchmark writes its figures: a JSON file and the same as a Markdown table. Knows no benchmark."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from metapeft_core import runtime
from metapeft_core.files import replaced_file

RESULTS = Path(__file__).parent / "results"
MEASURED_WITH = ("mlx", "mlx-lm", "torch", "peft", "transformers", "numpy")


def machine() -> dict[str, str]:
    """Where and with what the figures were measured."""
    names = (line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name"))
    cpu = next(names, platform.processor())
    return {**runtime.environment(), "cpu": cpu, **{name: version(name) for name in MEASURED_WITH}}


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def command_line() -> str:
    """The command that makes the figures again."""
    module = Path(sys.argv[0]).stem
    return " ".join(["python -m", f"benchmarks.{module}", *sys.argv[1:]])


def write_results(
    name: str,
    title: str,
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    summary: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
) -> None:
    """Write results/NAME.json with everything, and results/NAME.md with the summary and the named columns."""
    facts = {"command": command_line(), "machine": machine()}
    whole = {"title": title, **facts, "summary": dict(summary or {}), "rows": [dict(row) for row in rows]}
    _write(RESULTS / f"{name}.json", json.dumps(whole, indent=1, ensure_ascii=False, default=float) + "\n")
    lines = [f"# {title}", "", f"Made by `{facts['command']}` on {_in_words(machine())}.", ""]
    lines += [f"- {key}: {_cell(value)}" for key, value in (summary or {}).items()]
    lines += ["", "| " + " | ".join(columns.values()) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(_cell(row.get(key, "")) for key in columns) + " |" for row in rows]
    lines += ["", *notes] if notes else []
    text = "\n".join(lines) + "\n"
    _write(RESULTS / f"{name}.md", text)
    print(text)


def _write(path: Path, text: str) -> None:
    with replaced_file(path) as fresh:
        fresh.write_text(text, encoding="utf-8")


def _in_words(facts: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in facts.items())


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value).replace("|", "\\|")
