"""A conversation on the screen in tests: a home and a store of its own, no model, and ways to wait."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from advisor.tui.app import AdvisorApp
from advisor.tui.start import Wishes, opening_of
from tools.workbench import Workbench

ROOT = Path(__file__).parents[3]
PATIENCE = 1200
"""Times that a condition is looked at before it is given up."""
QUESTION = "best PEFT for 500 legal QA examples"


@pytest.fixture(scope="session")
def supplied(tmp_path_factory) -> Path:
    """A home with a store that has what ships, and this machine's speed as it was measured once."""
    from metapeft_core.training.cost_speed import remembered_speed

    place = tmp_path_factory.mktemp("supplied")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEFT_ADVISOR_HOME", str(place))
        with Workbench(place / "experiences.sqlite") as bench:
            assert bench.knowledge.store.count()
        remembered_speed()
    return place


@pytest.fixture
def desk(supplied, tmp_path, monkeypatch) -> Path:
    """A home of its own, and a folder to work in."""
    home = tmp_path / "home"
    shutil.copytree(supplied, home)
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    return home


@pytest.fixture
def tickets() -> Path:
    """The example that the README names."""
    return ROOT / "examples" / "tickets.jsonl"


class Screen:
    """Somebody at the keyboard."""

    def __init__(self, app: AdvisorApp, pilot: Any) -> None:
        self.app, self.pilot = app, pilot

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds, and has been drawn."""
        for _ in range(PATIENCE):
            if holds():
                await self.pilot.pause()
                return
            await self.pilot.pause(0.05)
        raise AssertionError("it never came to that")

    async def type(self, line: str) -> None:
        """A line in the prompt."""
        self.app.prompt.value = line
        await self.press("enter")

    async def say(self, line: str) -> None:
        """A line in the prompt, and the whole turn."""
        turns = len(self.app.said)
        await self.type(line)
        await self.until(lambda: len(self.app.said) > turns and not self.app.is_busy)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def window(self, kind: type) -> Any:
        """The window that opens."""
        await self.until(lambda: isinstance(self.app.screen, kind))
        return self.app.screen

    @property
    def text(self) -> str:
        """Everything that is shown, as plain text."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)


@pytest.fixture
def play(desk) -> Callable[..., None]:
    """Plays a scene in front of a fresh conversation."""

    def run(scene: Callable[[Screen], Any], size: tuple[int, int] = (80, 24), **wishes: Any) -> None:
        async def whole() -> None:
            told = {"reader": "none", "store": desk / "experiences.sqlite", **wishes}
            app = AdvisorApp(opening_of(Wishes(**told)))
            # Nothing on the screen depends on the moment at which it is looked at.
            app.animation_level, app.prompt.cursor_blink = "none", False
            async with app.run_test(size=size) as pilot:
                screen = Screen(app, pilot)
                await screen.until(lambda: app.reader is not None or app.fault is not None)
                await scene(screen)
            if app.fault is not None:
                raise app.fault

        asyncio.run(whole())

    return run
