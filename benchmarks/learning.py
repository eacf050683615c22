"""What learning from one experience at a time does: to new tasks, to old ones, and to some that nobody learned from.

    python -m benchmarks.learning [--count 100] [--seed 0] [--store FILE]

Families of tasks are dealt into three parts: old ones that the system is fitted to, new ones whose experiences come one
by one, and others that stay unseen. Error is the mean distance of expected from real scores; the choice is what the
chosen method scored, of what the best would have.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.known import known_experiences
from benchmarks.table import write_results
from metapeft_core.selection.cases import Case, described_cases, score_table_of
from metapeft_core.system import MetaPEFTSystem
from metapeft_core.types import PEFTExperience, family_of

SHARES = {"old": 0.5, "new": 0.3, "unseen": 0.2}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", type=Path)
    chosen = parser.parse_args()
    every = known_experiences(chosen.store)
    runs = [run for run in every if run.provenance != "published"]
    parts = deal(runs, chosen.seed)
    fair = [case for case in described_cases(runs) if case.is_fair]
    cases = {name: [case for case in fair if case.family in families] for name, families in parts.items()}
    system = MetaPEFTSystem.fitted([run for run in runs if family_of(run) in parts["old"]])
    before = {name: judged(system, found) for name, found in cases.items()}
    chance = np.random.default_rng(chosen.seed)
    fresh = [run for run in runs if family_of(run) in parts["new"]]
    order = chance.permutation(len(fresh))[: chosen.count]
    seconds = [learned(system, fresh[place]) for place in order]
    after = {name: judged(system, found) for name, found in cases.items()}
    rows = [{"part": name, "cases": len(cases[name]), **_row(before[name], after[name])} for name in parts]
    write_results(
        "learning",
        f"Before and after learning from {len(seconds)} experiences, one at a time",
        rows,
        {
            "part": "tasks",
            "cases": "cases",
            "error_before": "error before",
            "error_after": "after",
            "regret_before": "regret of the choice before",
            "regret_after": "after",
        },
        {
            "seconds an experience, mean": round(float(np.mean(seconds)), 3),
            "seconds an experience, longest": round(max(seconds), 3),
            "experiences known before": len(system.buffer) - len(seconds),
        },
    )


def deal(runs: Sequence[PEFTExperience], seed: int) -> dict[str, set[str]]:
    """Families into parts by their shares."""
    families = sorted({family_of(run) for run in runs})
    order = [families[place] for place in np.random.default_rng(seed).permutation(len(families))]
    ends = np.cumsum([round(share * len(order)) for share in SHARES.values()])[:-1]
    return {name: set(part.tolist()) for name, part in zip(SHARES, np.split(np.array(order), ends), strict=True)}


def learned(system: MetaPEFTSystem, run: PEFTExperience) -> float:
    """Seconds that learning it took."""
    began = time.perf_counter()
    system.learn_from_experience(run)
    return time.perf_counter() - began


def judged(system: MetaPEFTSystem, cases: Sequence[Case]) -> dict[str, float]:
    """How well these cases are foretold."""
    table = score_table_of(cases)
    found = system.known.judge.selector.predict(table.features)
    chosen = table.scores[np.arange(len(table)), found.choices]
    return {
        "error": float(np.abs(table.scores - found.expected).mean()),
        "regret": float((table.scores.max(axis=1) - chosen).mean()),
    }


def _row(before: dict[str, float], after: dict[str, float]) -> dict[str, Any]:
    return {f"{name}_before": f"{before[name]:.4f}" for name in before} | {
        f"{name}_after": f"{after[name]:.4f}" for name in after
    }


if __name__ == "__main__":
    main()
