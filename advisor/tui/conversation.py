"""The conversation on the screen, the latest at the bottom. Knows steps as they are told, not who takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from advisor.tui.card_view import CardView
from advisor.tui.events import Said, Stepped
from advisor.tui.step_view import StepView
from metapeft_core.data.record import inert

if TYPE_CHECKING:
    from advisor.steps import Step
    from metapeft_core.training.progress import Progress

PEN = "▌"
"""Stands where a text is being written."""
WELCOME = """Which method fits your fine-tuning, with which settings, and how sure is that? Ask, for example:

  best PEFT for 500 legal QA examples
  LoRA or prefix tuning for 2,000 tweets in 3 classes?
  what will it cost? why not AdaLoRA? give me the axolotl config

With a data file the answer rests on your data: /data FILE, or Ctrl+O. F1 tells what else there is."""


class Conversation(VerticalScroll):
    """Questions, steps, answers and cards in their order."""

    can_focus = False

    def __init__(self) -> None:
        super().__init__(Static(WELCOME, markup=False, classes="welcome"))
        self._calling: StepView | None = None
        self._writing: Static | None = None

    async def say(self, question: str) -> None:
        """The user's words."""
        await self.query(".welcome").remove()
        await self._add(Static(f"› {inert(question)}", markup=False, classes="question"))

    async def note(self, text: str, *, fault: bool = False) -> None:
        """Something that neither of the two said."""
        await self._add(Static(inert(text), markup=False, classes="fault" if fault else "note"))

    async def show(self, told: Stepped) -> None:
        """A step that was just taken."""
        step = told.step
        if step.kind == "called" and self._calling is not None:
            self._calling.finish(step)
            self._calling = None
        elif step.kind == "writing":
            await self._write(step.text)
        elif step.is_last:
            await self.stop()
            await self._answer(told)
        else:
            view = StepView(step)
            self._calling = view if step.kind == "calling" else None
            await self._add(view)

    def advance(self, progress: Progress) -> None:
        """The training that was called takes its steps."""
        if self._calling is not None:
            self._calling.advance(progress)

    async def stop(self) -> None:
        """A call that was not answered will not be, and what is half written goes."""
        if self._calling is not None:
            self._calling.stop()
            self._calling = None
        if self._writing is not None:
            await self._writing.remove()
            self._writing = None

    async def clear(self) -> None:
        """Begin with an empty screen."""
        self._calling = self._writing = None
        await self.remove_children()

    async def recall(self, said: Sequence[Said]) -> None:
        """Show an earlier conversation in place of this one."""
        await self.clear()
        for one in said:
            await self.say(one.question)
            await self._answer(one.told)

    async def _write(self, text: str) -> None:
        """The reasons as far as they go; the answer will hold them whole."""
        shown = f"{inert(text)} {PEN}".strip()
        if self._writing is None:
            self._writing = Static(shown, markup=False, classes="answer")
            await self._add(self._writing)
        else:
            self._writing.update(shown)
            self.call_after_refresh(self.scroll_end, animate=False)

    async def _answer(self, told: Stepped) -> None:
        if told.step.recommendation is not None:
            card = CardView(told)
            await self.mount(card)
            # Of a card that is higher than the screen the beginning counts.
            self.call_after_refresh(self.scroll_to_widget, card, animate=False, top=True)
        else:
            await self._add(Static(inert(told.step.text), markup=False, classes=kind_of(told.step)))

    async def _add(self, widget: Widget) -> None:
        await self.mount(widget)
        self.call_after_refresh(self.scroll_end, animate=False)


def kind_of(step: Step) -> str:
    """How an answer looks: a question back stands out, and so does a fault."""
    return {"asking": "asking", "failed": "fault"}.get(step.kind, "answer")
