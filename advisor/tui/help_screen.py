"""A window that tells what there is to say and to press. Knows nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from advisor.tui.typed import COMMANDS

KEYS = (
    ("enter", "ask; open a run; unfold a step"),
    ("tab, shift+tab", "from the prompt to steps and buttons, and back"),
    ("page up, page down", "through the conversation"),
    ("escape", "stop what is under way; go back"),
    ("ctrl+o", "a data file"),
    ("ctrl+r", "the runs behind the recommendation"),
    ("ctrl+g", "plots, and the map of tasks"),
    ("ctrl+y", "copy the next command"),
    ("ctrl+s", "export"),
    ("ctrl+l", "conversations"),
    ("ctrl+t", "light or dark"),
    ("ctrl+p", "all commands"),
    ("ctrl+q", "quit"),
)
ASKING = (
    'Ask for a recommendation, with limits if you like ("on 8 GB", "in under an hour"), for a comparison, what a '
    "method is, what a run will cost, why, which past runs there are, or settings for other tools. "
    '"Train it" trains on your data, "it scored 0.81" teaches. Whatever writes asks first.'
)


class HelpScreen(ModalScreen[None]):
    """Keys, typed commands, and what can be asked."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,enter", "dismiss", "Back")]

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box tall") as box:
            box.border_title, box.border_subtitle = "Help", "escape goes back"
            yield Static(ASKING, markup=False)
            yield Static(table_of(KEYS))
            typed = [(f"/{name} {each.argument}".rstrip(), each.meaning) for name, each in COMMANDS.items()]
            yield Static(table_of(typed))

    def on_mount(self) -> None:
        """So that the keys scroll it."""
        self.query_one(VerticalScroll).focus()


def table_of(rows: Iterable[tuple[str, str]]) -> Table:
    """What to press or to type, and what it does."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, meaning in rows:
        table.add_row(Text(name), Text(meaning))
    return table
