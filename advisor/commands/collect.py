"""`advisor collect`: makes real runs by the hundred and keeps them. Knows the options, not the design."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.exit_codes import INTERRUPTED
from advisor.filter_options import Store
from advisor.printing import inert, name_of, remarks

if TYPE_CHECKING:
    from knowledge.collecting.collect import Collection, Runner


def collect(
    folders: Annotated[list[Path], typer.Argument(metavar="TASKS_DIR...", help="Folders of task files.")],
    runs: Annotated[int, typer.Option(min=1, help="How many runs of the plan are to be in the store in the end.")],
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side.")] = 1,
    minutes: Annotated[float | None, typer.Option(help="Stop after so long; the same command goes on later.")] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Run on this Ray cluster instead: its address, or auto.")
    ] = None,
    store: Store = None,
) -> None:
    """Fine-tune again and again, over tasks, sizes, models, methods and settings, and keep every experience."""
    from knowledge.base import KnowledgeBase
    from knowledge.collecting.collect import Collection

    console = remarks()
    with KnowledgeBase(store) as known:
        console.print("reading the tasks")
        collection = Collection(folders, known.store, runs)
        for name, reason in collection.unreadable.items():
            console.print(f"[yellow]{name_of(name)} is left out: {inert(reason)}[/yellow]")
        if collection.planned < runs:
            console.print(f"[yellow]the plan for these tasks has no more than {collection.planned} runs[/yellow]")
        console.print(f"{collection.planned} runs planned, {collection.there} of them in the store already")
        _make(collection, _runner(workers, cluster, minutes))


def _make(collection: Collection, runner: Runner) -> None:
    from advisor.collect_progress import shown_collection
    from knowledge.collecting.estimate import Estimate

    done, failures = collection.there, 0
    try:
        with shown_collection(collection.planned, collection.there) as tell:
            for happened in collection.run(runner, Estimate()):
                done, failures = happened.done, failures + (happened.memory.experience.failure is not None)
                tell(happened)
    except KeyboardInterrupt:
        remarks().print(f"interrupted at {done} of {collection.planned} runs; the same command goes on")
        raise typer.Exit(INTERRUPTED) from None
    more = "" if done >= collection.planned else "; the same command goes on"
    failed = f", {failures} of the new ones failed" if failures else ""
    remarks().print(f"{done} of {collection.planned} runs are in the store{failed}{more}")


def _runner(workers: int, cluster: str | None, minutes: float | None) -> Runner:
    from knowledge.collecting.cluster import run_on_cluster
    from knowledge.collecting.local import run_locally

    ends = None if minutes is None else time.monotonic() + 60 * minutes

    def is_over() -> bool:
        return ends is not None and time.monotonic() >= ends

    if cluster is None:
        return lambda jobs: run_locally(jobs, workers, is_over)
    address = None if cluster == "auto" else cluster
    return lambda jobs: run_on_cluster(jobs, address, is_over)
