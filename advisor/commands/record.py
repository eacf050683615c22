"""`advisor record`: tells how a run went, so that later recommendations learn from it. Knows options, no learning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from advisor.commands.run import parse_settings
from advisor.data_options import CompletionColumn, LabelColumn, PromptColumn, SkipBad, SplitColumn, TextColumn
from advisor.data_reading import DataReading
from advisor.filter_options import AsJson, Store
from advisor.printing import answers, show_json


def record(
    method: Annotated[str, typer.Option("--method", "-m", help="The method that was used.")],
    score: Annotated[
        float, typer.Option(min=0, max=1, help="Accuracy, or ROUGE-L of texts, on rows not learned from.")
    ],
    model: Annotated[str, typer.Option(help="The model that was adapted: a name, a folder or a hub id.")],
    data: Annotated[Path | None, typer.Option(help="The data file: with it the run is learned from.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting; may be repeated.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Optimiser steps that were taken.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Minutes that training took.")] = None,
    memory_gb: Annotated[float | None, typer.Option(help="Gigabytes of memory that it took.")] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Training rows, where there is no data file.")] = None,
    task_type: Annotated[str | None, typer.Option(help="Kind of task, where there is no data file.")] = None,
    domain: Annotated[str | None, typer.Option(help="What its texts are about, likewise.")] = None,
    name: Annotated[str, typer.Option(help="What to call the task.")] = "told",
    seed: Annotated[int, typer.Option(min=0, help="The run's seed.")] = 0,
    skip_bad: SkipBad = False,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    prompt_column: PromptColumn = None,
    completion_column: CompletionColumn = None,
    split_column: SplitColumn = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Tell how a fine-tuning run went; the advisor learns from it."""
    from advisor.answers import of_record
    from tools.registry import get_tool
    from tools.workbench import Workbench

    told: dict[str, Any] = {
        "method": method,
        "score": score,
        "backbone": model,
        "data": data,
        "settings": parse_settings(settings or []),
        "steps": steps,
        "minutes": minutes,
        "memory_gb": memory_gb,
        "task": {"rows": rows, "task_type": task_type, "domain": domain},
        "name": name,
        "seed": seed,
    }
    reading = DataReading(skip_bad, text_column, label_column, prompt_column, completion_column, split_column)
    tool = get_tool("record_outcome")
    with Workbench(store, reading.read) as bench:
        found = tool.call({key: value for key, value in told.items() if value is not None}, bench)
    if as_json:
        show_json(tool.plain(found))
    else:
        answers().print(of_record(found))
