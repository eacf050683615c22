"""The options by which a conversation is told what it is about and who leads it. Knows no conversation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

LLM_VARIABLE = "PEFT_ADVISOR_LLM"
"""Names the model for whoever does not want to say it every time."""
TaskData = Annotated[Path | None, typer.Option(help="A data file of the task, which tells more than words do.")]
AdaptedModel = Annotated[str | None, typer.Option(help="The model to adapt: a name, a folder or a hub id.")]
Reader = Annotated[
    str | None,
    typer.Option(
        help="The model that reads and writes; none does without.", show_default="what is at hand", envvar=LLM_VARIABLE
    ),
]
GoOn = Annotated[
    str | None, typer.Option("--continue", "-c", metavar="NAME", help="Follow up; `last` is the latest one.")
]
