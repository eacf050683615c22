"""What Chroma is told of a task vector's experiences, and how a filter is said in these words. Knows no store.

A vector stands for all experiences on its task, made with several methods and backbones, so what Chroma knows is
whether there is any with a property, not one value each. That can let too much through, never too little: the store
checks every experience afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from knowledge.records import Filter

Facet = str | int | float | bool
LISTED = ("method", "task_type", "language", "provenance")
"""The properties that Chroma is told, columns of the store as well. Each makes every query slower, filtered or not."""
SMALLEST, LARGEST = "parameters>=", "parameters<="


def facets(rows: Iterable[Mapping[str, Any]]) -> dict[str, Facet]:
    """The facets of experiences that share a vector; a row has the store's columns."""
    found: dict[str, Facet] = {}
    sizes = []
    for row in rows:
        found.update({_flag(name, row[name]): True for name in LISTED})
        sizes.append(float(row["parameters"]))
    return found | {SMALLEST: min(sizes), LARGEST: max(sizes)}


def where(wanted: Filter) -> dict[str, Any] | None:
    """Chroma's condition for vectors among whose experiences may be one that is wanted; none where it knows none."""
    conditions: list[dict[str, Any]] = []
    for name, value in wanted.given().items():
        if name == "parameters_at_least":
            conditions.append({LARGEST: {"$gte": float(value)}})
        elif name == "parameters_at_most":
            conditions.append({SMALLEST: {"$lte": float(value)}})
        elif name in LISTED:
            conditions.append({_flag(name, value): True})
    if not conditions:
        return None
    return conditions[0] if len(conditions) == 1 else {"$and": conditions}


def _flag(name: str, value: object) -> str:
    return f"{name}={value}"
