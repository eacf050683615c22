"""The command line as a whole: quick help, exit codes, faults in one line, bugs with their traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from advisor import cli
from advisor.tui.start import Wishes
from metapeft_core.errors import DataError

HEAVY = ("mlx.core", "metapeft_core", "torch", "transformers", "numpy", "textual")
HELP = """
import sys
from typer.testing import CliRunner
from advisor.cli import app
for words in (["--help"], ["run", "--help"], ["--version"]):
    assert CliRunner().invoke(app, words).exit_code == 0
print(*sys.modules)
"""


@pytest.fixture
def failing(monkeypatch):
    """Adds a command that raises what it is given."""
    commands = list(cli.app.registered_commands)

    def add(fault: BaseException) -> None:
        @cli.app.command("fail")
        def fail() -> None:
            raise fault

    yield add
    cli.app.registered_commands[:] = commands


def test_help_and_version_import_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & set(HEAVY) == set()


def test_the_version_is_told(advisor):
    result = advisor("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("advisor")


def test_without_a_command_the_commands_are_told(advisor):
    result = advisor()
    assert result.exit_code == 2
    for name in ("doctor", "run", "fetch"):
        assert name in result.output


def test_without_a_command_the_conversation_begins_on_a_terminal(monkeypatch):
    begun = []
    monkeypatch.setattr("advisor.tui.start.start", begun.append)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("sys.stdout", SimpleNamespace(isatty=lambda: True))
    cli.app([], standalone_mode=False)
    assert begun == [Wishes()]


def test_the_conversation_is_told_what_the_command_line_says(advisor, monkeypatch):
    begun = []
    monkeypatch.setattr("advisor.tui.start.start", begun.append)
    result = advisor("tui", "--data", "a.csv", "--model", "m", "--llm", "none", "--store", "s", "--continue", "last")
    assert result.exit_code == 0
    assert begun == [Wishes(Path("a.csv"), "m", "none", Path("s"), "last")]


def test_a_fault_of_the_user_is_one_line_on_standard_error_and_ends_with_2(advisor, failing):
    failing(DataError("row 3 has no label: add one"))
    result = advisor("fail")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "row 3 has no label: add one\n"


def test_a_fault_that_quotes_data_cannot_steer_the_terminal(advisor, failing):
    failing(DataError("the label '\x1b[2J[bold]x\u202e' is odd"))
    result = advisor("fail")
    assert "\x1b" not in result.stderr
    assert "\u202e" not in result.stderr
    assert "[bold]x" in result.stderr


def test_a_bug_keeps_its_traceback(advisor, failing):
    failing(ZeroDivisionError("a bug"))
    result = advisor("fail")
    assert isinstance(result.exception, ZeroDivisionError)
    assert result.exit_code == 1


def test_an_interrupted_command_ends_with_130(advisor, failing):
    failing(KeyboardInterrupt())
    result = advisor("fail")
    assert result.exit_code == 130
    assert result.stderr == "interrupted\n"


@pytest.mark.parametrize("words", [("nonsense",), ("run",), ("doctor", "--nonsense"), ("fetch", "gpt-9")])
def test_wrong_usage_ends_with_2(advisor, words):
    assert advisor(*words).exit_code == 2


def test_every_command_says_what_it_does():
    commands = typer.main.get_command(cli.app).commands
    assert {"doctor", "run", "fetch"} <= set(commands)
    assert all(command.help for command in commands.values())
