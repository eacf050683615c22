"""How much a hunch speaks for a form that begins so: what a model's own liking is weighed against. Knows no model.

A form is written piece by piece, and so it is judged: a beginning is as likely as all the forms that go on from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import log

from advisor.chosen import Leaning
from advisor.reading.form import SILENT
from advisor.reading.hunches import LEFT_OUT, Hunch
from advisor.reading.reading import Act

WEIGHT = 1.0
"""How much a hunch counts beside the model's own account of itself, which is as sure."""
HARDLY = 1e-6
"""What a hunch holds for impossible is hardly so: it knows words only."""


def leaning_of(hunch: Hunch, numbers: Collection[str], weight: float = WEIGHT) -> Leaning:
    """What speaks for a text, or for its end; `numbers` are the keys of lines of which there is no hunch."""

    def leaning(text: str, ended: bool) -> float:
        done, _, begun = text.rpartition("\n")
        return weight * log(max(_likely(hunch, numbers, done.splitlines(), begun, ended), HARDLY))

    return leaning


def _likely(hunch: Hunch, numbers: Collection[str], done: list[str], begun: str, ended: bool) -> float:
    """How likely it is that a line begins so behind those that are done, or that there is none."""
    if not done:
        return _sum(hunch["act"], "act", begun)
    written = {line.partition(": ")[0] for line in done}
    if Act(done[0].partition(": ")[2]) in SILENT or "domain" in written or written & set(numbers):
        return 1.0
    found, passed = 0.0, 1.0
    for key in ("domain",) if "task" in written else ("task", "domain"):
        if not ended:
            found += passed * _sum(hunch[key], key, begun)
        passed *= hunch[key].get(LEFT_OUT, 0.0)
    others = ended or not begun or any(f"{key}: ".startswith(begun) or begun.startswith(f"{key}: ") for key in numbers)
    return found + passed * others


def _sum(chances: Mapping[str, float], key: str, begun: str) -> float:
    """Of all lines that begin so and are not left out."""
    return sum(chance for value, chance in chances.items() if value and f"{key}: {value}".startswith(begun))
