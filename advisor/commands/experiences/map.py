"""`advisor experiences map`: a picture of the tasks that past runs were made on. Knows the options, not how to draw."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.filter_options import (
    AsJson,
    FromWhere,
    Language,
    MaxParameters,
    Method,
    MinParameters,
    Model,
    Outcome,
    Store,
    TaskType,
    make_filter,
)
from advisor.printing import answers, inert, remarks, show_json

if TYPE_CHECKING:
    from advisor.mapped_tasks import MappedTask
    from metapeft_core.embedding.map import PlaneMap

ENDINGS = (".png", ".svg")
PLACINGS = ("centroid", "network")
COLOURINGS = ("domain", "family", "winner")


def map_(
    out: Annotated[Path, typer.Option(help="The picture's file, *.png or *.svg.", show_default=False)],
    by: Annotated[str, typer.Option(help="centroid: by their texts; network: by how methods behave.")] = "centroid",
    colour: Annotated[str, typer.Option(help="What colours tell: domain, family or winner.")] = "domain",
    method: Method = None,
    task_type: TaskType = None,
    language: Language = None,
    model: Model = None,
    min_parameters: MinParameters = None,
    max_parameters: MaxParameters = None,
    provenance: FromWhere = None,
    outcome: Outcome = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Draw the tasks of past runs on a plane, those near each other that are alike."""
    _check(out, by, colour, method)
    from advisor.map_looks import Colouring
    from advisor.mapped_tasks import Placing, mapped_tasks, plane_of
    from advisor.task_map import draw, drawing_library
    from knowledge.base import KnowledgeBase

    drawing_library()
    wanted = make_filter(
        method=method,
        task_type=task_type,
        language=language,
        backbone=model,
        parameters_at_least=min_parameters,
        parameters_at_most=max_parameters,
        provenance=provenance,
        outcome=outcome,
    )
    with KnowledgeBase(store) as known:
        everything = [memory for _, memory in known.store.select()]
        chosen = [memory for _, memory in known.store.select(wanted)]
    tasks = mapped_tasks(chosen, Placing(by), everything)
    plane = plane_of(tasks, Placing(by))
    left_out = len({memory.experience.task for memory in chosen}) - len(tasks)
    note = f"{left_out} tasks of which only figures are known are left out." if left_out else ""
    draw(tasks, plane, Placing(by), Colouring(colour), out, note)
    if as_json:
        show_json(as_plain(out, tasks, plane, left_out))
        return
    console = answers()
    console.print(f"{len(tasks):,} tasks drawn in {inert(out)}")
    console.print(f"[dim]stress {plane.stress:.2f}, {plane.kept:.0%} of the nearest tasks are nearest on the map[/dim]")
    if note:
        remarks().print(note)


def as_plain(out: Path, tasks: Sequence[MappedTask], plane: PlaneMap, left_out: int) -> dict[str, Any]:
    """What is drawn, as plain values."""
    drawn = [
        {
            "task": task.name,
            "x": float(x),
            "y": float(y),
            "domain": task.domain,
            "family": task.family,
            "best_method": str(task.winner.method) if task.winner else None,
            "best_is_clear": task.winner.is_clear if task.winner else None,
            "experiences": task.experiences,
        }
        for task, (x, y) in zip(tasks, plane.points, strict=True)
    ]
    return {
        "file": str(out),
        "stress": plane.stress,
        "neighbours_kept": plane.kept,
        "left_out": left_out,
        "tasks": drawn,
    }


def _check(out: Path, by: str, colour: str, method: str | None) -> None:
    """Refuse before anything is read or trained."""
    if out.suffix.lower() not in ENDINGS:
        raise typer.BadParameter(f"{out} has no known ending: name it *.png or *.svg", param_hint="--out")
    for option, word, known in (("--by", by, PLACINGS), ("--colour", colour, COLOURINGS)):
        if word not in known:
            raise typer.BadParameter(f"{word!r} is none of {', '.join(known)}", param_hint=option)
    if colour == "winner" and method is not None:
        raise typer.BadParameter("who won is told by runs of all methods: leave --method out", param_hint="--colour")
