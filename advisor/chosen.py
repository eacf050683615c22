"""What a model wrote where a pattern left it a choice, and how sure it was. Knows no model and no pattern."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Leaning = Callable[[str, bool], float]
"""How much, as a logarithm, speaks beside the model for a text that begins so, or that is all there is of it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a model wrote under an expression."""

    text: str
    chances: tuple[float, ...] = ()
    """Of each line: how likely it is by the model's own account, among all that could have been written there."""
