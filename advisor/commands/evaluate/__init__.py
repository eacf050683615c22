"""`advisor evaluate`: whether what the advisor says is worth anything. Knows its commands by name."""

from __future__ import annotations

import typer

from advisor.commands.evaluate.selection import selection

app = typer.Typer(no_args_is_help=True, help="Ask whether the advisor's judgement is worth anything.")
app.command()(selection)


@app.callback()
def only_by_name() -> None:
    """Keeps the command's name on the line while there is only one."""
