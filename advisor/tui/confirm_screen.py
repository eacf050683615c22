"""A window that asks whether a tool may write. Knows the call, not what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from advisor.tui.figures import lines_of

if TYPE_CHECKING:
    from advisor.plans import Call


class ConfirmScreen(ModalScreen[bool]):
    """Returns the user's yes; going back is a no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "say(True)", "Yes"),
        Binding("n,escape", "say(False)", "No"),
        Binding("left,right", "app.focus_next", "Other", show=False),
    ]

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.call = call

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title, box.border_subtitle = "May this be done?", "y, n"
            with VerticalScroll(classes="told", can_focus=False):
                yield Static(told_of(self.call), markup=False)
            with Horizontal(classes="ways"):
                yield Button("No", name="no", compact=True)
                yield Button("Yes", name="yes", variant="warning", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The answer."""
        event.stop()
        self.dismiss(event.button.name == "yes")

    def action_say(self, answer: bool) -> None:
        """The answer by a key."""
        self.dismiss(answer)


def told_of(call: Call) -> str:
    """What is about to happen, and with which figures."""
    from tools.registry import get_tool

    return "\n".join([get_tool(call.tool).summary, "", *lines_of(call.arguments)])
