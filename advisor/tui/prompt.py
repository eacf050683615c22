"""The line in which the user types. Knows lines, not what they mean."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

ASK, ANSWER = "Ask, or /help", "Your answer"


class Prompt(Input):
    """Remembers what was typed; several pasted lines are rows, not a question."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "recall(-1)", show=False),
        Binding("down", "recall(1)", show=False),
    ]

    class Rows(Message):
        """Several lines were pasted."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(placeholder=ASK)
        self._typed: list[str] = []
        self._at = 0

    def take(self) -> str:
        """What was typed, which leaves the line empty."""
        line = self.value.strip()
        if line and self._typed[-1:] != [line]:
            self._typed.append(line)
        self._at = len(self._typed)
        self.value = ""
        return line

    def action_recall(self, by: int) -> None:
        """An earlier line, or a later one."""
        self._at = min(len(self._typed), max(0, self._at + by))
        self.value = self._typed[self._at] if self._at < len(self._typed) else ""
        self.cursor_position = len(self.value)

    def _on_paste(self, event: events.Paste) -> None:
        # One line is left to the handler of `Input`, which is called after this one.
        if len(event.text.strip("\n").splitlines()) > 1:
            event.stop()
            event.prevent_default()
            self.post_message(self.Rows(event.text))
