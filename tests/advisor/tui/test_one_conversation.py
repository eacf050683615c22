"""The screen, the shell and a script hold the same conversation, and none of them opens a connection."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from typer.testing import CliRunner

from advisor.cli import app
from advisor.models import TUNED, chosen_model
from advisor.recommendation_card import plain
from advisor.session import Session
from advisor.steps import Step
from metapeft_core.backbones.packages import smollm2_is_here
from metapeft_core.files import home
from tools.workbench import Workbench

WORDS = (
    "best PEFT for 500 legal QA examples",
    "and if I only have 8 GB?",
    "what about 2000 examples",
    "why not prefix tuning?",
    "what is the weather tomorrow",
    "give me the command",
)
FILE = ("which method for this data?", "how long will lora take", "compare lora and prefix tuning", "describe my data")
SHORT = WORDS[:2]
MODELS = home() / "models"
"""Where they are before a test has a home of its own."""


class ConnectedError(Exception):
    """Something wanted to talk to another machine."""


@pytest.fixture(autouse=True)
def cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket connects, and no name is looked up."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise ConnectedError

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "create_connection", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)


def turns(steps: list[Step]) -> list[dict[str, Any]]:
    """What was answered, in the form that the shell prints."""
    return [
        {"answer": step.text, "recommendation": None if step.recommendation is None else plain(step.recommendation)}
        for step in steps
    ]


def by_script(questions: tuple[str, ...], data: Path | None, reader: str, desk: Path) -> list[dict[str, Any]]:
    with Workbench(desk / "experiences.sqlite") as bench:
        session = Session(bench=bench, data=data, model=chosen_model(reader))
        return turns([list(session.ask(question))[-1] for question in questions])


def by_shell(questions: tuple[str, ...], data: Path | None, reader: str, desk: Path) -> list[dict[str, Any]]:
    found = []
    for number, question in enumerate(questions):
        words = ["ask", question, "--llm", reader, "--json", "--store", str(desk / "experiences.sqlite")]
        words += ["--continue", "last"] if number else [] if data is None else ["--data", str(data)]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output
        found.append(json.loads(result.stdout))
    return found


def on_screen(questions: tuple[str, ...], data: Path | None, reader: str, play: Callable[..., None]) -> Any:
    found: list[Step] = []

    async def scene(screen: Any) -> None:
        for question in questions:
            await screen.say(question)
        found.extend(said.told.step for said in screen.app.said)

    play(scene, data=data, reader=reader)
    return turns(found)


@pytest.mark.parametrize(
    ("questions", "about_a_file", "reader"),
    [
        pytest.param(WORDS, False, "none", id="in words"),
        pytest.param(FILE, True, "none", id="about a file"),
        pytest.param(
            SHORT,
            False,
            "smollm2",
            id="led by a model",
            marks=pytest.mark.skipif(not (smollm2_is_here() and TUNED.is_dir()), reason="advisor fetch smollm2"),
        ),
    ],
)
def test_a_conversation_is_the_same_everywhere(questions, about_a_file: bool, reader: str, desk, play, tickets):
    data = tickets if about_a_file else None
    if reader != "none":
        (desk / "models").symlink_to(MODELS)
    script = by_script(questions, data, reader, desk)
    assert script[0]["recommendation"]["ranking"]
    assert by_shell(questions, data, reader, desk) == json.loads(json.dumps(script))
    assert on_screen(questions, data, reader, play) == script


def test_a_connection_would_be_noticed():
    with pytest.raises(ConnectedError):
        socket.create_connection(("localhost", 9))
