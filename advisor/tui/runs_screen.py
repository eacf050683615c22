"""The runs that a recommendation rests on: a table, and a card of the one that is opened. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import DataTable, Footer, Static

from advisor.printing import duration
from advisor.tui.figures import one_line

if TYPE_CHECKING:
    from metapeft_core.types import PEFTExperience

NARROW = 100
"""Columns of a screen on which long names are cut."""
HEADING = "{} runs behind it, those that count most first; enter opens one"
SHORT_NAME, LONG_NAME = 20, 44


class RunsScreen(Screen[None]):
    """Those that count most first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back"),
    ]

    def __init__(self, runs: Mapping[str, PEFTExperience]) -> None:
        super().__init__()
        self.runs = runs

    def compose(self) -> ComposeResult:
        yield Static(HEADING.format(len(self.runs)), classes="heading")
        yield DataTable(cursor_type="row", zebra_stripes=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Fill the table."""
        table = self.query_one(DataTable)
        room = SHORT_NAME if self.app.size.width < NARROW else LONG_NAME
        for name in ("task", "rows", "model", "method", "score", "time"):
            table.add_column(Text(name))
        for key, run in self.runs.items():
            table.add_row(*(Text(cell) for cell in cells_of(run, room)), key=key)
        table.focus()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open it."""
        run = self.runs.get(event.row_key.value or "")
        if run is not None:
            self.app.push_screen(RunScreen(run))


class RunScreen(ModalScreen[None]):
    """Everything about one run."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "dismiss", "Back")]

    def __init__(self, run: PEFTExperience) -> None:
        super().__init__()
        self.run = run

    def compose(self) -> ComposeResult:
        from advisor.experience_tables import card_facts

        with VerticalScroll(classes="box") as box:
            box.border_title = "a run"
            box.border_subtitle = "escape goes back"
            yield Static(facts_table(card_facts(self.run)))

    def on_mount(self) -> None:
        """So that the keys scroll it."""
        self.query_one(VerticalScroll).focus()


def cells_of(run: PEFTExperience, room: int) -> list[str]:
    """A run on a line, inert."""
    from metapeft_core.score import score_of

    score = score_of(run)
    rows = run.characteristics.dataset_size if run.characteristics else None
    return [
        cut(run.task, room),
        "" if rows is None else f"{rows:,}",
        cut(run.backbone.name.rpartition("/")[2], room // 2),
        str(run.method),
        one_line(run.outcome) if score is None else f"{score.value:.3f}",
        duration(run.training_seconds) if run.training_seconds else "",
    ]


def cut(name: str, room: int) -> str:
    """A name in so many characters."""
    line = one_line(name)
    return line if len(line) <= room else f"{line[: room - 1]}…"


def facts_table(facts: Iterable[tuple[str, str]]) -> Table:
    """Names and values; values carry markup of our own, what came from data is inert in them."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(name, Text.from_markup(value))
    return table
