"""What more experience is worth to the judgement: the same evaluation, learned from a part of the families only.

    python -m benchmarks.selection_curve [--shares 0.25 0.5 0.75 1] [--seeds 3] [--members 16] [--store FILE]

Every family is judged by what was learned from so many of the others, drawn anew for each. Each seed draws other
families and makes other networks; the last share, 1, shows what the seed of the networks alone does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.known import known_experiences
from benchmarks.table import write_results
from metapeft_core.selection.evaluation.report import OURS, SHUFFLED, SelectionReport
from metapeft_core.selection.evaluation.run import evaluate_selection
from metapeft_core.selection.fit import FitSettings
from metapeft_core.selection.judge import JudgeSettings

RIVALS = {"selector": OURS, "neighbours": "nearest neighbours", "forest": "random forest", "shuffled": SHUFFLED}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.25, 0.5, 0.75, 1.0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--members", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--store", type=Path)
    chosen = parser.parse_args()
    experiences = known_experiences(chosen.store)
    rows = []
    for share in chosen.shares:
        found = []
        for seed in range(chosen.seeds):
            settings = JudgeSettings(bounds=(0.0, 1.0), fit=FitSettings(members=chosen.members, seed=seed))
            found.append(evaluate_selection(experiences, settings, chosen.workers, lambda *_: None, share))
            print(f"share {share:g}, seed {seed}: {found[-1].row(OURS).gap:.3f}", file=sys.stderr, flush=True)
        rows.append(row_of(share, found))
    write(rows)


def row_of(share: float, found: Sequence[SelectionReport]) -> dict[str, Any]:
    """The means over the seeds, and the closed gap of each."""
    first = found[0]
    names = ("mean error of expected score", "interval coverage", "interval width", "calibration error")
    means: dict[str, Any] = {name: float(np.mean([one.figures[name] for one in found])) for name in names}
    gaps = {key: [one.row(who).gap for one in found] for key, who in RIVALS.items()}
    return {
        "share": share,
        "families": round(share * (first.families - 1)),
        **{
            key: f"{np.mean(values):.2f} ({', '.join(f'{value:.2f}' for value in values)})"
            for key, values in gaps.items()
        },
        "gaps": gaps,
        "near": f"{np.mean([one.row(OURS).first for one in found]):.0%}",
        **{name: round(value, 3) for name, value in means.items()},
    }


def _each(values: Sequence[float]) -> str:
    return f"{np.mean(values):.2f} ({', '.join(f'{value:.2f}' for value in values)})"


def write(rows: Sequence[dict[str, Any]]) -> None:
    """Keep the curve."""
    write_results(
        "selection_curve",
        "The judgement over the number of families that it learned from",
        rows,
        {
            "families": "families",
            "selector": "closed gap (each seed)",
            "neighbours": "nearest neighbours",
            "forest": "random forest",
            "shuffled": "features shuffled",
            "near": "near best",
            "mean error of expected score": "error of expected score",
            "interval coverage": "coverage",
            "interval width": "width",
            "calibration error": "calibration error",
        },
        {},
        [
            "Closed gap: 0 is the best single method, chosen from the same part of the families; 1 is an oracle. The",
            "columns from `near best` on are of the selector, as means over the seeds.",
        ],
    )


if __name__ == "__main__":
    main()
