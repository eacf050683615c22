"""A window with the conversations that are kept. Knows their first questions, not what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from advisor.tui.figures import one_line

MOST = 200
"""Conversations that are listed; older ones can still be named on the command line."""


class HistoryScreen(ModalScreen[str | None]):
    """Returns the name of the one that is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Back")]

    def __init__(self, kept: Sequence[tuple[str, str]]) -> None:
        """`kept`: names, and how each is told."""
        super().__init__()
        self._kept = kept

    def compose(self) -> ComposeResult:
        with Vertical(classes="box tall") as box:
            box.border_title, box.border_subtitle = "Conversations", "enter goes on with one, escape goes back"
            if self._kept:
                yield OptionList(*(Option(Content(told), id=name) for name, told in self._kept))
            else:
                yield Static("There is none yet.")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go on with it."""
        event.stop()
        self.dismiss(event.option_id)


def kept_conversations() -> list[tuple[str, str]]:
    """Names of what is kept, the latest first, and a line for each."""
    from advisor.conversations import names, turns_of

    found = []
    for name in names()[:MOST]:
        turns = turns_of(name)
        if turns:
            more = f"  and {len(turns) - 1} more" if len(turns) > 1 else ""
            found.append((name, f"{turns[0].when[:10]}  {one_line(turns[0].question)}{more}"))
    return found
