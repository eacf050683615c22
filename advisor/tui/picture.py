"""Makes a picture of a real conversation: `python -m advisor.tui.picture --out docs/conversation.svg`.

The question is answered by what ships, read by its words, in a home of its own: nothing of the user's is touched.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from advisor.tui.app import LIGHT, AdvisorApp
from advisor.tui.start import Wishes, opening_of
from metapeft_core.files import HOME_VARIABLE, replaced_file

QUESTIONS = ("best PEFT for 500 legal QA examples",)
SIZE = (100, 46)
LOOKS = 1200
"""Times that is looked whether a turn has ended."""


def main(words: Sequence[str] | None = None) -> None:
    """Hold the conversation and write the picture."""
    parser = argparse.ArgumentParser(prog="python -m advisor.tui.picture", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the picture's file, *.svg")
    parser.add_argument("--light", action="store_true", help="in the light theme")
    parser.add_argument("question", nargs="*", help="what to ask", default=QUESTIONS)
    told = parser.parse_args(words)
    picture = asyncio.run(pictured(told.question, is_light=told.light))
    with replaced_file(told.out) as fresh:
        fresh.write_text(picture, encoding="utf-8")


async def pictured(questions: Sequence[str], *, is_light: bool = False) -> str:
    """The screen after these questions, as SVG."""
    before = os.environ.get(HOME_VARIABLE)
    with tempfile.TemporaryDirectory() as home:
        os.environ[HOME_VARIABLE] = home
        try:
            return await _conversation(questions, Path(home), is_light)
        finally:
            os.environ.pop(HOME_VARIABLE)
            if before is not None:
                os.environ[HOME_VARIABLE] = before


async def _conversation(questions: Sequence[str], home: Path, is_light: bool) -> str:
    app = AdvisorApp(opening_of(Wishes(reader="none", store=home / "experiences.sqlite")))
    app.animation_level, app.prompt.cursor_blink = "none", False
    async with app.run_test(size=SIZE):
        app.theme = LIGHT if is_light else app.theme
        await _until(lambda: app.reader is not None or app.fault is not None)
        # The picture begins with the question.
        await app.conversation.clear()
        for question in questions:
            await app.ask(question)
            await _until(lambda: not app.is_busy or app.fault is not None)
        picture = app.export_screenshot(title="advisor")
    if app.fault is not None:
        raise app.fault
    return self_contained(picture)


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(LOOKS):
        if holds():
            break
        await asyncio.sleep(0.05)
    # What was told last is drawn in the next round or the one after it.
    for _ in range(3):
        await asyncio.sleep(0.05)


def self_contained(picture: str) -> str:
    """Without the fonts that it would fetch from elsewhere: any font with letters of one width does."""
    without = re.sub(r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    return without.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")


if __name__ == "__main__":
    main()
