"""Colours and shapes of the groups on a map of tasks, and their names in its legend. Draws nothing.

Every group has a colour and a shape: whoever does not see the one sees the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from advisor.mapped_tasks import MappedTask
from metapeft_core.data.record import inert
from metapeft_core.types import PEFTMethod

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#7A5195", "#8C6D1F", "#222222")
"""Okabe and Ito's, which people with any colour vision tell apart, and three more; shapes tell the same again."""
SHAPES = ("o", "s", "^", "D", "v", "P", "X", "h", "<")
REST_COLOUR, REST_SHAPE = "#A8A8A8", "o"
LONGEST_LABEL = 30
UNCOMPARED = "not compared"
"""What the legend calls tasks without a comparison of all five methods."""


class Colouring(StrEnum):
    """What the colours tell."""

    DOMAIN = "domain"
    FAMILY = "family"
    WINNER = "winner"


@dataclass(frozen=True, slots=True)
class Look:
    """How one kind of task is drawn."""

    label: str
    colour: str
    shape: str


def looks(tasks: Sequence[MappedTask], colouring: Colouring) -> list[Look]:
    """How each task is drawn: the most frequent groups have a look of their own, the others share one."""
    names = [_group(task, colouring) for task in tasks]
    if colouring == Colouring.WINNER:
        order = [str(method) for method in PEFTMethod]
    else:
        counts = Counter(names)
        # A group of one needs no colour: its name stands beside it.
        order = sorted((name for name in counts if counts[name] > 1), key=lambda name: (-counts[name], name))
        order = order[: len(COLOURS)]
    own = {name: Look(told(name), *look) for name, look in zip(order, zip(COLOURS, SHAPES, strict=True), strict=False)}
    rest = {name for name in names if name not in own}
    return [own.get(name) or Look(_rest_label(rest, colouring), REST_COLOUR, REST_SHAPE) for name in names]


def _group(task: MappedTask, colouring: Colouring) -> str:
    if colouring == Colouring.WINNER:
        return str(task.winner.method) if task.winner else UNCOMPARED
    return task.domain if colouring == Colouring.DOMAIN else task.family


def _rest_label(rest: set[str], colouring: Colouring) -> str:
    if colouring == Colouring.WINNER:
        return UNCOMPARED
    plural = "domains" if colouring == Colouring.DOMAIN else "families"
    return told(next(iter(rest))) if len(rest) == 1 else f"{len(rest)} other {plural}"


def told(name: str) -> str:
    """A name that came with data: on one line, of bounded length, with nothing in it that acts."""
    line = inert(" ".join(name.split()))
    return line if len(line) <= LONGEST_LABEL else f"{line[: LONGEST_LABEL - 1]}…"
