"""The evidence of a recommendation as short lines of text: all that may be said of it. Knows figures, no sentence."""

from __future__ import annotations

from dataclasses import dataclass, fields

from metapeft_core.selection.reasons import NAMES, listed
from metapeft_core.types import MethodForecast, MethodRecommendation

FAR = 1.0
"""Novelty from which on a task is called unlike what is known."""
LITTLE = 0.05
"""Share of the judgement below which published figures are not mentioned."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known, in the words and digits in which it may be said; empty where there is nothing to say."""

    method: str
    chance: str
    score: str
    low: str
    high: str
    time: str
    memory: str
    rival: str = ""
    rival_chance: str = ""
    tied: str = ""
    """The others of a tie."""
    faster: str = ""
    """Another method as good as can be told that takes less time."""
    leaner: str = ""
    comparisons: str = ""
    published: str = ""
    """Share of the judgement that comes from published figures of larger models."""
    known_from: str = "words"
    """`words` or `data`."""
    unlike: str = ""
    """`yes` where the task and the model are unlike what is known."""
    safe: str = ""
    """`yes` where the safe choice was taken for lack of evidence."""
    misfit: str = ""
    """`yes` where no method is likely to keep the limits."""


def facts_of(found: MethodRecommendation, comparisons: int, from_data: bool) -> Facts:
    """The evidence of a recommendation."""
    taken = next(one for one in found.ranking if one.method == found.method)
    rival = _rival(found)
    tied = [NAMES[method] for method in found.tied if method != found.method]
    near = {name: found.alternatives[name] for name in ("fastest", "leanest")}
    nothing_fits = not any(one.fits for one in found.ranking)
    return Facts(
        NAMES[found.method],
        percent(taken.chance),
        f"{taken.quality.expected:.2f}",
        f"{taken.quality.low:.2f}",
        f"{taken.quality.high:.2f}",
        duration(taken.seconds.expected),
        size(taken.memory_bytes.expected),
        "" if rival is None else NAMES[rival.method],
        "" if rival is None else percent(rival.chance),
        listed(tied),
        "" if near["fastest"] == found.method else NAMES[near["fastest"]],
        "" if near["leanest"] == found.method else NAMES[near["leanest"]],
        # Where hardly anything but figures counts, runs are no ground.
        str(comparisons) if comparisons and found.published <= 1 - LITTLE else "",
        percent(found.published) if found.published >= LITTLE else "",
        "data" if from_data else "words",
        "yes" if found.novelty >= FAR else "",
        "yes" if found.abstained and not nothing_fits else "",
        "yes" if nothing_fits else "",
    )


def _rival(found: MethodRecommendation) -> MethodForecast | None:
    """The method that speaks most against the choice, of those that are not tied with it."""
    others = [one for one in found.ranking if one.method != found.method and one.method not in found.tied and one.fits]
    return max(others, key=lambda one: one.chance, default=None)


def in_lines(facts: Facts) -> str:
    """The evidence as a model reads it."""
    told = ((field.name.replace("_", " "), getattr(facts, field.name)) for field in fields(facts))
    return "".join(f"{name}: {value}\n" for name, value in told if value)


def percent(share: float) -> str:
    """A share as people say it."""
    return f"{100 * share:.0f}%"


def duration(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 100:
        return f"{seconds:.0f} seconds"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 100 else f"{minutes / 60:.0f} hours"


def size(count: float) -> str:
    """Bytes as people say them."""
    return f"{count / (1 << 20):.0f} MB" if count < 1 << 30 else f"{count / (1 << 30):.1f} GB"
