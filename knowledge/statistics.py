"""What a set of experiences holds: counts, failures, how far reruns differ, and which method was best where.

Pure sums over experiences; knows no store and judges nobody: which method to take is not decided here.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from metapeft_core.score import SUCCESSES, Noise, noise_of, score_of
from metapeft_core.types import TRAIN_SIZES, PEFTExperience, PEFTMethod, family_of, train_size_of

LARGER = "larger"
"""Than the largest train size that is told apart."""


@dataclass(frozen=True, slots=True)
class SizeRow:
    """Which method was best on the comparisons of one train size."""

    size: str
    comparisons: int
    """Tasks and backbones at this size on which all five methods were run."""
    best: Mapping[PEFTMethod, float]
    """How often each was best; a shared first place is shared out."""
    near: Mapping[PEFTMethod, int]
    """How often each was best or within the noise floor of the best."""
    tied: int
    """Comparisons in which at least two methods were within the noise floor."""
    noise: Noise | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that `advisor experiences stats` shows."""

    experiences: int
    tasks: int
    families: int
    counts: Mapping[str, Mapping[str, int]]
    """How many by provenance, method, backbone, train size, outcome and objective."""
    failures: int
    noise: Noise | None
    sizes: tuple[SizeRow, ...]

    @property
    def failure_share(self) -> float:
        """Of the runs that were made; published figures tell nothing of what failed."""
        runs = self.experiences - self.counts["provenance"].get("published", 0)
        return self.failures / runs if runs else 0.0


def overview(experiences: Sequence[PEFTExperience]) -> Overview:
    """The sums of a set of experiences."""
    return Overview(
        experiences=len(experiences),
        tasks=len({e.task for e in experiences}),
        families=len({family_of(e) for e in experiences}),
        counts={
            "provenance": _count(e.provenance for e in experiences),
            "method": _count(str(e.method) for e in experiences),
            "backbone": _count(e.backbone.name for e in experiences),
            "train_size": _count(size_of(e) for e in experiences),
            "outcome": _count(e.outcome for e in experiences),
            "objective": _count(objective_of(e) for e in experiences),
        },
        failures=sum(e.outcome not in SUCCESSES for e in experiences),
        noise=noise_of(experiences),
        sizes=tuple(_size_rows(experiences)),
    )


def size_of(experience: PEFTExperience) -> str:
    """The train size, as the next one of those that are told apart."""
    facts = experience.characteristics
    if facts is None:
        return "unknown"
    size = train_size_of(facts.dataset_size)
    return LARGER if size is None else str(size)


def objective_of(experience: PEFTExperience) -> str:
    """What the task asks for."""
    return experience.characteristics.objective if experience.characteristics else "unknown"


def _size_rows(experiences: Sequence[PEFTExperience]) -> Iterable[SizeRow]:
    by_size: dict[str, list[PEFTExperience]] = defaultdict(list)
    for experience in experiences:
        if experience.rows:
            by_size[size_of(experience)].append(experience)
    for size in (*map(str, TRAIN_SIZES), LARGER):
        if size in by_size:
            yield _size_row(size, by_size[size])


def _size_row(size: str, experiences: Sequence[PEFTExperience]) -> SizeRow:
    noise = noise_of(experiences)
    floor = noise.floor if noise else 0.0
    best: dict[PEFTMethod, float] = dict.fromkeys(PEFTMethod, 0.0)
    near: dict[PEFTMethod, int] = dict.fromkeys(PEFTMethod, 0)
    tied = 0
    compared = comparisons(experiences)
    for scores in compared:
        top = max(scores.values())
        first = [method for method, value in scores.items() if value == top]
        for method in first:
            best[method] += 1 / len(first)
        close = [method for method, value in scores.items() if value >= top - floor]
        for method in close:
            near[method] += 1
        tied += len(close) > 1
    return SizeRow(size, len(compared), best, near, tied, noise)


def comparisons(experiences: Iterable[PEFTExperience]) -> list[dict[PEFTMethod, float]]:
    """Each method's best score on the same rows and backbone, where all five were run and judged by the same metric.

    The best is taken over the settings tried, as many for one method as for another; runs of further seeds would give
    the best of several draws and are left out.
    """
    groups: dict[tuple[str, str, str], dict[PEFTMethod, float]] = defaultdict(dict)
    for experience in experiences:
        score = score_of(experience)
        if score is None or experience.seed != 0 or experience.outcome not in SUCCESSES:
            continue
        scores = groups[experience.rows, experience.backbone.name, score.metric]
        scores[experience.method] = max(score.value, scores.get(experience.method, -math.inf))
    return [scores for scores in groups.values() if len(scores) == len(PEFTMethod)]


def _count(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items(), key=lambda entry: (-entry[1], entry[0])))
