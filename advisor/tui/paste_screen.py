"""A window for rows that are pasted. Knows nothing of what is in them."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea


class PasteScreen(ModalScreen[str | None]):
    """Returns the rows; none where the user went back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "take", "Use these rows", priority=True),
        Binding("escape", "dismiss", "Back", priority=True),
    ]

    def __init__(self, rows: str = "") -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        with Vertical(classes="box tall") as box:
            box.border_title, box.border_subtitle = "Paste rows", "ctrl+s uses them, escape goes back"
            yield Static("CSV with a line of column names, or JSON lines: text and label, or prompt and completion.")
            yield TextArea(self._rows, soft_wrap=False)

    def action_take(self) -> None:
        """Use what is there."""
        self.dismiss(self.query_one(TextArea).text)
