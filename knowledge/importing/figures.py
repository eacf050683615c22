"""Figures in a plain CSV become experiences, one a row. Knows the columns, not where the figures come from."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from knowledge.importing.backbones import known_backbone
from knowledge.importing.imported import (
    LARGEST,
    Found,
    Imported,
    LeftOut,
    UnusableError,
    gather,
    identified,
    method_of,
    no_method,
    plain_settings,
    tidy,
)
from metapeft_core.data.bounds import Bounds, Meter
from metapeft_core.data.delimited import read_delimited
from metapeft_core.data.encoding import open_text
from metapeft_core.data.json_value import JsonError, decoder, parse
from metapeft_core.data.record import Fault, Record, Records, shown
from metapeft_core.errors import StoreError
from metapeft_core.types import CurvePoint, PEFTExperience, PEFTMethod, Provenance, Setting

PUBLISHED = Path(__file__).parents[1] / "experiences" / "published_results.csv"
"""Figures of public benchmarks that come with the program."""
REQUIRED = ("task", "method", "metric", "value")
OPTIONAL = (
    *("source", "run", "backbone", "backbone_params", "task_type", "domain", "language", "family", "hyperparameters"),
    *("train_seconds", "peak_memory_gib", "trainable_params", "adapter_mib", "forgetting", "valid_curve", "seed"),
    "train_size",
)
STATED = ("task_type", "domain", "language", "metric", "train_size", "run")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
DATE = re.compile(r"\b20[12]\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?\b", re.ASCII)
BOUNDS = Bounds()


def read_figures(path: Path, provenance: Provenance) -> Imported:
    """The experiences of a CSV whose first line names its columns; columns that it does not know are passed over."""
    meter = Meter(BOUNDS)
    rows = read_delimited(path, open_text(path, meter), meter)
    return gather(_found(path, rows, provenance), "row")


def _found(path: Path, rows: Records, provenance: Provenance) -> Iterator[Found]:
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    checked = False
    fault = ""
    for row in rows:
        if isinstance(row, Fault):
            fault = f" ({row})"
            yield LeftOut(row.what, row.where)
            continue
        if not checked:
            _check_columns(path, row.fields)
            checked = True
        yield _experience_or_why(row, provenance, now)
    if not checked:
        raise StoreError(f"{path} holds no row that can be read{fault}: write one run a line below the header")


def _check_columns(path: Path, fields: Mapping[str, object]) -> None:
    missing = [name for name in REQUIRED if name not in fields]
    if missing:
        raise StoreError(
            f"{path} has no column {', '.join(map(repr, missing))} (it has {', '.join(map(shown, fields))}): "
            f"every row needs {', '.join(REQUIRED)}, and may have {', '.join(OPTIONAL)}"
        )


def _experience_or_why(record: Record, provenance: Provenance, now: str) -> Found:
    row = _Row(record.fields)
    try:
        name = row.needed("method")
        means = method_of(name)
        if means is None:
            return no_method(name)
        method, implied = means
        return _experience(row, method, row.settings() | dict(implied), provenance, now)
    except UnusableError as fault:
        return LeftOut(str(fault), record.where)


def _experience(
    row: _Row, method: PEFTMethod, settings: dict[str, Setting], provenance: Provenance, now: str
) -> PEFTExperience:
    task, metric, source = row.needed("task"), row.needed("metric"), row.text("source")
    steps = settings.get("max_steps")
    steps = steps if type(steps) is int and steps > 0 else 0
    beside = {name: number for name in ("forgetting", "adapter_mib") if (number := row.number(name)) is not None}
    dated = DATE.search(source)
    experience = PEFTExperience(
        id="",
        task=task,
        characteristics=None,
        backbone=known_backbone(row.text("backbone"), row.whole("backbone_params")),
        method=method,
        hyperparameters=settings,
        performance={**beside, metric: row.figure()},
        outcome="completed",
        training_seconds=row.amount("train_seconds"),
        peak_memory_bytes=round(row.amount("peak_memory_gib", LARGEST / 2**30) * 2**30),
        trainable_parameters=row.whole("trainable_params"),
        steps=steps,
        seed=row.whole("seed"),
        curve=_curve(row, metric, steps),
        provenance=provenance,
        created=dated[0] if dated else now,
        family=row.text("family") or task,
        source=source,
        stated={name: text for name in STATED if (text := row.text(name))},
    )
    return identified(experience, row.text("run"), metric)


def _curve(row: _Row, metric: str, steps: int) -> tuple[CurvePoint, ...]:
    values = row.json("valid_curve")
    if values is None:
        return ()
    if not isinstance(values, list) or not all(_is_number(value) for value in values):
        raise UnusableError(f"valid_curve is {shown(row.text('valid_curve'))}, not a JSON list of finite numbers")
    # Only where the steps divide by the number of values can it be told at which steps they were taken.
    if not values or not steps or steps % len(values):
        return ()
    every, unknown = steps // len(values), math.nan
    return tuple(
        CurvePoint(every * place, unknown, unknown, unknown, {metric: float(value)})
        for place, value in enumerate(values, start=1)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of one row; a cell that is empty or not there has no value."""

    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        return tidy(str(self.fields.get(name, "")))

    def needed(self, name: str) -> str:
        text = self.text(name)
        if not text:
            raise UnusableError(f"{name} is empty: every row needs one")
        return text

    def figure(self) -> float:
        """The value; a percentage is told as a share."""
        text = self.needed("value")
        bare = text.removesuffix("%").rstrip()
        return _number("value", bare) / (100 if text.endswith("%") else 1)

    def number(self, name: str) -> float | None:
        text = self.text(name)
        return _number(name, text) if text else None

    def amount(self, name: str, most: float = LARGEST) -> float:
        """A quantity that cannot be negative; 0 where none is told."""
        found = self.number(name) or 0.0
        if not 0 <= found <= most:
            raise UnusableError(f"{name} is {shown(self.text(name))}: it must be at least 0, and at most {most:,.0f}")
        return found

    def whole(self, name: str) -> int:
        """A count; 0 where none is told."""
        found = self.number(name) or 0.0
        if not 0 <= found <= LARGEST or not found.is_integer():
            raise UnusableError(f"{name} is {shown(self.text(name))}: it must be a whole number, at least 0")
        return int(found)

    def json(self, name: str) -> Any:
        cell = str(self.fields.get(name, ""))
        if not cell.strip():
            return None
        try:
            return parse(cell, BOUNDS, decoder(BOUNDS))
        except JsonError as fault:
            raise UnusableError(f"{name} {fault}") from fault

    def settings(self) -> dict[str, Setting]:
        values = self.json("hyperparameters")
        if values is not None and not isinstance(values, dict):
            raise UnusableError(f"hyperparameters is {shown(values)}, not a JSON object such as {{'r': 8}}")
        return plain_settings(values or {})


def _number(name: str, text: str) -> float:
    value = float(text) if NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise UnusableError(f"{name} is {shown(text)}, no finite number: write it like 0.513 or 51.3%")
    return value
