"""`advisor evaluate selection` shows the report within 80 columns, and all of it as JSON."""

from __future__ import annotations

import io
import json

import pytest
from made_up_choices import QUICK
from made_up_runs import runs
from rich.console import Console
from typer.testing import CliRunner

from advisor.cli import app
from advisor.evaluation_tables import figure_in_words, show_report
from knowledge.base import KnowledgeBase
from metapeft_core.selection.evaluation.run import evaluate_selection
from metapeft_core.selection.judge import JudgeSettings


@pytest.fixture(scope="module")
def found():
    return evaluate_selection(runs(20), JudgeSettings(bounds=(0.0, 1.0), fit=QUICK), 1, lambda *_: None)


def test_the_report_fits_80_columns_and_names_everyone(found):
    written = io.StringIO()
    show_report(Console(file=written, width=80), found)
    shown = written.getvalue()
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown
    for word in ("selector", "features shuffled", "always LoRA", "random forest", "interval coverage", "1,000 rows"):
        assert word in shown


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("interval coverage", 0.9011, "90.1%"),
        ("ties called", 7.0, "7"),
        ("calibration error", 0.04449, "0.044"),
        ("ties that held", float("nan"), "-"),
    ],
)
def test_figures_have_as_many_digits_as_they_deserve(name, value, words):
    assert figure_in_words(name, value) == words


def test_a_store_with_too_few_families_is_told_what_to_do(tmp_path, monkeypatch):
    # What ships is supplied to every store; here nothing does.
    monkeypatch.setattr("knowledge.base.supply", lambda store: 0)
    with KnowledgeBase(tmp_path / "few.sqlite") as known:
        assert known.store.count() == 0
    result = CliRunner().invoke(app, ["evaluate", "selection", "--store", str(tmp_path / "few.sqlite")])
    assert result.exit_code == 2
    assert "too few to learn from" in result.output


def test_json_holds_every_row(found, monkeypatch, tmp_path):
    monkeypatch.setattr("metapeft_core.selection.evaluation.run.evaluate_selection", lambda *_: found)
    result = CliRunner().invoke(app, ["evaluate", "selection", "--json", "--store", str(tmp_path / "s.sqlite")])
    told = json.loads(result.stdout)
    assert len(told["choices"]) == len(found.choices)
    assert told["figures"]["interval coverage"] == found.figures["interval coverage"]
