"""From a table of scores to verdicts: how good each candidate will be, which are tied, when to take the safe choice.

Knows candidates by number; puts together the selector, the size of its errors, intervals, probabilities and novelty.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from metapeft_core.selection.chances import Chances, near_best
from metapeft_core.selection.conformal import Conformal
from metapeft_core.selection.error_scale import ErrorScale, fit_error_scale
from metapeft_core.selection.fit import FitSettings, Selector, fit_table
from metapeft_core.selection.mixture import pooled
from metapeft_core.selection.novelty import Novelty
from metapeft_core.selection.table import Mask, Numbers, Places, ScoreTable

LEAST_SPREAD = 1e-6


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """How careful a judge is."""

    level: float = 0.9
    """Share of cases in which an interval is to hold."""
    sure: float = 0.9
    """Probability of being as good as the best from which on candidates are called tied."""
    far: float = 2.0
    """Novelty from which on the safe choice is not left."""
    bounds: tuple[float, float] = (-np.inf, np.inf)
    """Between which scores lie."""
    fit: FitSettings = field(default_factory=FitSettings)


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """A line an instance, a column a candidate."""

    expected: Numbers
    low: Numbers
    high: Numbers
    chances: Numbers
    """Probability of being the best, or within the noise floor of it; 0 where a candidate was not allowed."""
    best: Places
    """Expected to be best of those allowed; the safe choice where the instance is too far from what is known."""
    taken: Places
    """The same, or what is cheapest of those tied with it."""
    tied: Mask
    """Which candidates are called tied; none where there is no tie."""
    novelty: Numbers
    abstained: Mask
    """Where the safe choice is taken because nothing like the instance is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Everything that was learned of a table."""

    selector: Selector
    error: ErrorScale
    """Of a score."""
    apart: ErrorScale
    """Of the differences between candidates."""
    conformal: Conformal
    likely: Chances
    novelty: Novelty
    settings: JudgeSettings

    def judge(self, features: Numbers, costs: Numbers | None = None, allowed: Mask | None = None) -> Verdicts:
        """Judge instances. `costs` says what is cheap; without them nothing is taken for being cheaper."""
        found = self.selector.predict(features)
        novelty = self.novelty.of(features)
        wider = np.maximum(1.0, novelty)
        low, high = self.conformal.interval(
            found.expected, (wider * self.error.of(features))[:, None], self.settings.level
        )
        may = np.ones(found.expected.shape, dtype=bool) if allowed is None else allowed
        abstained = novelty >= self.settings.far
        differences = np.where(abstained[:, None], self._safe(), found.differences)
        best = np.where(may, differences, -np.inf).argmax(axis=1)
        chances = self.likely.of(np.where(may, found.differences, -np.inf), wider * self.apart.of(features))
        chances = np.where(may, chances, 0.0)
        tied = self._tied(chances, best)
        taken = best if costs is None else _cheapest(tied, costs, best)
        expected, low, high = (np.clip(part, *self.settings.bounds) for part in (found.expected, low, high))
        return Verdicts(expected, low, high, chances, best, taken, tied, novelty, abstained)

    def blended(
        self, verdicts: Verdicts, worth: Numbers, spread: float, share: float, costs: Numbers, allowed: Mask
    ) -> Verdicts:
        """The same once other evidence has a share in it, which says what candidates are worth whatever the instance.

        Levels stay as they are; between candidates, what was expected and how sure that was are mixed by the share.
        """
        level = verdicts.expected.mean(axis=1, keepdims=True)
        apart = (1 - share) * (verdicts.expected - level) + share * (worth - worth.mean())
        shift = level + apart - verdicts.expected
        may = allowed if allowed.any() else np.ones_like(allowed)
        wide = np.full(len(apart), max(spread, LEAST_SPREAD))
        normal = replace(self.likely, errors=np.zeros(0), slope=1.0, shift=0.0, tilt=0.0)
        theirs = normal.of(np.where(may, apart, -np.inf), wide)
        chances = np.where(may, (1 - share) * verdicts.chances + share * theirs, 0.0)
        best = np.where(may, apart, -np.inf).argmax(axis=1)
        tied = self._tied(chances, best)
        taken = _cheapest(tied, costs, best)
        # A level that was learned on other models is hardly known on this one.
        low, high = verdicts.low + shift - share * spread, verdicts.high + shift + share * spread
        expected, low, high = (np.clip(part, *self.settings.bounds) for part in (verdicts.expected + shift, low, high))
        abstained = verdicts.abstained & (share < 0.5)
        return Verdicts(expected, low, high, chances, best, taken, tied, verdicts.novelty, abstained)

    def united(self, verdicts: Verdicts, costs: Numbers, allowed: Mask) -> Verdicts:
        """One verdict where the instances are what one thing may be, each as likely as the others."""
        if len(verdicts.best) == 1:
            return verdicts
        expected, low, high = pooled(verdicts.expected, verdicts.low, verdicts.high, self.settings.level)
        abstained = np.array([verdicts.abstained.mean() > 0.5])
        may = allowed.any(axis=0, keepdims=True) if allowed.any() else np.ones((1, expected.shape[1]), dtype=bool)
        differences = self._safe()[None, :] if abstained[0] else expected
        best = np.where(may, differences, -np.inf).argmax(axis=1)
        chances = verdicts.chances.mean(axis=0, keepdims=True)
        tied = self._tied(chances, best)
        taken = _cheapest(tied, costs.mean(axis=0, keepdims=True), best)
        novelty = np.array([float(np.median(verdicts.novelty))])
        return Verdicts(expected, low, high, chances, best, taken, tied, novelty, abstained)

    def _safe(self) -> Numbers:
        return self.selector.prior.of(self.selector.table.traits)

    def _tied(self, chances: Numbers, best: Places) -> Mask:
        sure = chances >= self.settings.sure
        # The best itself belongs to every tie; alone it is none.
        sure &= sure[np.arange(len(best)), best][:, None]
        return np.asarray(sure & (sure.sum(axis=1, keepdims=True) > 1))


def _cheapest(tied: Mask, costs: Numbers, best: Places) -> Places:
    """Of those that are tied the cheapest; the best where nothing is."""
    return np.where(tied.any(axis=1), np.where(tied, costs, np.inf).argmin(axis=1), best)


def fit_judge(table: ScoreTable, floor: float, settings: JudgeSettings | None = None) -> Judge:
    """Learn to judge from a table; `floor` is the noise floor of its scores."""
    chosen = settings or JudgeSettings()
    selector = fit_table(table, chosen.fit)
    errors = table.scores - selector.held_out.expected
    tried = table.seen.sum(axis=1)
    error, error_scales = _scales(table, errors, tried > 0, chosen.fit)
    between = errors - np.nansum(errors, axis=1, keepdims=True) / np.maximum(tried, 1)[:, None]
    apart, apart_scales = _scales(table, between, tried > 1, chosen.fit)
    relative = (between / apart_scales[:, None])[table.seen & (tried > 1)[:, None]]
    likely = Chances(relative, floor)
    likely = likely.calibrated(selector.held_out.differences, apart_scales, near_best(table.scores, floor))
    conformal = Conformal.fitted(errors, error_scales[:, None])
    novelty = Novelty.fitted(table.features, table.groups)
    return Judge(selector, error, apart, conformal, likely, novelty, chosen)


def _scales(table: ScoreTable, errors: Numbers, which: Mask, settings: FitSettings) -> tuple[ErrorScale, Numbers]:
    """What an error's size is expected to be, and what it would have been expected to be in the table itself."""
    sizes = np.sqrt(np.nanmean(errors[which] ** 2, axis=1))
    part = table.rows(which)
    fitted = fit_error_scale(
        part.features, sizes, part.groups, replace(settings, members=max(1, settings.members // 2))
    )
    scales = np.full(len(table), np.exp(fitted.common))
    scales[which] = fitted.held_out()
    return fitted, scales
