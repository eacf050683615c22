"""The options that say which experiences are meant. Knows no command and no store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from knowledge.records import Filter

Store = Annotated[Path | None, typer.Option("--store", help="A store other than your own.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Method = Annotated[str | None, typer.Option("--method", "-m", help="Only this method.")]
TaskName = Annotated[str | None, typer.Option("--task", help="Only this task.")]
Family = Annotated[str | None, typer.Option(help="Only this family of tasks.")]
TaskType = Annotated[str | None, typer.Option(help="Only this type of task, such as sentiment.")]
Domain = Annotated[str | None, typer.Option(help="Only this domain, such as finance.")]
Language = Annotated[str | None, typer.Option(help="Only this language, such as en.")]
Model = Annotated[str | None, typer.Option(help="Only this backbone.")]
MinParameters = Annotated[str | None, typer.Option(metavar="N", help="Backbones of so many parameters or more: 1B.")]
MaxParameters = Annotated[str | None, typer.Option(metavar="N", help="Backbones of so many parameters or fewer: 500M.")]
FromWhere = Annotated[str | None, typer.Option("--provenance", help="measured, published or user.")]
Outcome = Annotated[str | None, typer.Option(help="completed, diverged, failed and so on.")]

SCALES = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}


def make_filter(**wishes: Any) -> Filter:
    """The filter that the options describe; a word that means nothing is refused with those that do."""
    from typing import get_args

    from knowledge.records import Filter
    from metapeft_core.types import Outcome as Outcomes
    from metapeft_core.types import PEFTMethod, Provenance

    choices = {"method": tuple(PEFTMethod), "provenance": get_args(Provenance), "outcome": get_args(Outcomes)}
    for name, known in choices.items():
        if wishes.get(name) not in (None, *known):
            raise typer.BadParameter(f"{wishes[name]!r} is none of {', '.join(known)}", param_hint=f"--{name}")
    if wishes.get("method"):
        wishes["method"] = PEFTMethod(wishes["method"])
    for option, name in (("--min-parameters", "parameters_at_least"), ("--max-parameters", "parameters_at_most")):
        if wishes.get(name) is not None:
            wishes[name] = read_count(wishes[name], option)
    return Filter(**wishes)


def read_count(text: str, option: str) -> int:
    """`500M`, `1.5B` or plain digits."""
    plain = text.strip().upper().replace("_", "").replace(",", "")
    scale = plain[-1:] if plain[-1:] in ("K", "M", "B") else ""
    try:
        value = float(plain.removesuffix(scale)) * SCALES[scale]
        if 0 <= value < 1e15:
            return round(value)
    except ValueError:
        pass
    raise typer.BadParameter(f"{text!r} is no number of parameters: write 135M, 7B or 7000000000", param_hint=option)
