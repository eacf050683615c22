"""`advisor experiences show`: everything about one experience. Knows no table."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.filter_options import AsJson, Store
from advisor.printing import answers, show_facts, show_json


def show(
    experience: Annotated[str, typer.Argument(metavar="ID", help="Its id, or enough of its beginning.")],
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Show one past run: task, settings, scores, curve, and where it was measured."""
    from advisor.experience_tables import card_facts
    from knowledge.base import KnowledgeBase
    from knowledge.plain import to_plain

    with KnowledgeBase(store) as known:
        found = known.store.get(experience).experience
    if as_json:
        show_json(to_plain(found))
    else:
        show_facts(answers(), card_facts(found))
