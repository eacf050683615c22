"""A recommendation on the screen: the card of the shell in a frame, with what can be done about it below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, Static

from advisor.tui.figures import one_line

if TYPE_CHECKING:
    from advisor.tui.events import Stepped

WAYS = {"copy": "Copy command", "runs": "Runs behind it", "plots": "Plots"}
"""What can be done about a recommendation."""


class CardView(Vertical):
    """Keeps what it shows, so that an older one can still be opened."""

    class Chosen(Message):
        """One of the ways was chosen."""

        def __init__(self, told: Stepped, way: str) -> None:
            super().__init__()
            self.told, self.way = told, way

    def __init__(self, told: Stepped) -> None:
        super().__init__()
        self.told = told

    def compose(self) -> ComposeResult:
        # What draws cards brings the tools along, which nobody needs before there is one.
        from advisor.recommendation_card import body_of, title_of

        found = self.told.step.recommendation
        assert found is not None
        self.border_title = title_of(found)
        yield Static(body_of(found, self.told.runs))
        yield Static(f"next  {one_line(command_of(self.told))}", markup=False, classes="next")
        with Horizontal(classes="ways"):
            for way, label in WAYS.items():
                yield Button(label, name=way, compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Hand on which way was chosen."""
        event.stop()
        self.post_message(self.Chosen(self.told, event.button.name or ""))


def command_of(told: Stepped) -> str:
    """The next command, as it is typed."""
    from advisor.recommendation_card import next_command

    found = told.step.recommendation
    assert found is not None
    return next_command(found, told.state.backbone, told.state.data)
