"""How good choices, probabilities and intervals were, in numbers. Knows scores; who chose is not its business."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from metapeft_core.selection.table import Mask, Numbers, Places

BINS = 10


def achieved(scores: Numbers, chosen: Places) -> Numbers:
    """What the chosen candidate scored, instance by instance."""
    return scores[np.arange(len(scores)), chosen]


def closed_gap(ours: Numbers, single: Numbers, oracle: Numbers) -> float:
    """The share of what an oracle gains over the best single choice that is gained; nan where there is none to gain."""
    room = float(np.mean(oracle) - np.mean(single))
    return float((np.mean(ours) - np.mean(single)) / room) if room > 0 else float("nan")


def near_share(scores: Numbers, ours: Numbers, floor: float) -> float:
    """How often the choice was best or within the noise floor of the best."""
    return float((ours >= scores.max(axis=1) - floor).mean())


def near_share_of_two(scores: Numbers, ranked: Numbers, floor: float) -> float:
    """The same for the better of the two that were expected to be best; `ranked` is what was expected of each."""
    two = np.argsort(-ranked, axis=1, kind="stable")[:, :2]
    better = np.take_along_axis(scores, two, axis=1).max(axis=1)
    return near_share(scores, better, floor)


def calibration_error(said: Numbers, came: Numbers, bins: int = BINS) -> float:
    """Mean distance of what was said from how often it came true, over parts of equal numbers of cases."""
    order = np.argsort(said.ravel(), kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [abs(said.ravel()[part].mean() - came.ravel()[part].mean()) * len(part) for part in parts]
    return float(np.sum(gaps) / len(order))


def calibration_noise(said: Numbers, bins: int = BINS, draws: int = 200, seed: int = 0) -> float:
    """The error that probabilities which are exactly right would show with so few cases, were these independent."""
    chance = np.random.default_rng(seed)
    came = (chance.random((draws, said.size)) < said.ravel()).astype(np.float64)
    return float(np.mean([calibration_error(said, line, bins) for line in came]))


def coverage(scores: Numbers, low: Numbers, high: Numbers) -> float:
    """How often a score lay in its interval."""
    seen = ~np.isnan(scores)
    return float(((scores >= low) & (scores <= high))[seen].mean())


def rank_correlation(expected: Numbers, scores: Numbers) -> float:
    """Spearman's, over the candidates of an instance, as a mean over the instances in which scores differ."""
    ranks = [(rankdata(line), rankdata(true)) for line, true in zip(expected, scores, strict=True) if np.ptp(true) > 0]
    found = [np.corrcoef(left, right)[0, 1] for left, right in ranks if np.ptp(left) > 0]
    return float(np.mean(found)) if found else float("nan")


def tie_hits(scores: Numbers, taken: Places, tied: Mask, floor: float) -> tuple[int, int]:
    """In how many instances a tie was called, and in how many of them what was taken was near the best."""
    called = tied.any(axis=1)
    near = achieved(scores, taken) >= scores.max(axis=1) - floor
    return int(called.sum()), int((called & near).sum())
