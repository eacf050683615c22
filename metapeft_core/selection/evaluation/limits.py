"""Choosing where a run may take only so long, or so much memory. Knows scores and costs, and what was foretold of both.

The limits of a case are what its methods really took and a little more: under the first only the cheapest method fits,
under the second two of them, and so on. A run that does not fit is worth what guessing is worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metapeft_core.selection.cost_judge import Estimate
from metapeft_core.selection.evaluation.figures import achieved
from metapeft_core.selection.table import Numbers, Places

SLACK = 1.05


@dataclass(frozen=True, slots=True, eq=False)
class UnderLimits:
    """What choices were worth: all cases under the first limit, then all under the second, and so on."""

    ours: Numbers
    single: Numbers
    oracle: Numbers


def under_limits(
    scores: Numbers, costs: Numbers, guess: Numbers, expected: Numbers, foretold: Estimate, single: Places
) -> UnderLimits:
    """`expected` is foretold of scores as `foretold` is of costs; `single` is one method an instance, the same for
    all instances of a fold, as `best_under_limits` finds it."""
    ours, theirs, best = [], [], []
    for worth, limit in _each_limit(scores, costs, guess):
        chance = foretold.chance_within(limit)
        hoped = chance * expected + (1 - chance) * guess[:, None]
        ours.append(achieved(worth, hoped.argmax(axis=1)))
        theirs.append(achieved(worth, single))
        best.append(worth.max(axis=1))
    return UnderLimits(np.concatenate(ours), np.concatenate(theirs), np.concatenate(best))


def best_under_limits(scores: Numbers, costs: Numbers, guess: Numbers) -> int:
    """The one method that is worth most over all cases and limits."""
    return int(np.mean([worth.mean(axis=0) for worth, _ in _each_limit(scores, costs, guess)], axis=0).argmax())


def limits_of(costs: Numbers) -> Numbers:
    """A line an instance, the limits from the tightest; the last would hold nobody back and is left out."""
    return np.sort(costs, axis=1)[:, :-1] * SLACK


def _each_limit(scores: Numbers, costs: Numbers, guess: Numbers) -> list[tuple[Numbers, Numbers]]:
    """What each method is worth under each limit, and the limit."""
    limits = limits_of(costs)
    return [(np.where(costs <= limit[:, None], scores, guess[:, None]), limit) for limit in limits.T]
