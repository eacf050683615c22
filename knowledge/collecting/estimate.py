"""How long the rest of a collection will take, from how long its runs have taken so far. Knows no machine.

Runs differ tenfold in cost, so what is left is not a count but a weight: the numbers a run multiplies, roughly. Seconds
per weight come from this very collection, workers side by side and other programs included.
"""

from __future__ import annotations

from collections.abc import Iterable

from knowledge.collecting.design import PlannedRun
from knowledge.collecting.jobs import Job
from metapeft_core.backbones.load import describe_backbone

FIRST_RUNS = 3
"""Runs that must have ended before an estimate is given at all."""
CHARACTERS_A_TOKEN = 4.5
OVERHEAD_TOKENS = 200_000_000
"""What every step costs beside its tokens, in tokens times parameters: building the graph takes as long as these."""


def weight(job: Job, run: PlannedRun) -> float:
    """The work of a run, in tokens read times parameters; learning from a token costs three times reading it."""
    spec, budget, card = run.spec, run.budget, describe_backbone(job.backbone)
    rows = job.task.train[:64]
    characters = sum(len(row.text) + len(row.target) for row in rows) / len(rows)
    tokens = min(spec.max_length, characters / CHARACTERS_A_TOKEN + 2) + int(getattr(spec.method, "virtual_tokens", 0))
    blocks = card.parameters - card.vocabulary * card.width
    judged = len(job.task.valid) * (budget.steps // budget.evaluate_every) + len(job.task.test[: budget.test_rows])
    written = budget.generated_rows * budget.generated_tokens if job.task.objective == "generation" else 0
    learned = budget.steps * spec.batch_size
    return (3 * learned + judged) * tokens * blocks + 20 * written * blocks + budget.steps * OVERHEAD_TOKENS


class Estimate:
    """The seconds left, or none while too little has been seen."""

    def __init__(self) -> None:
        self._began = 0.0
        self._left = self._done = 0.0
        self._runs = 0

    def begin(self, now: float, weights: Iterable[float]) -> None:
        """The runs that are to come."""
        self._began, self._left, self._done, self._runs = now, sum(weights), 0.0, 0

    def after(self, now: float, spent: float | None) -> float | None:
        """A run of this weight has ended."""
        self._left -= spent or 0.0
        self._done += spent or 0.0
        self._runs += 1
        if self._runs < FIRST_RUNS or not self._done:
            return None
        return (now - self._began) / self._done * max(0.0, self._left)
