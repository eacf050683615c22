"""A recommendation on the screen: what to do, what to expect, how sure that is, and what speaks against it.

Knows a recommendation and past runs; decides nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console, ConsoleOptions, Group, JustifyMethod, RenderableType, RenderResult
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from advisor.printing import duration, name_of, size
from metapeft_core.data.record import inert
from metapeft_core.score import score_of
from metapeft_core.selection.reasons import NAMES, begun
from metapeft_core.types import Interval, MethodForecast, MethodRecommendation, PEFTExperience, Setting
from tools.export_config import export_config

BAR = 20
"""Columns of the bar that shows an interval between 0 and 1, where nothing else says how many."""
NARROWEST, WIDEST = 8, 40
NEAREST = 3


def show_recommendation(
    console: Console,
    found: MethodRecommendation,
    known: Mapping[str, PEFTExperience],
    backbone: str | None,
    data: Path | None,
    options: Sequence[str] = (),
) -> None:
    """Print the card; `options` are those by which the data was read."""
    title = f"[bold]{title_of(found)}[/bold]"
    panel = Panel(body_of(found, known), title=title, title_align="left", box=box.ROUNDED, padding=(0, 1))
    console.print(panel, soft_wrap=False)
    command = " ".join([next_command(found, backbone, data), *map(shlex.quote, options)])
    console.print(Text("next  ", style="dim") + Text(inert(command)), soft_wrap=True)


def title_of(found: MethodRecommendation) -> str:
    """The method, as a title."""
    return begun(NAMES[found.method])


def body_of(found: MethodRecommendation, known: Mapping[str, PEFTExperience]) -> Group:
    """All that a card holds, for whatever frame is put around it."""
    parts: list[RenderableType] = [_facts(found), Text(), Ranking(found), Text(), Text(found.reasoning)]
    nearest = _nearest(found, known)
    if nearest is not None:
        parts += [Text(), nearest]
    return Group(*parts)


def next_command(found: MethodRecommendation, backbone: str | None, data: Path | None) -> str:
    """What to type to train with what was recommended."""
    exported = export_config(
        found.method, found.hyperparameters, backbone=backbone, data=data or Path("DATA"), steps=found.steps
    )
    return exported.text


def _facts(found: MethodRecommendation) -> Table:
    expected = found.expected_performance
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    if found.backbone:
        table.add_row("model", name_of(found.backbone))
    table.add_row("settings", settings_in_words(found.hyperparameters))
    table.add_row("confidence", f"{found.confidence:.0%} that nothing beats it by more than noise")
    table.add_row("quality", _spread(expected["quality"], lambda value: f"{value:.2f}"))
    table.add_row("time", f"{_spread(expected['seconds'], duration)} for {found.steps} steps")
    table.add_row("memory", _spread(expected["memory_bytes"], size))
    table.add_row("trade-offs", ", ".join(f"{name} {NAMES[method]}" for name, method in found.alternatives.items()))
    if found.tied:
        table.add_row("tie", ", ".join(NAMES[method] for method in found.tied))
    return table


def settings_in_words(settings: Mapping[str, Setting]) -> str:
    """Settings as they are pasted; what is switched off goes without saying."""
    return " ".join(f"{name}={_plain(value)}" for name, value in settings.items() if value)


def _plain(value: Setting) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _spread(interval: Interval, shown: object) -> str:
    assert callable(shown)
    return f"{shown(interval.expected)} ({shown(interval.low)} to {shown(interval.high)})"


@dataclass(frozen=True, slots=True)
class Ranking:
    """All five side by side; the bars take the room that is left."""

    found: MethodRecommendation

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = [_cells(one) for one in self.found.ranking]
        heads = ("method", "chance", "quality", "", "time", "memory")
        widths = [max(len(head), *(len(row[n]) for row in rows)) for n, head in enumerate(heads)]
        # Three columns stand between two of the six.
        columns = min(WIDEST, max(NARROWEST, options.max_width - sum(widths) - 15))
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="dim", show_edge=False)
        for head in heads:
            scale = f"0{' ' * (columns - 2)}1"
            justify: JustifyMethod = "left" if head in ("method", "") else "right"
            table.add_column(head or scale, no_wrap=True, justify=justify)
        for one, row in zip(self.found.ranking, rows, strict=True):
            style = "bold" if one.method == self.found.method else "" if one.fits else "dim strike"
            table.add_row(*row[:3], bar(one.quality, columns), *row[4:], style=style)
        yield table


def _cells(one: MethodForecast) -> tuple[str, ...]:
    """A method's line, the place of its bar left empty."""
    quality, seconds, memory = one.quality.expected, one.seconds.expected, one.memory_bytes.expected
    return NAMES[one.method], f"{one.chance:.0%}", f"{quality:.2f}", "", duration(seconds), size(memory)


def bar(interval: Interval, columns: int = BAR) -> str:
    """An interval between 0 and 1, its middle marked."""
    low, middle, high = (
        round(min(1.0, max(0.0, v)) * (columns - 1)) for v in (interval.low, interval.expected, interval.high)
    )
    return "".join("●" if n == middle else "─" if low <= n <= high else " " for n in range(columns))


def _nearest(found: MethodRecommendation, known: Mapping[str, PEFTExperience]) -> RenderableType | None:
    """The comparisons that count most, one line a task."""
    lines: dict[str, list[PEFTExperience]] = {}
    for identifier in found.evidence:
        run = known.get(identifier)
        if run is not None and score_of(run) is not None:
            lines.setdefault(f"{run.task} {run.rows} {run.backbone.name}", []).append(run)
    if not lines:
        return None
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for number, runs in enumerate(list(lines.values())[:NEAREST]):
        table.add_row("nearest" if number == 0 else "", _comparison(runs))
    return Padding(table, 0)


def _comparison(runs: list[PEFTExperience]) -> str:
    scored = sorted(((score_of(run), run) for run in runs), key=lambda pair: -(pair[0].value if pair[0] else 0.0))
    best: dict[str, float] = {}
    for score, run in scored:
        if score is not None:
            best.setdefault(NAMES[run.method], score.value)
    first = runs[0]
    rows = f"{first.characteristics.dataset_size:,} rows, " if first.characteristics else ""
    told = ", ".join(f"{name} {value:.2f}" for name, value in list(best.items())[:3])
    return f"{name_of(first.task)} ({rows}{first.backbone.name}): {told}"


def plain(found: MethodRecommendation) -> dict[str, object]:
    """A recommendation as JSON knows it."""
    from tools.registry import get_tool

    whole: dict[str, object] = get_tool("select_method").plain(found)
    return whole
