"""The documents tell the truth: their commands run, their files exist, and their exit codes are the real ones."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from advisor.cli import FAULTY_INPUT, INTERRUPTED, app
from advisor.commands import doctor, run

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
QUESTION = "best PEFT for 500 legal QA examples"
DOCUMENTS = {path.name: path.read_text() for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))}
SHOWN = re.findall(r"^```console\n\$ advisor (.+)\n((?:.*\n)*?)```$", README, flags=re.MULTILINE)
"""Every command of the README that is followed by what it printed."""
CARD = {"settings", "confidence", "quality", "time", "memory", "trade-offs", "method", "nearest"}
"""What every card of a recommendation has."""
COMMANDS = typer.main.get_command(app).commands


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder that holds nothing but the examples."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(tmp_path / "home"))
    return tmp_path


def first_words(text: str) -> list[str]:
    """What stands at the beginning of every line, rules of tables left out."""
    words = [re.match(r"^│? ?([A-Za-z][\w -]*?)(?:  | +│|:|$)", line) for line in text.splitlines()]
    return [found[1] for found in words if found]


def test_the_readme_shows_what_the_tool_prints_today():
    assert [command.split()[0] for command, _ in SHOWN] == [
        "ask",
        "characterize",
        "run",
        "export",
        "experiences",
        "doctor",
    ]
    assert all(output.strip() for _, output in SHOWN)


def test_the_commands_of_the_readme_run_in_their_order_and_print_such_lines(desk):
    for command, output in SHOWN:
        result = CliRunner().invoke(app, shlex.split(command))
        assert result.exit_code == 0, result.output
        if command.startswith("ask"):
            # Its reasons are wrapped where the figures of this machine end.
            assert set(first_words(result.output)) & set(first_words(output)) >= CARD
        elif command != "doctor":
            assert set(first_words(output)) == set(first_words(result.output)), command


def test_sizes_that_the_readme_shows_are_those_of_the_example(desk):
    command, output = next(pair for pair in SHOWN if pair[0].startswith("characterize"))
    printed = CliRunner().invoke(app, shlex.split(command)).output
    for name in ("rows", "words", "classes", "tokens a text"):
        line = next(line for line in output.splitlines() if line.startswith(f"│ {name} "))
        assert line.split("│")[2].strip() in printed


def test_the_python_of_the_readme_runs(desk, capsys):
    scripts = re.findall(r"^```python\n((?:.*\n)*?)```$", README, flags=re.MULTILINE)
    begins = (r"\w+ \d+% ", r"\w+\n(True|False)\n", r"completed \[")
    for script, beginning in zip(scripts, begins, strict=True):
        exec(compile(script, "README.md", "exec"), {})
        assert re.match(beginning, capsys.readouterr().out)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_that_a_document_names_exists(name):
    named = set(re.findall(r"`(?:\.venv/bin/)?advisor ([a-z]+)", DOCUMENTS[name]))
    named |= set(re.findall(r"^\$ advisor ([a-z]+)", DOCUMENTS[name], flags=re.MULTILINE))
    assert named <= set(COMMANDS)


def test_every_command_stands_in_the_readme():
    assert set(re.findall(r"^\| `advisor ([a-z]+)", README, flags=re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("name", ["run", "collect"])
def test_every_option_is_explained(name):
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts if option.startswith("--")}
    section = DOCUMENTS["cli.md"].split(f"## advisor {name}\n")[1].split("\n## ")[0]
    explained = set(re.findall(r"`(--[a-z-]+)", section))
    assert options - explained <= {"--method"}
    assert explained - options == set()


def test_every_command_and_every_filter_on_experiences_is_explained():
    section = DOCUMENTS["cli.md"].split("## advisor experiences\n")[1].split("\n## ")[0]
    commands = COMMANDS["experiences"].commands
    assert set(re.findall(r"^\| `([a-z]+)", section, flags=re.MULTILINE)) == set(commands)
    options = {o for each in commands.values() for p in each.params for o in p.opts if o.startswith("--")}
    assert options - set(re.findall(r"(--[a-z-]+)", section)) == set()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_that_a_document_links_to_exists(name):
    folder = ROOT if (ROOT / name).is_file() else ROOT / "docs"
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", DOCUMENTS[name]) if "://" not in link]
    assert [link for link in links if link and not (folder / link).exists()] == []


def test_every_module_that_a_document_names_exists():
    named = {
        word for text in DOCUMENTS.values() for word in re.findall(r"`((?:advisor|metapeft_core)/[\w/]+\.py)`", text)
    }
    assert named
    assert [path for path in named if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("name", ["README.md", "cli.md"])
def test_the_exit_codes_told_are_the_real_ones(name):
    text = DOCUMENTS[name]
    told = {
        int(code) for code in re.findall(r"(?:^\| |(?<=[.\n] )|^)(\d+)(?: \||(?= [a-z]))", text, flags=re.MULTILINE)
    }
    assert {0, doctor.FAULT, run.FAILED, FAULTY_INPUT, INTERRUPTED, run.INTERRUPTED} <= told


def test_there_are_two_set_up_commands_and_ci_uses_the_one_for_tests():
    marked = dict(re.findall(r"<!-- set-up: (\w+) -->\n```sh\n(.+)\n```", README))
    assert set(marked) == {"run", "test"}
    assert marked["run"].endswith(f'advisor ask "{QUESTION}"')
    assert marked["test"].endswith("pytest")
    assert README.count("python3 -m venv") == 2
    script = (ROOT / ".ci" / "run").read_text()
    assert "set-up: test" in script
    assert "venv .venv &&" not in script
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_set_up_names_extras_and_entry_points_that_exist():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "dev" in project["optional-dependencies"]
    assert project["scripts"]["advisor"] == "advisor.cli:main"
    assert (ROOT / project["readme"]).is_file()
    assert "Apache License" in (ROOT / project["license-files"][0]).read_text()


def test_the_change_log_tells_of_the_present_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## {version}" in DOCUMENTS["CHANGELOG.md"]
