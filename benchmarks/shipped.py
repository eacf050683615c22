"""Puts what a store has measured among the experiences that ship, and writes down what they amount to.

    python -m benchmarks.shipped [--store FILE]

With a store, its measured experiences that do not ship yet become one more Parquet file under knowledge/experiences;
files that stand there are never rewritten. The published figures are made anew from their CSV. Without a store only the
table is written: counts, failures, the noise floor, and which method was best at which train size.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks.table import write_results
from knowledge.files import write_parquet
from knowledge.importing.figures import PUBLISHED, read_figures
from knowledge.records import Filter, Remembered
from knowledge.shipped import FOLDER, read_shipped
from knowledge.statistics import Overview, overview
from knowledge.store import ExperienceStore
from metapeft_core.types import PEFTMethod


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path)
    chosen = parser.parse_args()
    if chosen.store is not None:
        ship_published()
        ship_measured(chosen.store)
    write_table(overview([memory.experience for memory in read_shipped()]))


def ship_published() -> None:
    """The figures of others, as experiences."""
    write_parquet(read_figures(PUBLISHED, "published").memories, FOLDER / "published.parquet")


def ship_measured(path: Path) -> None:
    """What is new in a store, as one more file."""
    shipped = {memory.experience.id for memory in read_shipped()}
    with ExperienceStore(path) as store:
        found = [memory for _, memory in store.select(Filter(provenance="measured"))]
    new: list[Remembered] = [memory for memory in found if memory.experience.id not in shipped]
    if new:
        number = len(list(FOLDER.glob("measured-*.parquet"))) + 1
        write_parquet(new, FOLDER / f"measured-{number:03}.parquet")
    print(f"{len(new)} experiences of {path} were new")


def write_table(found: Overview) -> None:
    """What `advisor experiences stats` shows of the shipped set, to be kept."""
    summary: dict[str, Any] = {
        "experiences": found.experiences,
        "tasks": found.tasks,
        "families": found.families,
        **{name.replace("_", " "): ", ".join(f"{k} {v}" for k, v in c.items()) for name, c in found.counts.items()},
        "failures": f"{found.failures} ({found.failure_share:.1%} of the runs)",
    }
    if found.noise:
        summary["noise floor"] = (
            f"{found.noise.floor:.4f} from {found.noise.settings} settings, {found.noise.runs} runs"
        )
    rows = []
    for size in found.sizes:
        row: dict[str, Any] = {"size": size.size, "n": size.comparisons, "tied": f"{size.tied / size.comparisons:.0%}"}
        row["noise"] = f"{size.noise.floor:.3f}" if size.noise else ""
        for method in PEFTMethod:
            row[method] = f"{size.best[method] / size.comparisons:.0%} ({size.near[method] / size.comparisons:.0%})"
        rows.append(row)
    columns = {"size": "train size", "n": "comparisons", **{str(m): str(m) for m in PEFTMethod}}
    write_results(
        "experiences",
        "What the shipped experiences amount to",
        rows,
        columns | {"tied": "several within noise", "noise": "noise floor"},
        summary,
        [
            "A comparison is all five methods on the same rows and backbone, each with its best setting. A method's",
            "first figure is how often it was best, the one in brackets how often within the noise floor of the best.",
        ],
    )


if __name__ == "__main__":
    main()
