"""A running training on standard error: a bar on a terminal, a line an evaluation elsewhere. Knows no run's insides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from advisor.printing import remarks
from metapeft_core.training.judge import Verdict
from metapeft_core.training.progress import Progress as Step
from metapeft_core.training.progress import Watch


@contextmanager
def shown_progress(steps: int) -> Iterator[Watch]:
    """What to hand to a run as its watcher."""
    console = remarks()
    if not console.is_terminal:
        yield lambda step: _show_line(console, step)
        return
    columns = (TextColumn("step"), MofNCompleteColumn(), BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True) as bar:
        line = bar.add_task("reading", total=steps)
        judged = ""

        def watch(step: Step) -> None:
            nonlocal judged
            judged = judged if step.verdict is None else f", {told(step.verdict)}"
            bar.update(line, completed=step.step, description=f"loss {step.loss:.3f}, {step.tokens:,} tokens{judged}")

        yield watch


def _show_line(console: Console, step: Step) -> None:
    if step.verdict is not None:
        console.print(f"step {step.step} of {step.steps}: loss {step.loss:.3f}, {told(step.verdict)}")


def told(verdict: Verdict) -> str:
    """What validation said."""
    score = f", accuracy {verdict.metrics['accuracy']:.3f}" if "accuracy" in verdict.metrics else ""
    return f"validation loss {verdict.loss:.3f}{score}"
