"""`advisor evaluate selection`: the choice of a method, by families held out. Knows the options, not the figures."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from advisor.filter_options import AsJson, Store
from advisor.printing import answers, remarks, show_json


def selection(
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the families.")] = 1,
    members: Annotated[int, typer.Option(min=1, help="Networks that answer together.")] = 16,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same figures.")] = 0,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Judge every family of tasks by what was learned from all others, beside simpler ways to choose."""
    from advisor.evaluation_tables import show_report
    from knowledge.base import KnowledgeBase
    from metapeft_core.selection.evaluation.run import evaluate_selection
    from metapeft_core.selection.fit import FitSettings
    from metapeft_core.selection.judge import JudgeSettings

    with KnowledgeBase(store) as known:
        experiences = [memory.experience for _, memory in known.store.select()]
    console = remarks()

    def watch(done: int, families: int) -> None:
        console.print(f"[dim]{done}/{families} families[/dim]")

    settings = JudgeSettings(bounds=(0.0, 1.0), fit=FitSettings(members=members, seed=seed))
    found = evaluate_selection(experiences, settings, workers, watch)
    if as_json:
        show_json(dataclasses.asdict(found))
    else:
        show_report(answers(), found)
