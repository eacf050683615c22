"""The options by which a command is told how to read a data file. Knows no reader and no command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path, typer.Argument(help="A data file, or a folder with train, valid and test files.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave out rows that cannot be used, and count them.")]
TextColumn = Annotated[str | None, typer.Option(help="The column to read.")]
LabelColumn = Annotated[str | None, typer.Option(help="The column that holds the class.")]
PromptColumn = Annotated[str | None, typer.Option(help="The column to answer.")]
CompletionColumn = Annotated[str | None, typer.Option(help="The column that holds the answer.")]
SplitColumn = Annotated[str | None, typer.Option(help="The column that names the split; '' for none.")]
