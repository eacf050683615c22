"""`advisor experiences import`: bring in what others measured. Knows the options, not the formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.filter_options import AsJson, Store
from advisor.printing import answers, inert, remarks, show_json

PROVENANCES = ("user", "published")


def import_(
    path: Annotated[
        Path, typer.Argument(help="A CSV of figures, HF PEFT's result JSON (or a folder of it), or our own export.")
    ],
    provenance: Annotated[str, typer.Option(help="user for your own runs, published for figures of others.")] = "user",
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Add experiences from a file; what is there already is not added twice."""
    from knowledge.base import KnowledgeBase
    from knowledge.importing.read import read_experiences

    if provenance not in PROVENANCES:
        raise typer.BadParameter(f"{provenance!r} is none of {', '.join(PROVENANCES)}", param_hint="--provenance")
    found = read_experiences(path, "user" if provenance == "user" else "published")
    with KnowledgeBase(store) as known:
        added = known.remember(found.memories)
    if as_json:
        told = {"added": added, "known": len(found.memories) - added, "left_out": list(found.left_out)}
        show_json(told)
        return
    answers().print(f"{added} experiences added, {len(found.memories) - added} were known already")
    for reason in found.left_out:
        remarks().print(f"[yellow]left out: {inert(reason)}[/yellow]")
