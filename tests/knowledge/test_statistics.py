"""The sums say what the runs say: counts, the spread of reruns, and who was best."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from samples import METHODS, card, characteristics, experience

from knowledge.statistics import comparisons, overview, size_of
from metapeft_core.score import noise_of
from metapeft_core.types import PEFTExperience, PEFTMethod


def run(method: PEFTMethod, score: float, seed: int = 0, rows: str = "r", **changes: object) -> PEFTExperience:
    number = abs(hash((method, score, seed, rows))) % 10**9
    values = {"method": method, "seed": seed, "rows": rows, "performance": {"accuracy": score}}
    return experience(number, **{"characteristics": characteristics(0), "backbone": card(), **values, **changes})


def five(scores: list[float], **changes: object) -> list[PEFTExperience]:
    return [run(method, score, **changes) for method, score in zip(METHODS, scores, strict=True)]


def test_the_noise_floor_is_what_two_reruns_typically_differ_by():
    chance = np.random.default_rng(0)
    runs = []
    for number in range(2000):
        runs += [run(METHODS[0], 0.7 + 0.02 * chance.normal(), seed, rows=f"r{number}") for seed in (0, 1)]
    noise = noise_of(runs)
    assert (noise.settings, noise.runs) == (2000, 4000)
    assert noise.deviation == pytest.approx(0.02, rel=0.05)
    pairs = [(runs[i].performance["accuracy"] - runs[i + 1].performance["accuracy"]) for i in range(0, 4000, 2)]
    assert noise.floor == pytest.approx(math.sqrt(np.mean(np.square(pairs))), rel=1e-9)


def test_reruns_of_different_settings_are_no_reruns():
    runs = [run(METHODS[0], 0.5), run(METHODS[0], 0.9, seed=1, hyperparameters={"rank": 4})]
    assert noise_of(runs) is None
    assert noise_of([run(METHODS[0], 0.5), run(METHODS[0], 0.9, seed=1, rows="other")]) is None
    assert noise_of([run(METHODS[0], 0.5), run(METHODS[0], 0.9, seed=1, steps=7)]) is None
    assert noise_of([run(METHODS[0], 0.5), run(METHODS[0], 0.0, seed=1, outcome="diverged")]) is None


def test_a_comparison_takes_each_methods_best_setting_where_all_five_were_run():
    runs = [*five([0.5, 0.6, 0.7, 0.6, 0.5]), run(METHODS[0], 0.9, hyperparameters={"rank": 2})]
    assert comparisons(runs) == [dict(zip(METHODS, [0.9, 0.6, 0.7, 0.6, 0.5], strict=True))]
    assert comparisons(runs[1:-1]) == []
    assert comparisons(five([0.5] * 5, backbone=experience(2).backbone)[:3] + runs[3:5]) == []
    assert comparisons(five([0.5] * 5, seed=1)) == []
    assert comparisons(five([0.5] * 5, outcome="failed")) == []


def test_wins_ties_and_near_ties_are_counted():
    reruns = [
        run(METHODS[0], score, seed, rows="n", hyperparameters={"rank": 1}) for seed, score in ((0, 0.5), (1, 0.52))
    ]
    runs = [
        *reruns,
        *five([0.80, 0.79, 0.70, 0.60, 0.50], rows="a"),
        *five([0.60, 0.70, 0.70, 0.60, 0.50], rows="b"),
        *five([0.10, 0.20, 0.30, 0.40, 0.50], rows="c"),
    ]
    (row,) = overview(runs).sizes
    assert row.noise.floor == pytest.approx(0.02)
    assert (row.size, row.comparisons, row.tied) == ("16", 3, 2)
    assert [row.best[method] for method in METHODS] == [1, 0.5, 0.5, 0, 1]
    assert [row.near[method] for method in METHODS] == [1, 2, 1, 0, 1]


def test_counts_and_the_share_of_failures_leave_published_figures_out():
    runs = [experience(n) for n in range(100)] + [experience(100 + n, outcome="diverged") for n in range(10)]
    runs += [experience(200 + n, provenance="published", characteristics=None) for n in range(40)]
    found = overview(runs)
    assert (found.experiences, found.failures) == (150, 10)
    assert found.failure_share == pytest.approx(10 / 110)
    assert found.counts["provenance"] == {"measured": 110, "published": 40}
    assert found.counts["train_size"]["unknown"] == 40
    assert sum(found.counts["method"].values()) == 150
    assert found.tasks == len({e.task for e in runs})


def test_nothing_has_no_statistics():
    found = overview([])
    assert (found.experiences, found.failure_share, found.noise, found.sizes) == (0, 0.0, None, ())


@pytest.mark.parametrize(("rows", "size"), [(3, "16"), (16, "16"), (17, "64"), (416, "1000"), (1001, "larger")])
def test_a_train_size_counts_under_the_next_that_is_told_apart(rows: int, size: str):
    facts = dataclasses.replace(characteristics(0), dataset_size=rows)
    assert size_of(experience(1, characteristics=facts)) == size
