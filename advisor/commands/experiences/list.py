"""`advisor experiences list`: the newest experiences. Knows the options, not how they are kept."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.filter_options import (
    AsJson,
    Domain,
    Family,
    FromWhere,
    Language,
    MaxParameters,
    Method,
    MinParameters,
    Model,
    Outcome,
    Store,
    TaskName,
    TaskType,
    make_filter,
)
from advisor.printing import answers, remarks, show_json


def list_(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many.")] = 20,
    method: Method = None,
    task: TaskName = None,
    family: Family = None,
    task_type: TaskType = None,
    domain: Domain = None,
    language: Language = None,
    model: Model = None,
    min_parameters: MinParameters = None,
    max_parameters: MaxParameters = None,
    provenance: FromWhere = None,
    outcome: Outcome = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """List past runs, the newest first."""
    from advisor.experience_tables import show_experiences
    from knowledge.base import KnowledgeBase
    from knowledge.flat import flat

    wanted = make_filter(
        method=method,
        task=task,
        family=family,
        task_type=task_type,
        domain=domain,
        language=language,
        backbone=model,
        parameters_at_least=min_parameters,
        parameters_at_most=max_parameters,
        provenance=provenance,
        outcome=outcome,
    )
    with KnowledgeBase(store) as known:
        found = [memory.experience for _, memory in known.store.select(wanted, limit=limit, newest_first=True)]
        total = known.store.count(wanted)
    if as_json:
        show_json([flat(experience) for experience in found])
        return
    if found:
        show_experiences(answers(), [(experience, None) for experience in found])
    remarks().print(f"[dim]{len(found):,} of {total:,}; `advisor experiences show ID` shows one[/dim]")
