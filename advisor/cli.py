"""The command line: its commands, its exit codes, and how a fault is told. Knows no command's work.

Exit codes: 0 all is well; 1 a run failed, or the doctor found a fault that makes runs impossible; 2 faulty input,
settings or usage; 130 interrupted. Commands import the core inside their functions, so that help appears at once.
"""

from __future__ import annotations

import gc
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from advisor.commands.ask import ask
from advisor.commands.characterize import characterize
from advisor.commands.collect import collect
from advisor.commands.config import config
from advisor.commands.doctor import doctor
from advisor.commands.evaluate import app as evaluate
from advisor.commands.experiences import app as experiences
from advisor.commands.export import export
from advisor.commands.fetch import fetch
from advisor.commands.import_ import import_
from advisor.commands.record import record
from advisor.commands.run import run
from advisor.commands.tui import tui
from advisor.exit_codes import FAULTY_INPUT, INTERRUPTED
from advisor.leaving import leave
from advisor.printing import inert, remarks
from advisor.wording import as_options

if TYPE_CHECKING:
    from metapeft_core.errors import AdvisorError

SELDOM = 10_000
"""Objects that are made until Python looks for those that nobody needs."""


class Commands(TyperGroup):
    """Tells what a user can mend in one line; what escapes is a bug and keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            remarks().print("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except Exception as fault:
            if not is_for_the_user(fault):
                raise
            remarks().print(f"[red]{inert(as_options(str(fault)))}[/red]")
            raise typer.Exit(FAULTY_INPUT) from None


def is_for_the_user(fault: Exception) -> bool:
    """Whether it is one of the core's errors, without importing the core to find out."""
    errors = sys.modules.get("metapeft_core.errors")
    kind: type[AdvisorError] | None = getattr(errors, "AdvisorError", None)
    return kind is not None and isinstance(fault, kind)


app = typer.Typer(
    cls=Commands,
    name="advisor",
    help="Fine-tune language models with few parameters, and see what each method costs and gains.",
    invoke_without_command=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)
for command in (ask, tui, record, doctor, characterize, run, fetch, export, config, collect):
    app.command()(command)
app.command("import")(import_)
app.add_typer(experiences, name="experiences")
app.add_typer(evaluate, name="evaluate")


def _show_version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(f"advisor {metadata.version('peft-advisor')}")
        except metadata.PackageNotFoundError:
            typer.echo("advisor, run from its source tree without being installed")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options that stand before the command; without one the conversation begins, or off a terminal help is shown."""
    if context.invoked_subcommand is not None:
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        context.invoke(tui)
        return
    typer.echo(context.get_help())
    raise typer.Exit(FAULTY_INPUT)


def main() -> None:
    """The entry point of the shell command."""
    # Nearly all that a command makes while it starts stays; to look for what does not took a twentieth of its time.
    gc.set_threshold(SELDOM)
    try:
        app()
    except SystemExit as left:
        if isinstance(left.code, int):
            leave(left.code)
        raise


if __name__ == "__main__":
    main()
