"""Fits the coefficients of the cost prediction to measured steps. Knows counts and samples, not how they were made.

Non-negative least squares on relative errors say what each count costs. Called by `benchmarks/cost.py --fit`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.optimize import nnls

from benchmarks.cost_samples import WRITTEN, Sample, measure_all
from metapeft_core import runtime
from metapeft_core.files import replaced_file
from metapeft_core.training.cost import number_bytes
from metapeft_core.training.cost_coefficients import PLACE
from metapeft_core.training.cost_memory import (
    FULL,
    block_counts,
    held_counts,
    judging_peak,
    kept_counts,
    logit_counts,
    spans_and_keys,
    training_peak,
)
from metapeft_core.training.cost_speed import Speed, measured_speed
from metapeft_core.training.cost_time import backward_counts, forward_counts, seconds, step_seconds, writing_counts

Table = dict[str, float]


def _solve(rows: Sequence[Table], wanted: Sequence[float]) -> Table:
    """Coefficients, none below zero, with the least squared relative errors."""
    names = sorted({name for row in rows for name in row})
    matrix = np.array([[row.get(name, 0.0) for name in names] for row in rows]) / np.array(wanted)[:, None]
    scale = np.maximum(np.abs(matrix).max(axis=0), 1e-30)
    solution, _ = nnls(matrix / scale, np.ones(len(rows)), maxiter=10_000)
    return {name: float(f"{value:.5g}") for name, value in zip(names, solution / scale, strict=True) if value > 0}


def _numbers(counted: Any, factor: float = 1.0, prefix: str = "") -> Table:
    return {prefix + name: factor * float(np.sum(value)) for name, value in counted.items()}


def fit_memory(samples: Sequence[Sample]) -> Table:
    """Coefficients of training, then those of judging and writing."""
    prices = _fit_training(samples) | _fit_judging(samples)
    written = [s for s in samples if s.prompts is not None]
    return prices | ({"cache": _fit_cache(written, prices)} if written else {})


def _fit_training(samples: Sequence[Sample]) -> Table:
    """Every sample peaks in one of three ways; which one is settled by fitting in turns."""
    number = number_bytes(runtime.current().device)
    shared = [_numbers(kept_counts(s.shape, s.batches), number) | _numbers(held_counts(s.shape), FULL) for s in samples]
    ways = [
        [
            both | _numbers(block_counts(s.shape, s.batches), number),
            both | _numbers(logit_counts(s.shape, s.batches), FULL),
            {"update": float(FULL * s.shape.trainable)},
        ]
        for s, both in zip(samples, shared, strict=True)
    ]
    wanted = [float(s.training_bytes) for s in samples]
    prices = {"logits": 6.0, "update": 8.0, "held": 5.0, "block_width": 10.0, "block_feed_forward": 5.0}
    for _ in range(30):
        chosen = [max(way, key=lambda row: _priced(row, prices)) for way in ways]
        prices = {"update": 6.0} | _solve(chosen, wanted)
    return prices


def _priced(row: Table, prices: Table) -> float:
    return sum(prices.get(name, 0.0) * value for name, value in row.items())


def _fit_judging(samples: Sequence[Sample]) -> Table:
    number = number_bytes(runtime.current().device)
    ways = []
    for s in samples:
        held = _numbers(held_counts(s.shape), FULL, "judge_")
        block = held | _numbers(block_counts(s.shape, s.judged), number, "judge_")
        ways.append([block, held | _numbers(logit_counts(s.shape, s.judged), FULL, "judge_")])
    wanted = [float(s.judging_bytes) for s in samples]
    prices = {"judge_held": 4.0, "judge_block_width": 10.0, "judge_logits": 3.0}
    for _ in range(30):
        prices = _solve([max(way, key=lambda row: _priced(row, prices)) for way in ways], wanted)
    return prices


def _fit_cache(samples: Sequence[Sample], prices: Table) -> float:
    ratios = []
    for s in samples:
        assert s.prompts is not None
        number = number_bytes(runtime.current().device)
        _, columns = spans_and_keys(s.shape, s.prompts, WRITTEN)
        cache = number * float(np.sum(2.0 * s.prompts.rows * columns * s.shape.key_width * s.shape.layers))
        known = _priced(_numbers(held_counts(s.shape), FULL, "judge_"), prices)
        known += _priced(_numbers(block_counts(s.shape, s.prompts, room=WRITTEN), number, "judge_"), prices)
        ratios.append(max(0.0, (s.writing_bytes - known) / cache))
    return float(f"{np.median(ratios):.5g}")


def fit_seconds(samples: Sequence[Sample], speed: Speed) -> Table:
    """Coefficients of steps and judgings together, so that both passes are told apart."""
    rows, wanted = [], []
    for s in samples:
        forward = _numbers(forward_counts(s.shape, s.batches, speed))
        rows += [forward | _numbers(backward_counts(s.shape, s.batches, speed))]
        rows += [_numbers(forward_counts(s.shape, s.judged, speed))]
        wanted += [s.step_seconds, s.judging_seconds]
    prices = _solve(rows, wanted)
    written = [s for s in samples if s.prompts is not None]
    return prices | (_fit_writing(written, speed, prices) if written else {})


def _fit_writing(samples: Sequence[Sample], speed: Speed, prices: Table) -> Table:
    rows, wanted = [], []
    for s in samples:
        assert s.prompts is not None
        work = _numbers(writing_counts(s.shape, s.prompts, WRITTEN, speed))
        known = _priced(_numbers(forward_counts(s.shape, s.prompts, speed, room=WRITTEN)), prices)
        if s.writing_seconds > known:
            rows.append(work)
            wanted.append(s.writing_seconds - known)
    return _solve(rows, wanted) if rows else {}


def fit(seed: int, each: int, say: Callable[[str], None]) -> None:
    """Measure, fit, and replace this device's numbers in the table."""
    speed = measured_speed()
    samples = measure_all(seed, each, say)
    table = json.loads(PLACE.read_text()) if PLACE.exists() else {"devices": {}}
    fitted = {k: {"memory": fit_memory(own), "seconds": fit_seconds(own, speed)} for k, own in samples.items()}
    for kind, own in samples.items():
        say(f"{kind}: {agreement(own, fitted[kind], speed)}")
    measured = {"environment": runtime.environment(), "seed": seed, "samples": sum(len(s) for s in samples.values())}
    table["devices"][runtime.current().device] = {**fitted, "measured": measured}
    with replaced_file(PLACE) as fresh:
        fresh.write_text(json.dumps(table, indent=2) + "\n")


def agreement(samples: Sequence[Sample], fitted: dict[str, Table], speed: Speed) -> str:
    """How well the numbers describe what they were fitted to: 90th percentiles of relative errors."""
    number = number_bytes(runtime.current().device)
    errors: dict[str, list[float]] = {"training memory": [], "judging memory": [], "step": [], "judging": []}
    for s in samples:
        told = {
            "training memory": training_peak(s.shape, s.batches, fitted["memory"], 0, number).total / s.training_bytes,
            "judging memory": judging_peak(s.shape, s.judged, fitted["memory"], 0, number).total / s.judging_bytes,
            "step": float(step_seconds(s.shape, s.batches, speed, fitted["seconds"])[0]) / s.step_seconds,
            "judging": float(seconds(forward_counts(s.shape, s.judged, speed), fitted["seconds"])[0])
            / s.judging_seconds,
        }
        for name, ratio in told.items():
            errors[name].append(abs(ratio - 1))
    return ", ".join(f"{n} {np.median(e):.0%} (p90 {np.quantile(e, 0.9):.0%})" for n, e in errors.items())
