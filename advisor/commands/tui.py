"""`advisor tui`: the conversation in the terminal. Knows options, no screen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def tui(
    data: Annotated[Path | None, typer.Option(help="A data file of the task, which tells more than words do.")] = None,
    model: Annotated[str | None, typer.Option(help="The model to adapt: a name, a folder or a hub id.")] = None,
    llm: Annotated[
        str | None,
        typer.Option(help="The model that reads and writes; none for rules.", show_default="what is at hand"),
    ] = None,
    go_on: Annotated[
        str | None, typer.Option("--continue", "-c", metavar="NAME", help="Follow up; `last` is the latest one.")
    ] = None,
    store: Annotated[Path | None, typer.Option(help="A store other than your own.")] = None,
) -> None:
    """Talk in the terminal: steps as they happen, cards, plots, the runs behind them. `advisor` alone does it too."""
    from advisor.tui.start import Wishes, start

    start(Wishes(data, model, llm, store, go_on))
