"""What is seen: the same conversation gives the same picture, and what came from data acts on nothing."""

from __future__ import annotations

import json
import re

import pytest
from textual.widgets import DataTable, Static

from advisor.tui.app import DARK, LIGHT
from advisor.tui.card_view import CardView
from advisor.tui.history_screen import HistoryScreen
from advisor.tui.runs_screen import RunScreen, RunsScreen
from advisor.tui.step_view import StepView

QUESTION = "best PEFT for 500 legal QA examples"
HOSTILE = "\x1b[31mred\x1b]0;title\x07[bold]b[/bold][/nothing]\u202e\u2028"
SECONDS = re.compile(r"\(\d+\.\d(?: |&#160;)s\)")
CHECKSUM = re.compile(r"terminal-\d+")
"""Of everything that is shown, the seconds among it; it stands in the names of styles."""


def picture(app) -> str:
    """What is on the screen, but for how long tools took."""
    return CHECKSUM.sub("terminal", SECONDS.sub("(0.0 s)", app.export_screenshot()))


@pytest.mark.parametrize("theme", [DARK, LIGHT])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_the_same_conversation_gives_the_same_pictures(play, theme, size):
    async def scene(screen):
        screen.app.theme = theme
        shots.append([])
        await screen.say(QUESTION)
        shots[-1].append(picture(screen.app))
        await screen.press("pagedown")
        shots[-1].append(picture(screen.app))
        await screen.press("ctrl+g")
        await screen.until(lambda: screen.app.screen.query("MapChart"))
        shots[-1].append(picture(screen.app))
        await screen.press("escape", "ctrl+r")
        await screen.window(RunsScreen)
        shots[-1].append(picture(screen.app))
        await screen.press("enter")
        await screen.window(RunScreen)
        shots[-1].append(picture(screen.app))

    shots: list[list[str]] = []
    for _ in range(2):
        play(scene, size=size)
    assert shots[0] == shots[1]
    # On a large screen there is no second page.
    assert len(set(shots[0])) >= 4


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (120, 40), (20, 5)], ids=str)
def test_everything_can_be_shown_at_every_size(play, size):
    async def scene(screen):
        await screen.say(QUESTION)
        for key in ("f1", "ctrl+o", "ctrl+r", "ctrl+g", "ctrl+s"):
            await screen.press(key)
            await screen.until(lambda: len(screen.app.screen_stack) > 1)
            assert screen.app.export_screenshot()
            await screen.press("escape")
            await screen.until(lambda: len(screen.app.screen_stack) == 1)

    play(scene, size=size)


def is_inert(text: str) -> bool:
    return all(each.isprintable() or each == "\n" for each in text)


def test_names_and_labels_from_data_are_shown_as_they_are_written(play, tmp_path):
    rows = [{"text": f"some text number {n} {HOSTILE}", "label": HOSTILE if n % 2 else "other"} for n in range(40)]
    place = tmp_path / f"{HOSTILE.replace('/', '')}.jsonl"
    place.write_text("".join(json.dumps(row) + "\n" for row in rows))

    async def scene(screen):
        await screen.type(f"/data {place}")
        await screen.until(lambda: screen.app.state.data == place)
        assert is_inert(screen.text)
        assert "\\x1b[31mred" in screen.text
        await screen.say("describe the data")
        await screen.say("which method?")
        for view in screen.app.query(StepView):
            view.collapsed = False
        await screen.pilot.pause()
        told = "\n".join(str(each.content) for each in screen.app.query("StepView Contents Static").results(Static))
        assert "[bold]b[bold]" in told
        assert is_inert(told)
        assert is_inert(screen.text)
        command = str(screen.app.query_one(CardView).query_one(".next", Static).content)
        assert "\\x1b[31mred" in command
        assert is_inert(command)
        assert "\x1b]0;title" not in screen.app.export_screenshot()

    play(scene, size=(120, 60))


def test_a_command_that_a_terminal_would_act_on_is_not_copied(play, tmp_path, tickets, monkeypatch):
    place = tmp_path / "a\x1b[31m.jsonl"
    place.write_bytes(tickets.read_bytes())

    async def scene(screen):
        copied = []
        monkeypatch.setattr(screen.app, "copy_to_clipboard", copied.append)
        await screen.type(f"/data {place}")
        await screen.until(lambda: screen.app.state.data == place)
        await screen.say("which method?")
        await screen.press("ctrl+y")
        assert copied == []

    play(scene)


def test_what_the_user_typed_is_shown_as_it_was_typed(play):
    async def scene(screen):
        await screen.say(f"please explain what lora is and how lora works {HOSTILE}")
        assert is_inert(screen.text)
        assert "[bold]b[/bold][/nothing]" in screen.text
        await screen.type(f"/{'x' * 5}")
        await screen.type(f"/data {HOSTILE}")
        await screen.until(lambda: screen.app.conversation.query(".fault"))
        assert is_inert(screen.text)
        await screen.press("ctrl+l")
        await screen.window(HistoryScreen)
        assert is_inert(screen.text)
        assert "[bold]b[/bold][/nothing]" in screen.text

    play(scene, size=(120, 40))


def test_runs_with_hostile_names_are_shown_as_they_are_written(play):
    from dataclasses import replace

    async def scene(screen):
        await screen.say(QUESTION)
        found = screen.app.latest
        runs = {key: replace(run, task=HOSTILE, family=HOSTILE, source=HOSTILE) for key, run in found.runs.items()}
        screen.app.push_screen(RunsScreen(runs))
        window = await screen.window(RunsScreen)
        assert "[bold]b[/bold]" in str(window.query_one(DataTable).get_cell_at((0, 0)))
        assert is_inert(screen.text)
        await screen.press("enter")
        await screen.window(RunScreen)
        assert "[bold]b[/bold][/nothing]" in screen.text
        assert is_inert(screen.text)

    play(scene, size=(120, 40))
