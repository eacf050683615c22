"""A table of instances, features and scores becomes a selector. Knows nothing of methods: any candidates will do.

    selector = fit(features, scores, candidates)
    selector.predict(features).choices

The best single choice is the prior. The network says where another candidate should do better, and is believed only as
far as its predictions for instances that it had not seen came true: not at all where that did not pay.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import mlx.core as mx
import numpy as np
import numpy.typing as npt

from metapeft_core.groups import group_numbers
from metapeft_core.selection.folds import group_folds
from metapeft_core.selection.network import Lesson, MethodSelectionNetwork, NetworkShape, train
from metapeft_core.selection.prior import Prior, fit_prior
from metapeft_core.selection.scaling import Scaler
from metapeft_core.selection.table import Mask, Numbers, Places, ScoreTable, Table, score_table
from metapeft_core.selection.trust import believed_share

LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How a selector is made."""

    members: int = 16
    """Networks that answer together."""
    folds: int = 5
    """Parts that are held out in turn to find how far the network is to be believed."""
    seed: int = 0
    shape: NetworkShape = field(default_factory=NetworkShape)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What is expected of every candidate on every instance asked about."""

    expected: Numbers
    """(instances, candidates) of scores."""
    differences: Numbers
    """The part of it that tells candidates apart."""
    disagreement: Numbers
    """Standard deviation of the differences over the members."""
    uncertainty: Numbers
    """Standard deviation of an instance's level over the members."""

    @property
    def choices(self) -> Places:
        """The candidate that is expected to be best on each instance."""
        return np.asarray(self.differences.argmax(axis=1), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Scale:
    """The units of scores, in which the network knows them."""

    middle: float
    """Of the instances' levels."""
    spread: float
    within: float
    """Spread of scores within instances."""


@dataclass(frozen=True, slots=True, eq=False)
class Selector:
    """Candidates, what they are worth as such, and the network that says where that is different."""

    table: ScoreTable
    scaler: Scaler
    prior: Prior
    network: MethodSelectionNetwork
    """Those members that have seen everything."""
    scale: Scale
    trust: float
    """The share of the network's differences that is believed, from 0 to 1."""
    held_out: Prediction
    """For every instance of the table, by members and a prior that have not seen its group."""

    @property
    def best_single(self) -> int:
        """The candidate to take where nothing else is known."""
        return int(self.prior.of(self.table.traits).argmax())

    def predict(self, features: Table, traits: Table | None = None) -> Prediction:
        """What to expect on these instances, of the table's candidates or of others with these traits."""
        asked = np.asarray(features, dtype=np.float64)
        described = self.table.traits if traits is None else np.asarray(traits, dtype=np.float64)
        found = run(self.network, self.scaler.scale(asked), described)
        return predicted(*found, self.prior.of(described)[None, :], self.trust, self.scale)


def fit(
    features: Table,
    scores: Table,
    candidates: Sequence[str] | None = None,
    *,
    traits: Table | None = None,
    groups: Sequence[Hashable] | None = None,
    weights: Sequence[float] | npt.NDArray[np.floating[Any]] | None = None,
    settings: FitSettings | None = None,
) -> Selector:
    """Learn from scores (more is better, nan where a candidate was not tried) of candidates on instances."""
    table = score_table(features, scores, candidates, traits=traits, groups=groups, weights=weights)
    return fit_table(table, settings or FitSettings())


def fit_table(table: ScoreTable, settings: FitSettings) -> Selector:
    """Learn from a table."""
    scaler = Scaler.fitted(table.features)
    fold_of, kept = _parts(table, settings)
    priors = [fit_prior(table.rows(which)) for which in kept]
    worth = np.stack([prior.of(table.traits) for prior in priors])
    scale = _scale(table, worth[-1])
    lesson = _lesson(table, scaler, worth, scale, kept, settings)
    network = MethodSelectionNetwork(
        scaler.width, table.traits.shape[1], settings.members, settings.shape, settings.seed
    ).repeated(len(kept))
    train(network, lesson, settings.shape)
    differences, levels = run(network, lesson.features, lesson.traits)
    # Of every instance the answers of the members that have missed its fold, and the prior of that fold.
    members = fold_of[:, None] * settings.members + np.arange(settings.members)
    rows = np.arange(len(table))[:, None]
    own = np.moveaxis(differences[members, rows], 1, 0)
    unseen = predicted(own, levels[members, rows].T, worth[fold_of], 1.0, scale)
    trust = believed_share(table, worth[fold_of], unseen.differences) if len(kept) > 1 else 0.0
    held_out = predicted(own, levels[members, rows].T, worth[fold_of], trust, scale)
    return Selector(table, scaler, priors[-1], network.last(settings.members), scale, trust, held_out)


def refreshed(
    selector: Selector, table: ScoreTable, held_out: Prediction, which: Places, shape: NetworkShape
) -> Selector:
    """The selector once its network has gone on with some of the instances of a table that has grown.

    The prior is found anew. `held_out` is what was foretold of every instance before it was learned.
    """
    prior = fit_prior(table)
    part = table.rows(which)
    members = selector.network.levels.bias.shape[0]
    everything = [np.ones(len(part), dtype=bool)]
    settings = FitSettings(members=members, seed=len(table), shape=shape)
    lesson = _lesson(part, selector.scaler, prior.of(table.traits)[None, :], selector.scale, everything, settings)
    train(selector.network, lesson, shape)
    return replace(selector, table=table, prior=prior, held_out=held_out)


def _parts(table: ScoreTable, settings: FitSettings) -> tuple[Places, list[Mask]]:
    """The fold of every instance, and which instances the members of each fold see; the last ones see all."""
    if len(set(table.groups)) < 2:
        # With one group nothing can be held out, and so nothing will be believed.
        return np.zeros(len(table), dtype=np.int64), [np.ones(len(table), dtype=bool)]
    fold_of = group_folds(table.groups, settings.folds, settings.seed)
    kept = [fold_of != fold for fold in range(int(fold_of.max()) + 1)]
    return fold_of, [*kept, np.ones(len(table), dtype=bool)]


def _scale(table: ScoreTable, worth: Numbers) -> Scale:
    seen = table.seen
    left = np.where(seen, table.scores - worth, np.nan)
    counts = seen.sum(axis=1)
    known = counts > 0
    levels = np.full(len(table), np.nan)
    levels[known] = np.nanmean(left[known], axis=1)
    within = left - levels[:, None]
    freedom = max(1, int(seen.sum() - known.sum()))
    return Scale(
        float(np.nanmean(levels)),
        max(LEAST, float(np.nanstd(levels))),
        max(LEAST, float(np.sqrt(np.nansum(within**2) / freedom))),
    )


def _attention(table: ScoreTable, kept: Sequence[Mask], settings: FitSettings) -> Numbers:
    """Each member sees groups with weights of its own (Bayesian bootstrap), and those of its fold not at all."""
    chance = np.random.default_rng(settings.seed)
    place = group_numbers(table.groups)
    drawn = chance.exponential(size=(settings.members, int(place.max()) + 1))[:, place]
    return np.concatenate([drawn * which * table.weights for which in kept])


def _lesson(
    table: ScoreTable, scaler: Scaler, worth: Numbers, scale: Scale, kept: Sequence[Mask], settings: FitSettings
) -> Lesson:
    repeated = np.repeat(worth, settings.members, axis=0)
    left = np.where(table.seen, table.scores - repeated[:, None, :], np.nan)
    known = table.seen.any(axis=1)
    levels = np.full(left.shape[:2], np.nan)
    levels[:, known] = np.nanmean(left[:, known], axis=2)
    return Lesson(
        scaler.scale(table.features),
        table.traits,
        (left - levels[..., None]) / scale.within,
        (levels - scale.middle) / scale.spread,
        _attention(table, kept, settings),
        np.repeat(~np.stack(kept), settings.members, axis=0) & (table.weights > 0),
    )


def run(network: MethodSelectionNetwork, features: Numbers, traits: Numbers) -> tuple[Numbers, Numbers]:
    """What all members say: differences and levels."""
    found = network(mx.array(features.astype(np.float32)), mx.array(traits.astype(np.float32)))
    return np.array(found[0], dtype=np.float64), np.array(found[1], dtype=np.float64)


def predicted(differences: Numbers, levels: Numbers, worth: Numbers, trust: float, scale: Scale) -> Prediction:
    """Members' answers, believed as far as `trust` says, in the units of the scores."""
    centred = scale.within * (differences - differences.mean(axis=-1, keepdims=True))
    apart = worth - worth.mean(axis=-1, keepdims=True) + trust * centred.mean(axis=0)
    level = scale.middle + scale.spread * levels.mean(axis=0)[:, None]
    return Prediction(
        level + worth.mean(axis=-1, keepdims=True) + apart,
        apart,
        trust * centred.std(axis=0),
        scale.spread * levels.std(axis=0),
    )
