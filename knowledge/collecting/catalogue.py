"""The tasks that lie in folders, with what a manifest says of them. Knows no design and runs nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from metapeft_core.data.readers import read_task
from metapeft_core.data.task import Task, stratified
from metapeft_core.errors import DataError

MANIFEST = "manifest.json"
STATED = ("task_type", "domain", "language")
VALID_ROWS = 64
TEST_ROWS = 300
"""Rows a run is judged on. Judging more would make runs dearer than it makes their figures surer."""
SPLIT_SEED = 0
DRAW_SEED = 0
"""Every run on a task at one size learns from the same rows, so that runs differ by what was asked of them alone."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A task file and what is said of it."""

    name: str
    path: Path
    family: str
    source: str = ""
    stated: Mapping[str, str] = field(default_factory=dict)


def catalogue(folders: Sequence[Path]) -> tuple[Listed, ...]:
    """Every task file of the folders, by name. Without a manifest a task is a family of its own."""
    found: dict[str, Listed] = {}
    for folder in folders:
        said = _manifest(folder)
        for path in sorted(folder.iterdir()):
            name = path.name.partition(".")[0]
            if path.name == MANIFEST or path.name.startswith("."):
                continue
            if name in found:
                raise DataError(f"{path} and {found[name].path} are both called {name}: rename one")
            facts = said.get(name, {})
            stated = {key: str(facts[key]) for key in STATED if key in facts}
            found[name] = Listed(name, path, str(facts.get("family", name)), str(facts.get("source", "")), stated)
    if not found:
        raise DataError(f"no task lies in {', '.join(map(str, folders))}: put files there that `advisor run` reads")
    return tuple(found[name] for name in sorted(found))


def _manifest(folder: Path) -> dict[str, dict[str, Any]]:
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: give the folder that holds the task files")
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise DataError(f"{path} is no JSON ({fault}): mend it or remove it") from fault
    if not isinstance(value, dict) or not all(isinstance(facts, dict) for facts in value.values()):
        raise DataError(f"{path} must hold an object of objects, one for each task by name")
    return value


def read_listed(listed: Listed) -> Task:
    """The task with as many held-out rows as a run is judged on."""
    task = replace(read_task(listed.path, seed=SPLIT_SEED), name=listed.name)
    return replace(task, test=stratified(task.test, TEST_ROWS, SPLIT_SEED))


def cut_to(task: Task, size: int) -> Task:
    """The task with `size` training rows and no more validation rows than somebody with so few would hold out."""
    valid = min(VALID_ROWS, max(24, size // 2))
    return replace(task.take(size, DRAW_SEED), valid=stratified(task.valid, valid, SPLIT_SEED))
