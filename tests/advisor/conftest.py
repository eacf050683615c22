"""How the command line is called in tests, and the example data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from advisor.cli import app

ROOT = Path(__file__).parents[2]


@pytest.fixture
def advisor(monkeypatch):
    """Calls the command line with words and gives back its result."""
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: object) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words])

    return call


@pytest.fixture
def tickets() -> Path:
    """The example that the README names."""
    return ROOT / "examples" / "tickets.jsonl"
