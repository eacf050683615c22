"""`advisor experiences rebuild`: make the search index anew. Knows nothing of how it is made."""

from __future__ import annotations

from advisor.filter_options import AsJson, Store
from advisor.printing import answers, show_json


def rebuild(store: Store = None, as_json: AsJson = False) -> None:
    """Check the store and build its search index again; only needed when you doubt it."""
    from knowledge.base import KnowledgeBase

    with KnowledgeBase(store) as known:
        known.store.check()
        tasks, experiences = known.index.rebuild(), known.store.count()
    if as_json:
        show_json({"task_vectors": tasks, "experiences": experiences})
    else:
        answers().print(f"the store is sound; its index holds {tasks:,} task vectors of {experiences:,} experiences")
