"""`advisor collect`: makes real runs by the hundred and keeps them. Knows the options, not the design."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.printing import duration, inert, name_of, remarks

if TYPE_CHECKING:
    from knowledge.collecting.collect import Happened


def collect(
    folders: Annotated[list[Path], typer.Argument(metavar="TASKS_DIR", help="Folders of task files.")],
    runs: Annotated[int, typer.Option(min=1, help="How many runs of the plan are to be in the store in the end.")],
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side.")] = 1,
    minutes: Annotated[float | None, typer.Option(help="Stop after so long; the same command goes on later.")] = None,
    store: Annotated[Path | None, typer.Option(help="A store other than your own.")] = None,
) -> None:
    """Fine-tune again and again, over tasks, sizes, models, methods and settings, and keep every experience."""
    from knowledge.base import KnowledgeBase
    from knowledge.collecting.collect import Collection
    from knowledge.collecting.estimate import Estimate
    from knowledge.collecting.local import run_locally

    console = remarks()
    ends = None if minutes is None else time.monotonic() + 60 * minutes
    with KnowledgeBase(store) as known:
        console.print("reading the tasks")
        collection = Collection(folders, known.store, runs)
        for name, reason in collection.unreadable.items():
            console.print(f"[yellow]{name_of(name)} is left out: {inert(reason)}[/yellow]")
        console.print(f"{collection.planned} runs planned, {collection.there} of them in the store already")

        def is_over() -> bool:
            return ends is not None and time.monotonic() >= ends

        for happened in collection.run(lambda jobs: run_locally(jobs, workers, is_over), Estimate()):
            console.print(_line(happened))


def _line(happened: Happened) -> str:
    found = happened.memory.experience
    score = found.performance.get("accuracy", found.performance.get("rouge_l"))
    shown = f"[red]{inert(found.outcome)}[/red]" if score is None else f"{score:.3f}"
    rows = found.characteristics.dataset_size if found.characteristics else 0
    where = f"{name_of(found.task)} {rows} {name_of(found.backbone.name)} {found.method}"
    left = "" if happened.seconds_left is None else f", about {duration(happened.seconds_left)} left"
    return f"{happened.done}/{happened.planned}  {where} {shown} in {duration(found.training_seconds)}{left}"
