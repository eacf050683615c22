"""How much a hunch speaks for a form that begins so: what a model's own liking is weighed against. Knows no model.

A form is written piece by piece, and so it is judged: a beginning is as likely as all the forms that go on from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import log

from advisor.chosen import Leaning
from advisor.reading.form import SILENT
from advisor.reading.hunches import KEYS, LEFT_OUT, Hunch
from advisor.reading.reading import Act

WEIGHT = 1.0
"""How much a hunch counts beside the model's own account of itself, which is as sure."""
HARDLY = 1e-6
"""What a hunch holds for impossible is hardly so: it knows words only."""


def leaning_of(hunch: Hunch, weight: float = WEIGHT) -> Leaning:
    """What speaks for a text, or for its end."""

    def leaning(text: str, ended: bool) -> float:
        done, _, begun = text.rpartition("\n")
        return weight * log(max(_likely(hunch, done.splitlines(), begun, ended), HARDLY))

    return leaning


def _likely(hunch: Hunch, done: list[str], begun: str, ended: bool) -> float:
    """How likely it is that a line begins so behind those that are done, or that there is none."""
    if not done:
        return _sum(hunch["act"], "act", begun)
    if Act(done[0].partition(": ")[2]) in SILENT:
        return 1.0
    numbers = [key for key in hunch if key not in KEYS]
    written = {line.partition(": ")[0] for line in done}
    found, passed = 0.0, 1.0
    for key in _open(written, numbers):
        if not ended:
            found += passed * _sum(hunch[key], key, begun)
        passed *= hunch[key].get(LEFT_OUT, 0.0)
    return found + passed * (1.0 if ended else _of_numbers(hunch, numbers, begun))


def _open(written: set[str], numbers: Collection[str]) -> Sequence[str]:
    """The lines that may be left out, and still may come."""
    if "domain" in written or written & set(numbers):
        return ()
    return ("domain",) if "task" in written else ("task", "domain")


def _of_numbers(hunch: Hunch, numbers: Collection[str], begun: str) -> float:
    """How likely the line of a number begins so; which of them is next is not asked, as there is no choice."""
    of_one = next((key for key in numbers if begun.startswith(f"{key}: ")), None)
    if of_one is not None:
        return _sum(hunch[of_one], of_one, begun)
    return float(not begun or any(f"{key}: ".startswith(begun) for key in numbers))


def _sum(chances: Mapping[str, float], key: str, begun: str) -> float:
    """Of all lines that begin so and are not left out."""
    return sum(chance for value, chance in chances.items() if value and f"{key}: {value}".startswith(begun))
