"""What happens in a turn, step by step, for whoever shows or keeps it. Knows no front end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from metapeft_core.types import MethodRecommendation

Kind = Literal["understood", "calling", "called", "mistake", "writing", "asking", "refused", "failed", "answer"]
"""Understood; a tool is called; it has answered; something went wrong on the way; the reasons as far as they are
written and hold; the user is asked; not our business; a tool could not do it with what it was given; done."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a turn; the last one is an `answer`, `asking`, `refused` or `failed`."""

    kind: Kind
    text: str
    """In a sentence or a few; safe to show as it is."""
    tool: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None
    recommendation: MethodRecommendation | None = None
    seconds: float = 0.0

    @property
    def is_last(self) -> bool:
        """Whether the turn ends with it."""
        return self.kind in ("answer", "asking", "refused", "failed")
