"""A workbench on what ships, one of its own for every test that writes, and small data files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from tools.workbench import Workbench

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """For tests that only ask."""
    with Workbench(tmp_path_factory.mktemp("asked") / "experiences.sqlite") as found:
        yield found


@pytest.fixture(scope="session")
def supplied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has what ships."""
    place = tmp_path_factory.mktemp("supplied") / "experiences.sqlite"
    with Workbench(place) as found:
        assert found.knowledge.store.count()
    return place


@pytest.fixture
def own_bench(supplied: Path, tmp_path: Path) -> Iterator[Workbench]:
    """For a test that writes."""
    place = tmp_path / "own" / "experiences.sqlite"
    place.parent.mkdir()
    shutil.copy(supplied, place)
    with Workbench(place) as found:
        yield found


@pytest.fixture(scope="session")
def tickets() -> Path:
    """The example that the README names: 100 rows, four labels."""
    return ROOT / "examples" / "tickets.jsonl"
