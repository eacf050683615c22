"""`advisor experiences similar`: past runs on tasks like yours. Knows the options, not how likeness is measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from advisor.printing import answers, remarks, show_json

if TYPE_CHECKING:
    from knowledge.records import Vector


def similar(
    words: Annotated[str | None, typer.Argument(help="The task in words.", show_default=False)] = None,
    data: Annotated[Path | None, typer.Option(help="Or its data file.")] = None,
    count: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many.")] = 10,
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
    """Find past runs on the tasks that are most like yours."""
    from advisor.experience_tables import show_experiences
    from knowledge.base import KnowledgeBase
    from knowledge.flat import flat

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
        found = known.nearest(_vector(words, data), count, wanted)
    if as_json:
        show_json([{"similarity": near.similarity, **flat(near.memory.experience)} for near in found])
        return
    if found:
        show_experiences(answers(), [(near.memory.experience, near.similarity) for near in found])
    else:
        remarks().print("no past run fits: loosen the filter")


def _vector(words: str | None, data: Path | None) -> Vector:
    from knowledge.embed import task_vector
    from metapeft_core.backbones.sentence import embed_texts
    from metapeft_core.data.readers import read_task

    if (words is None or not words.strip()) == (data is None):
        raise typer.BadParameter("describe the task in words, or give --data FILE, and not both", param_hint="WORDS")
    # The core's encoder gives the same vectors and is there in a second, where importing torch takes several.
    return task_vector(read_task(data), embed_texts) if data is not None else embed_texts([words or ""])[0]
