"""Kinds of task and domains that a text names beyond doubt, or that its words hint at. Knows names, no reader."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.reading.lexicon import lexicon, named_in
from advisor.reading.names import targets_in
from metapeft_core.data.task_type import CLASSIFICATION_TYPES, OTHER_CLASSIFICATION

OURS = re.compile(
    r"\bpeft\b|\bq?adalora\b|\bqlora\b|\b(?:prefix|soft[ -]prompt|prompt|p)[ -]tuning\b|\bptuning\b", re.I
)


def tasks_in(text: str) -> tuple[str, ...]:
    """The kinds of task that are named."""
    return named_in(text, lexicon("task_names"))


def hinted_tasks(text: str) -> tuple[str, ...]:
    """Those of which a text has words that may also mean something else."""
    return named_in(text, lexicon("task_hints"))


def is_ours(text: str) -> bool:
    """Whether it speaks of what nobody speaks of who does not fine-tune; "LoRa" is a radio as well."""
    return OURS.search(text) is not None or bool(targets_in(text))


def is_sorting(text: str) -> bool:
    """Whether it speaks of classes."""
    return bool(named_in(text, lexicon("kind_names")))


def domains_in(text: str) -> tuple[str, ...]:
    """The domains that are named."""
    return named_in(text, lexicon("domain_names"))


def task_of(told: str | None, text: str, classes: int | None, begins: bool) -> str | None:
    """The kind of task that a reader says, held against what the text names and whether it speaks of classes.

    A follow-up may speak of classes without being about another task; a question that begins anew may not, and where
    its reader says nothing a hint is better.
    """
    named = tasks_in(text)
    task = held(told, named)
    if task is None and begins:
        task = next(iter(hinted_tasks(text)), None)
    if task in named or task in CLASSIFICATION_TYPES or (task is None and not begins):
        return task
    return OTHER_CLASSIFICATION if classes or is_sorting(text) else task


def held(told: str | None, named: Sequence[str]) -> str | None:
    """What a reader says, unless the text names something else: then the first of that."""
    return told if told in named or not named else named[0]
