"""Names, labels and values with terminal escapes or markup are shown, never acted upon."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from advisor.cli import app

ESCAPE = "\x1b[31mred\x1b]0;title\x07[bold]markup[/bold][/nothing]\u202e\u2028\r"


def characterize(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["characterize", str(path), *options], env={"COLUMNS": "200"})


def write(path: Path, label: str, count: int = 20) -> Path:
    rows = [{"text": f"some text number {i}", "label": label if i % 2 else "other"} for i in range(count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def is_inert(text: str) -> bool:
    return all(character.isprintable() or character == "\n" for character in text)


def test_the_table_shows_hostile_names_and_labels_as_they_are_written(tmp_path: Path):
    path = write(tmp_path / f"{ESCAPE.replace('/', '')}.jsonl", ESCAPE)
    result = characterize(path)
    assert result.exit_code == 0, result.output
    assert is_inert(result.output)
    assert "[bold]markup[/" in result.output
    assert "\\x1b[31mred" in result.output


def test_json_holds_hostile_labels_as_escapes_that_read_back(tmp_path: Path):
    path = write(tmp_path / "a.jsonl", ESCAPE)
    result = characterize(path, "--json")
    assert is_inert(result.stdout)
    described = json.loads(result.stdout)
    assert ESCAPE.strip() in described["labels"]
    assert described["characteristics"]["classes"] == 2
    assert sum(described["splits"].values()) == 20


@pytest.mark.parametrize("row", [{"text": ESCAPE}, {ESCAPE: "a"}, {"text": "a", "label": [ESCAPE, ESCAPE]}])
def test_faults_go_to_stderr_inert_and_with_exit_code_2(tmp_path: Path, row):
    path = tmp_path / f"{ESCAPE.replace('/', '')}.jsonl"
    path.write_text(json.dumps({"text": "a", "label": "b"}) + "\n" + json.dumps(row) + "\n")
    result = characterize(path)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert is_inert(result.stderr)
    assert "line 2" in result.stderr


def test_a_fault_names_the_option_that_mends_it(tmp_path: Path):
    path = write(tmp_path / "a.jsonl", "x")
    assert "--max-rows" in characterize(path, "--max-rows", "3").stderr
    path.write_text('{"text": "a", "label": "b"}\n{"text": "a"}\n')
    assert "--skip-bad" in characterize(path).stderr


def test_skipped_rows_are_counted_in_the_table(tmp_path: Path):
    path = write(tmp_path / "a.jsonl", "x")
    with path.open("a") as more:
        more.write('{"text": ""}\n')
    result = characterize(path, "--skip-bad")
    assert result.exit_code == 0
    assert "1 of 21 rows" in result.stdout
