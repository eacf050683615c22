"""A window that asks for one line: a path or a name. Knows nothing of what it is for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Static

MOST_LOOKED_AT = 2000
"""Names of a folder that are looked at for a suggestion."""


class LineScreen(ModalScreen[str | None]):
    """Returns the line; none where the user went back."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Back")]

    def __init__(self, title: str, hint: str, value: str = "", *, is_path: bool = False) -> None:
        super().__init__()
        self._title, self._hint, self._value, self._is_path = title, hint, value, is_path

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title, box.border_subtitle = self._title, "enter takes it, escape goes back"
            yield Static(self._hint, markup=False)
            yield Input(self._value, suggester=PathSuggester() if self._is_path else None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it."""
        event.stop()
        self.dismiss(event.value.strip())


class PathSuggester(Suggester):
    """The first file or folder that begins like this."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The rest of the name, where there is one."""
        return path_like(value)


def path_like(value: str) -> str | None:
    """What a path may become; names that a terminal would act on are never put forward."""
    folder, beginning = os.path.split(value)
    if not beginning:
        return None
    try:
        place = Path(folder or ".").expanduser()
        names = [each.name for each, _ in zip(place.iterdir(), range(MOST_LOOKED_AT), strict=False)]
    except (OSError, ValueError, RuntimeError):
        return None
    fitting = sorted(name for name in names if name.startswith(beginning) and name.isprintable())
    return str(Path(folder) / fitting[0]) if fitting else None
