"""Whether the choice of a method is worth anything: every family of tasks judged by what was learned from all others.

    python -m benchmarks.selection [--members 16] [--seed 0] [--workers 2] [--store FILE]

Prints what `advisor evaluate selection` prints and keeps it in results/selection.{json,md}. Without a store it is the
experiences that ship.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from pathlib import Path
from typing import Any

from advisor.evaluation_tables import figure_in_words
from benchmarks.known import known_experiences
from benchmarks.table import write_results
from metapeft_core.selection.evaluation.report import OURS, ChoiceRow, SelectionReport
from metapeft_core.selection.evaluation.run import evaluate_selection
from metapeft_core.selection.fit import FitSettings
from metapeft_core.selection.judge import JudgeSettings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--store", type=Path)
    chosen = parser.parse_args()
    experiences = known_experiences(chosen.store)
    settings = JudgeSettings(bounds=(0.0, 1.0), fit=FitSettings(members=chosen.members, seed=chosen.seed))
    began = time.perf_counter()

    def watch(done: int, families: int) -> None:
        print(f"{done}/{families} families, {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)

    write(evaluate_selection(experiences, settings, chosen.workers, watch))


def write(found: SelectionReport) -> None:
    """Keep a report."""
    rows = [_row(row) for row in found.choices if row.where == "all" or row.who == OURS]
    summary: dict[str, Any] = {
        "cases": f"{found.cases} of {found.families} families",
        "noise floor": round(found.floor, 4),
        **{name: figure_in_words(name, value) for name, value in found.figures.items()},
        "probabilities said, and how often they came true": ", ".join(
            f"{said:.0%} {came:.0%}" for said, came, _ in found.reliability
        ),
    }
    write_results(
        "selection",
        "Choosing a method for families of tasks that were never seen",
        rows,
        {
            "who": "who chose",
            "where": "where",
            "cases": "cases",
            "score": "mean score",
            "gap": "closed gap (95 %)",
            "regret": "regret",
            "first": "near best",
            "first_two": "one of two near best",
            "p": "p against best single",
        },
        summary,
        [
            "Closed gap: 0 is the best single method, 1 an oracle that knows every score; its interval is over",
            "resampled families. Near: within the noise floor. Under limits a run that does not keep the limit is",
            "worth what guessing is worth. With shuffled features the same selector must lose its advantage.",
        ],
    )


def _row(row: ChoiceRow) -> dict[str, Any]:
    plain = dataclasses.asdict(row)
    return plain | {
        "score": f"{row.score:.4f}",
        "gap": f"{row.gap:.2f} ({row.gap_low:.2f} to {row.gap_high:.2f})",
        "closed_gap": row.gap,
        "regret": f"{row.regret:.4f}",
        "first": f"{row.first:.0%}",
        "first_two": "" if row.first_two is None else f"{row.first_two:.0%}",
        "p": f"{row.against_single.p_value:.3f}",
    }


if __name__ == "__main__":
    main()
