"""Plots of a recommendation, and the map of known tasks. Knows how to fill a screen, not how plots are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static, TabbedContent, TabPane

from advisor.printing import duration, size
from advisor.tui.figures import one_line
from advisor.tui.interval_plot import Cross, interval_plot
from advisor.tui.scatter import scatter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from advisor.tui.task_points import TaskPoints
    from metapeft_core.types import Interval, MethodForecast, MethodRecommendation

COLOURS = ("#2e86de", "#d35400", "#1e9e57", "#a45bc9", "#d9534f", "bold #c2185b")
"""Told apart on light and on dark ground."""
LETTERS = "ABCDE"
HERE = "★"
TABS = ("seconds", "memory", "tasks")


class IntervalChart(Widget):
    """Quality against what it costs, for all methods."""

    def __init__(
        self,
        ranking: Sequence[MethodForecast],
        cost: Callable[[MethodForecast], Interval],
        said: Callable[[float], str],
    ) -> None:
        super().__init__()
        self.crosses = [Cross(letter, cost(one), one.quality) for letter, one in zip(LETTERS, ranking, strict=False)]
        self._said = said

    def render(self) -> Text:
        canvas = interval_plot(self.crosses, *self.size, self._said, lambda value: f"{value:.2f}")
        return canvas.coloured(COLOURS)


class MapChart(Widget):
    """The known tasks, and among them the one at hand."""

    def __init__(self, found: TaskPoints) -> None:
        super().__init__()
        self.found = found

    def render(self) -> Text:
        return scatter(self.found.points, marks_of(self.found), *self.size).coloured(COLOURS)


class PlotsScreen(Screen[None]):
    """Three plots, a tab each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back"),
        Binding("1", "show('seconds')", "Time"),
        Binding("2", "show('memory')", "Memory"),
        Binding("3", "show('tasks')", "Tasks"),
    ]

    def __init__(self, found: MethodRecommendation | None, first: str = TABS[0]) -> None:
        super().__init__()
        self.found = found
        self._first = first if found is not None else "tasks"

    def compose(self) -> ComposeResult:
        ranking = self.found.ranking if self.found is not None else ()
        with TabbedContent(initial=self._first):
            if self.found is not None:
                with TabPane("Quality and time", id="seconds"):
                    yield IntervalChart(ranking, lambda one: one.seconds, duration)
                    yield Static(legend(ranking, lambda one: one.seconds, duration))
                with TabPane("Quality and memory", id="memory"):
                    yield IntervalChart(ranking, lambda one: one.memory_bytes, size)
                    yield Static(legend(ranking, lambda one: one.memory_bytes, size))
            with TabPane("Known tasks", id="tasks"):
                yield Vertical(Static("The map is being drawn.", markup=False), id="map")
        yield Footer(show_command_palette=False)

    async def show_map(self, found: TaskPoints) -> None:
        """The map has been made."""
        if not self.is_attached:
            return
        place = self.query_one("#map", Vertical)
        await place.remove_children()
        await place.mount(MapChart(found), Static(map_legend(found)))

    def action_show(self, tab: str) -> None:
        """Go to a plot."""
        if self.found is not None or tab == "tasks":
            self.query_one(TabbedContent).active = tab


def legend(
    ranking: Sequence[MethodForecast], cost: Callable[[MethodForecast], Interval], said: Callable[[float], str]
) -> Text:
    """What the letters mean, in figures."""
    from metapeft_core.selection.reasons import NAMES

    text = Text(no_wrap=True, overflow="ellipsis")
    for number, one in enumerate(ranking[: len(LETTERS)]):
        quality, spent = one.quality, cost(one)
        text.append("\n" if number else "")
        text.append(LETTERS[number], COLOURS[number])
        text.append(f" {NAMES[one.method]:<14} {quality.expected:.2f} ({quality.low:.2f} to {quality.high:.2f})  ")
        text.append(f"{said(spent.expected)} ({said(spent.low)} to {said(spent.high)})")
    return text


def marks_of(found: TaskPoints) -> dict[int, str]:
    """Letters of the likest tasks, and the star of the one at hand."""
    marks = dict(zip(found.near, LETTERS, strict=False))
    return marks if found.here is None else {**marks, found.here: HERE}


def map_legend(found: TaskPoints) -> Text:
    """What the marks mean, and how far the map can be believed."""
    text = Text()
    for owner, (number, mark) in enumerate(marks_of(found).items()):
        text.append(mark, COLOURS[owner % len(COLOURS)])
        text.append(f" {one_line(found.names[number])}   ")
    known = len(found.points) - (found.here is not None)
    text.append(f"\n{known} known tasks; of those nearest to each, {found.kept:.0%} are nearest here as well")
    return text
