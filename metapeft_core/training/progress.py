"""What a running training tells whoever watches it. Knows no screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from metapeft_core.training.judge import Verdict


@dataclass(frozen=True, slots=True)
class Progress:
    """One finished step; `verdict` is there when the validation rows were just judged."""

    step: int
    steps: int
    loss: float
    seconds: float
    tokens: int
    """Tokens read so far, padding not counted."""
    verdict: Verdict | None = None


Watch = Callable[[Progress], None]


def watch_nothing(_: Progress) -> None:
    """For whoever does not look."""
