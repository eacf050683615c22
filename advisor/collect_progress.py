"""A running collection on standard error: a bar with what came last above it, or a line a run. Knows no runner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from advisor.experience_tables import score_in_words
from advisor.printing import duration, name_of, remarks
from knowledge.collecting.collect import Happened

Tell = Callable[[Happened], None]


@contextmanager
def shown_collection(planned: int, there: int) -> Iterator[Tell]:
    """What to hand every run to as it ends."""
    console = remarks()
    if not console.is_terminal:
        yield lambda happened: console.print(
            f"{happened.done}/{happened.planned}  {in_words(happened)}{_left(happened)}"
        )
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=console) as bar:
        shown = bar.add_task("", total=planned, completed=there, left="")

        def tell(happened: Happened) -> None:
            bar.console.print(in_words(happened))
            bar.update(shown, completed=happened.done, left=_left(happened).removeprefix(", "))

        yield tell


def in_words(happened: Happened) -> str:
    """One run in a line."""
    found = happened.memory.experience
    rows = found.characteristics.dataset_size if found.characteristics else "?"
    where = f"{name_of(found.task)} {rows} {name_of(found.backbone.name)} {found.method}"
    return f"{where} {score_in_words(found)} in {duration(found.training_seconds)}"


def _left(happened: Happened) -> str:
    return "" if happened.seconds_left is None else f", about {duration(happened.seconds_left)} left"
