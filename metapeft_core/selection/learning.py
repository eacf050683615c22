"""One new experience joins what is known, in well under a second. Knows what was learned, no store.

The new case was foretold before it was learned, so its error is as honest as those of the held-out: intervals and
probabilities take it in. The network goes on for a few steps with the new case and with old ones that are drawn
beside it, so that what was learned before is not forgotten. Costs and settings wait until all is learned anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from metapeft_core.selection.cases import METHODS, Case, case_key, describe, described_cases, score_table_of, value_of
from metapeft_core.selection.fit import Prediction, refreshed
from metapeft_core.selection.judge import Judge
from metapeft_core.selection.network import NetworkShape
from metapeft_core.selection.novelty import Novelty
from metapeft_core.selection.recommend import Knowledge
from metapeft_core.selection.table import Numbers, ScoreTable
from metapeft_core.types import PEFTExperience

GOING_ON = NetworkShape(steps=5, learning_rate=0.002, weight_decay=0.01)
"""Short and careful: one case is no reason to unlearn two hundred."""


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What is known now, and how far off the foretelling of the new experience was."""

    known: Knowledge
    surprise: float


def learn_one(
    known: Knowledge, runs: Sequence[PEFTExperience], new: PEFTExperience, replayed: Sequence[PEFTExperience]
) -> Learned:
    """Learn `new`, which is one of `runs`; `replayed` are old ones to go on with beside it."""
    if new.characteristics is None:
        return Learned(known, 0.0)
    features = describe(new.characteristics, new.backbone)[None, :]
    foretold = known.judge.selector.predict(features)
    method = METHODS.index(new.method)
    error = value_of(new) - float(foretold.expected[0, method])
    cases = described_cases(runs)
    table = score_table_of(cases)
    held_out = _held_out(known, cases, foretold, case_key(new))
    wanted = {case_key(new), *(case_key(run) for run in replayed)}
    which = np.array([n for n, case in enumerate(cases) if case.key in wanted])
    selector = refreshed(known.judge.selector, table, held_out, which, GOING_ON)
    judge = _calibrated(replace(known.judge, selector=selector), table, features, error, cases, case_key(new))
    return Learned(replace(known, cases=cases, judge=judge), abs(error))


def _held_out(known: Knowledge, cases: Sequence[Case], foretold: Prediction, new: str) -> Prediction:
    """What was foretold of every case before it was learned, in the order of the cases as they are now."""
    old = known.judge.selector.held_out
    places = {case.key: place for place, case in enumerate(known.cases)}
    rows = [places.get(case.key) if case.key != new or new in places else None for case in cases]

    def lined_up(before: Numbers, now: Numbers) -> Numbers:
        return np.stack([now[0] if row is None else before[row] for row in rows])

    return Prediction(
        lined_up(old.expected, foretold.expected),
        lined_up(old.differences, foretold.differences),
        lined_up(old.disagreement, foretold.disagreement),
        lined_up(old.uncertainty, foretold.uncertainty),
    )


def _calibrated(
    judge: Judge, table: ScoreTable, features: Numbers, error: float, cases: Sequence[Case], key: str
) -> Judge:
    """Intervals and probabilities with the new error among theirs, and the new case among what is known."""
    conformal = judge.conformal.with_more(np.array([[error]]), judge.error.of(features)[:, None])
    row = next(place for place, case in enumerate(cases) if case.key == key)
    errors = table.scores[row] - judge.selector.held_out.expected[row]
    likely = judge.likely
    if (~np.isnan(errors)).sum() > 1:
        apart = (errors - np.nanmean(errors)) / judge.apart.of(features)[0]
        likely = replace(likely, errors=np.concatenate([likely.errors, apart[~np.isnan(apart)]]))
    return replace(judge, conformal=conformal, likely=likely, novelty=Novelty.fitted(table.features, table.groups))
