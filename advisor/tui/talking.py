"""A program on the screen that shows what the talking thread tells. Knows no key, no window but the one for a yes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from textual.app import App, ComposeResult
from textual.message import Message
from textual.widgets import Footer, Static

from advisor.tui.confirm_screen import ConfirmScreen
from advisor.tui.conversation import Conversation
from advisor.tui.events import Broke, Did, Ended, Event, Refused, Said, Stepped, Then, Trained, Wanted
from advisor.tui.prompt import ANSWER, ASK, Prompt
from advisor.tui.recalling import Recalled, standing
from advisor.tui.status import status_of
from advisor.tui.talker import Talker, answer

if TYPE_CHECKING:
    from advisor.session import Session
    from advisor.state import State
    from advisor.tui.talker import Opening

STOPPED = "Stopped."
STILL_AT_WORK = "Still at work: escape stops it."


class Told(Message):
    """Something that the talking thread told."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class TalkingApp(App[None]):
    """Shows a conversation as it happens."""

    TITLE = "PEFT advisor"
    CSS_PATH = "style.tcss"

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self.talker = Talker(opening, lambda event: self.post_message(Told(event)))
        self.conversation, self.prompt = Conversation(), Prompt()
        self.said: list[Said] = []
        self.state: State | None = None
        self.reader: str | None = None
        self.is_busy = False
        self.fault: BaseException | None = None
        """Why the program ended, where that was not the user's wish."""
        self._question = ""
        self._status = Static(status_of(None, None, False), markup=False, id="status")

    def compose(self) -> ComposeResult:
        yield self._status
        yield self.conversation
        yield self.prompt
        yield Footer()

    def on_mount(self) -> None:
        """Open the store while the screen is there already."""
        self.prompt.focus()
        self.talker.start()
        self.do(standing, self.show_standing)

    def on_unmount(self) -> None:
        """Let go of the store."""
        self.talker.close()

    @property
    def latest(self) -> Stepped | None:
        """The last recommendation."""
        return next((one.told for one in reversed(self.said) if one.told.step.recommendation is not None), None)

    async def ask(self, question: str) -> None:
        """Begin a turn."""
        self.is_busy, self._question = True, question
        await self.conversation.say(question)
        self.show_status()
        self.talker.ask(question)

    def do(self, work: Callable[[Session], Any], then: Then) -> None:
        """Do something with the session on its thread; `then` is called here with what came of it."""
        self.talker.do(work, then)

    def is_free(self) -> bool:
        """Whether something new can begin; the user is told where it cannot."""
        if self.is_busy:
            self.tell(STILL_AT_WORK)
        return not self.is_busy

    def tell(self, text: str, *, fault: bool = False) -> None:
        """A passing word."""
        self.notify(text, severity="warning" if fault else "information", markup=False)

    async def show_standing(self, found: Recalled) -> None:
        """A conversation is taken up, or begun."""
        self.state, self.reader, self.said = found.state, found.reader, list(found.said)
        if found.said:
            await self.conversation.recall(found.said)
        self._await_words()

    def show_status(self) -> None:
        """Bring the line above the conversation up to date."""
        self._status.update(status_of(self.state, self.reader, self.is_busy))

    async def on_told(self, told: Told) -> None:
        """Show it."""
        event = told.event
        if isinstance(event, Stepped):
            await self._stepped(event)
        elif isinstance(event, Trained):
            self.conversation.advance(event.progress)
        elif isinstance(event, Wanted):
            self.push_screen(ConfirmScreen(event.call), partial(_reply, event))
        elif isinstance(event, Ended):
            await self._ended(event.stopped)
        elif isinstance(event, Did):
            following = event.then(event.found)
            if isawaitable(following):
                await following
        elif isinstance(event, Refused):
            await self.conversation.note(event.text, fault=True)
        elif isinstance(event, Broke):
            self.fault = event.fault
            self.exit(return_code=1)

    async def _stepped(self, told: Stepped) -> None:
        self.state = told.state
        await self.conversation.show(told)
        if told.step.is_last:
            self.said.append(Said(self._question, told))

    async def _ended(self, stopped: bool) -> None:
        self.is_busy = False
        if stopped:
            await self.conversation.stop()
            await self.conversation.note(STOPPED)
        self._await_words()

    def _await_words(self) -> None:
        """What is typed next is a question, or the answer to one."""
        waits = bool(self.said) and self.said[-1].told.step.kind == "asking"
        self.prompt.placeholder = ANSWER if waits else ASK
        self.show_status()


def _reply(wanted: Wanted, yes: bool | None) -> None:
    answer(wanted.reply, bool(yes))
