"""`advisor experiences export`: give experiences out as a file. Knows the options, not the formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.filter_options import AsJson, FromWhere, Method, Model, Store, TaskName, make_filter
from advisor.printing import answers, inert, show_json


def export(
    path: Annotated[Path, typer.Argument(help="*.parquet and *.jsonl lose nothing; *.csv is for spreadsheets.")],
    method: Method = None,
    task: TaskName = None,
    model: Model = None,
    provenance: FromWhere = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Write experiences to a file; its ending names the format."""
    from knowledge.base import KnowledgeBase
    from knowledge.files import write_experiences

    wanted = make_filter(method=method, task=task, backbone=model, provenance=provenance)
    with KnowledgeBase(store) as known:
        memories = [memory for _, memory in known.store.select(wanted)]
    write_experiences(memories, path)
    if as_json:
        show_json({"exported": len(memories), "file": str(path)})
    else:
        answers().print(f"{len(memories):,} experiences written to {inert(path)}")
