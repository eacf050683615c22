"""How good a run was, in one number, and how far such numbers differ by chance. Knows experiences, no storage."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from metapeft_core.types import PEFTExperience

SUCCESSES = ("completed", "stopped_early", "out_of_budget")
"""Outcomes of runs that were judged."""


@dataclass(frozen=True, slots=True)
class Score:
    """How good a run was, in one number of which more is better, and what it counts."""

    metric: str
    value: float


SCORES = ("accuracy", "rouge_l", "score")
"""What a run is judged by, the first that it has."""


def score_of(experience: PEFTExperience) -> Score | None:
    """The run's score; none for a run that failed, or that was measured by something else."""
    found = (name for name in (*SCORES, experience.stated.get("metric", "")) if name in experience.performance)
    metric = next(found, None)
    return None if metric is None else Score(metric, experience.performance[metric])


@dataclass(frozen=True, slots=True)
class Noise:
    """How far runs of the very same setting differ by their seed alone."""

    settings: int
    """Settings that were run with more than one seed."""
    runs: int
    deviation: float
    """Standard deviation of a score around the mean of its setting, over all settings."""

    @property
    def floor(self) -> float:
        """What two reruns typically (root mean square) differ by: methods nearer than this are not told apart."""
        return math.sqrt(2) * self.deviation


def noise_of(experiences: Iterable[PEFTExperience]) -> Noise | None:
    """The spread over seeds, pooled over all settings that were run with several; none where there are none."""
    by_setting: dict[str, dict[int, float]] = defaultdict(dict)
    for experience in experiences:
        score = score_of(experience)
        if score is not None and experience.rows and experience.outcome in SUCCESSES:
            by_setting[_setting(experience)][experience.seed] = score.value
    groups = [list(scores.values()) for scores in by_setting.values() if len(scores) > 1]
    if not groups:
        return None
    squares = sum((value - sum(group) / len(group)) ** 2 for group in groups for value in group)
    freedom = sum(len(group) - 1 for group in groups)
    return Noise(len(groups), sum(map(len, groups)), math.sqrt(squares / freedom))


def _setting(experience: PEFTExperience) -> str:
    told = (experience.rows, experience.backbone.name, experience.method, dict(experience.hyperparameters))
    return json.dumps([*told, experience.steps], sort_keys=True)
