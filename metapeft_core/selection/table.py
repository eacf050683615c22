"""Instances, what is known of them, and how candidates scored on them. Knows no method, no network and no store."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from metapeft_core.errors import SelectionError

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Table = Sequence[Sequence[float]] | npt.NDArray[np.floating[Any]]
"""Rows of numbers, as callers have them."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTable:
    """What there is to learn from: a line an instance, a column a candidate, nan where a candidate was not tried."""

    features: Numbers
    """A line an instance; nan where something is not known of it."""
    scores: Numbers
    """More is better."""
    candidates: tuple[str, ...]
    traits: Numbers
    """A line a candidate: what is known of it. The identity where candidates are nothing but names."""
    groups: tuple[Hashable, ...]
    """Instances of one group are not independent of each other, and stay together whenever some are held out."""
    weights: Numbers
    """How much each instance counts."""

    @property
    def seen(self) -> Mask:
        """Where there is a score."""
        return ~np.isnan(self.scores)

    def __len__(self) -> int:
        return len(self.scores)

    def rows(self, which: Mask | Places) -> ScoreTable:
        """Some of the instances."""
        groups = tuple(self.groups[place] for place in np.arange(len(self))[which].tolist())
        return ScoreTable(
            self.features[which], self.scores[which], self.candidates, self.traits, groups, self.weights[which]
        )


def score_table(
    features: Table,
    scores: Table,
    candidates: Sequence[str] | None = None,
    *,
    traits: Table | None = None,
    groups: Sequence[Hashable] | None = None,
    weights: Sequence[float] | npt.NDArray[np.floating[Any]] | None = None,
) -> ScoreTable:
    """Check what callers have and fill in what they need not say."""
    known = np.asarray(scores, dtype=np.float64)
    described = np.asarray(features, dtype=np.float64)
    if known.ndim != 2 or 0 in known.shape:
        raise SelectionError(f"scores have the shape {known.shape}: give a line an instance and a column a candidate")
    if described.ndim != 2 or len(described) != len(known):
        raise SelectionError(f"features have the shape {described.shape}: give {len(known)} lines, one an instance")
    names = tuple(candidates) if candidates is not None else tuple(f"candidate {n}" for n in range(known.shape[1]))
    own = np.eye(len(names)) if traits is None else np.asarray(traits, dtype=np.float64)
    group_of = tuple(range(len(known))) if groups is None else tuple(groups)
    heavy = np.ones(len(known)) if weights is None else np.asarray(weights, dtype=np.float64)
    _check(known, described, names, own, group_of, heavy)
    return ScoreTable(described, known, names, own, group_of, heavy)


def _check(
    scores: Numbers, features: Numbers, names: Sequence[str], traits: Numbers, groups: Sequence[Any], weights: Numbers
) -> None:
    if len(names) != scores.shape[1] or len(set(names)) != len(names):
        raise SelectionError(f"{len(names)} names for {scores.shape[1]} candidates: give each one name of its own")
    if traits.ndim != 2 or len(traits) != len(names) or not np.isfinite(traits).all():
        raise SelectionError(f"traits have the shape {traits.shape}: give {len(names)} lines of finite numbers")
    if np.isinf(scores).any() or np.isinf(features).any():
        raise SelectionError("a score or a feature is infinite: give finite numbers, and nan for what is not known")
    if np.isnan(scores).all():
        raise SelectionError("no candidate was tried on any instance: give at least one score")
    if len(groups) != len(scores):
        raise SelectionError(f"{len(groups)} groups for {len(scores)} instances: give one an instance")
    if weights.shape != (len(scores),) or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise SelectionError("weights must be numbers from 0 upwards, one an instance, and not all 0")
