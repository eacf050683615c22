"""An evaluation of selection as tables that fit 80 columns. Knows the report, not how it came about."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from advisor.printing import inert, show_facts
from metapeft_core.selection.evaluation.report import OURS, ChoiceRow, SelectionReport

PERCENTS = ("coverage", "held")
COUNTS = ("called", "abstentions")


def show_report(console: Console, found: SelectionReport) -> None:
    """Everything of a report."""
    show_facts(
        console,
        [
            ("cases", f"{found.cases:,} of {found.families:,} families, each judged by what never saw its family"),
            ("noise floor", f"{found.floor:.3f}"),
        ],
    )
    console.print(_table("who chose", [row for row in found.choices if row.where == "all"], "who"))
    console.print(_table(f"where ({OURS})", [row for row in found.choices if row.who == OURS], "where"))
    console.print(
        "[dim]gap: 0 is the best single method, 1 an oracle that knows every score, and where\n"
        "it lies in 95 of 100 resamples of the families; near: how often the choice, or one\n"
        "of the first two, was within the noise floor of the best; p: Wilcoxon's test over\n"
        "families, against the best single method[/dim]\n"
    )
    show_facts(console, [(name, figure_in_words(name, value)) for name, value in found.figures.items()])
    console.print(_reliability(found))


def figure_in_words(name: str, value: float) -> str:
    """A figure with as many digits as it deserves."""
    if value != value:
        return "-"
    if any(word in name for word in COUNTS):
        return f"{value:.0f}"
    if any(word in name for word in PERCENTS):
        return f"{value:.1%}"
    return f"{value:.3f}"


def _table(title: str, rows: list[ChoiceRow], read: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(title, no_wrap=True)
    for name in ("n", "gap", "95 %", "regret", "near", "of 2", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            inert(getattr(row, read)),
            str(row.cases),
            f"{row.gap:.2f}",
            f"{row.gap_low:.2f} {row.gap_high:.2f}",
            f"{row.regret:.3f}",
            f"{row.first:.0%}",
            "" if row.first_two is None else f"{row.first_two:.0%}",
            f"{row.against_single.p_value:.3f}",
        )
    return table


def _reliability(found: SelectionReport) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("probability said", "came true", "of"):
        table.add_column(name, justify="right")
    for said, came, count in found.reliability:
        table.add_row(f"{said:.0%}", f"{came:.0%}", str(count))
    return table
