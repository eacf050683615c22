"""Reasons are seen while they are written, and give way to the answer."""

from __future__ import annotations

import asyncio

from textual.app import App, ComposeResult

from advisor.state import State
from advisor.steps import Step
from advisor.tui.conversation import PEN, Conversation
from advisor.tui.events import Stepped


class OnlyTalk(App[None]):
    """A conversation and nothing else."""

    def compose(self) -> ComposeResult:
        yield Conversation()


async def shown_after(*steps: Step, stopped: bool = False) -> list[str]:
    """What stands on the screen when these steps were told."""
    app = OnlyTalk()
    async with app.run_test() as pilot:
        conversation = app.query_one(Conversation)
        for step in steps:
            await conversation.show(Stepped(step, State()))
        if stopped:
            await conversation.stop()
        await pilot.pause()
        return [str(widget.render()) for widget in conversation.query(".answer")]


def test_the_reasons_grow_in_one_place():
    shown = asyncio.run(
        shown_after(Step("writing", ""), Step("writing", "LoRA is best."), Step("writing", "LoRA is best. [bold]"))
    )
    assert shown == [f"LoRA is best. [bold] {PEN}"]


def test_before_the_first_sentence_only_the_pen_is_seen():
    assert asyncio.run(shown_after(Step("writing", ""))) == [PEN]


def test_the_answer_stands_where_the_reasons_grew():
    steps = (Step("writing", "LoRA is"), Step("answer", "AdaLoRA is best."))
    assert asyncio.run(shown_after(*steps)) == ["AdaLoRA is best."]


def test_what_is_half_written_goes_when_the_turn_is_stopped():
    assert asyncio.run(shown_after(Step("writing", "LoRA is"), stopped=True)) == []
