"""How fast and how completely similar experiences are found, beside comparing all vectors with NumPy.

    python -m benchmarks.recall [--rows 10000] [--queries 300] [--seed 0]

Both sides search the same unit vectors for the top 10 under the same filters, query by query in turns. Ours is the
whole way a user's question takes: Chroma, the store's own check of the filter, and the experiences read back; NumPy's
is the product with all vectors in memory, the filter as a ready mask, and the rows of the ten best. The vectors lie in
clusters, as the texts of related tasks do. Opening and rebuilding are measured once each.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.table import write_results
from knowledge.index import TaskIndex
from knowledge.records import WIDTH, Filter, Remembered, Vector, Vectors
from knowledge.shipped import read_shipped
from knowledge.store import ExperienceStore
from metapeft_core.types import PEFTExperience, PEFTMethod

Mask = npt.NDArray[np.bool_]
TOP = 10
CLUSTERS = 400
LIMIT_MS = 5.0
FILTERS: Sequence[tuple[str, Filter]] = (
    ("none", Filter()),
    ("method", Filter(method=PEFTMethod.LORA)),
    ("backbone size", Filter(parameters_at_most=20_000_000)),
    ("language", Filter(language="de")),
    ("provenance", Filter(provenance="user")),
    ("method and task type", Filter(method=PEFTMethod.P_TUNING, task_type="topic")),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    chance = np.random.default_rng(chosen.seed)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "experiences.sqlite"
        vectors = clustered(chosen.rows + chosen.queries, chance)
        known, asked = vectors[: chosen.rows], vectors[chosen.rows :]
        memories = made_up(known, chance)
        rows, opening = measure(path, memories, known, asked)
    write_results(
        "recall",
        f"Finding the {TOP} most similar of {chosen.rows:,} experiences",
        rows,
        {
            "filter": "filter",
            "share": "share that passes",
            "ours_p50": "ours p50 (ms)",
            "ours_p95": "ours p95 (ms)",
            "numpy_p50": "NumPy p50 (ms)",
            "numpy_p95": "NumPy p95 (ms)",
            "recall": f"recall@{TOP}",
        },
        {
            f"p95 of {LIMIT_MS:g} ms or less under every filter": all(row["ours_p95"] <= LIMIT_MS for row in rows),
            **opening,
        },
    )


def clustered(count: int, chance: np.random.Generator) -> Vectors:
    """Unit vectors around centres; within a cluster the cosine is about .8, between clusters about 0."""
    centres = chance.normal(size=(CLUSTERS, WIDTH))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    noise = chance.normal(size=(count, WIDTH)) / np.sqrt(WIDTH)
    found = centres[chance.integers(0, CLUSTERS, count)] + 0.5 * noise
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


def made_up(vectors: Vectors, chance: np.random.Generator) -> list[Remembered]:
    """Shipped experiences over and over, each on a task vector of its own, with their filtered properties drawn."""
    patterns = [memory.experience for memory in read_shipped()]
    return [Remembered(_varied(patterns[n % len(patterns)], n, chance), vector) for n, vector in enumerate(vectors)]


def _varied(pattern: PEFTExperience, number: int, chance: np.random.Generator) -> PEFTExperience:
    language = str(chance.choice(["en", "de", "sl", "fr"], p=[0.7, 0.1, 0.1, 0.1]))
    kind = str(chance.choice(["sentiment", "topic", "nli", "intent"]))
    facts = pattern.characteristics and replace(pattern.characteristics, language=language, task_type=kind)
    return replace(
        pattern,
        id=f"{number:016x}-0",
        characteristics=facts,
        method=list(PEFTMethod)[int(chance.integers(5))],
        provenance="user" if chance.random() < 0.05 else "measured",
        stated={"language": language, "task_type": kind},
    )


def measure(
    path: Path, memories: Sequence[Remembered], known: Vectors, asked: Vectors
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Every filter, and how long it took to have an index."""
    folder = path.with_name("index")
    with ExperienceStore(path) as store:
        store.add(*memories)
        opening = {}
        with TaskIndex(store, folder) as index:
            opening["index built from the store (s)"] = round(_seconds(index.refresh), 2)
        with TaskIndex(store, folder) as index:
            opening["index opened as it was left (s)"] = round(_seconds(index.refresh), 2)
        for file in (path for path in folder.rglob("*") if path.is_file()):
            file.write_bytes(np.random.default_rng(0).bytes(file.stat().st_size))
        with TaskIndex(store, folder) as index:
            opening["opened after its files were filled with random bytes (s)"] = round(_seconds(index.refresh), 2)
            index.nearest(asked[0], TOP)
            rows = []
            for name, wanted in FILTERS:
                passing = {memory.experience.id for _, memory in store.select(wanted)}
                mask = np.array([memory.experience.id in passing for memory in memories])
                rows.append({"filter": name, **compare(wanted, mask, index, memories, known, asked)})
    return rows, opening


def compare(
    wanted: Filter, mask: Mask, index: TaskIndex, memories: Sequence[Remembered], known: Vectors, asked: Vectors
) -> dict[str, Any]:
    """One filter, query by query in turns."""
    ours, plain, hits = [], [], 0
    for vector in asked:
        began = time.perf_counter()
        found = index.nearest(vector, TOP, wanted)
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        exact = brute_force(known, mask, vector)
        plain.append(time.perf_counter() - began)
        hits += len({near.memory.experience.id for near in found} & {memories[i].experience.id for i in exact})
    told: dict[str, Any] = {"share": round(float(mask.mean()), 3), "recall": round(hits / (TOP * len(asked)), 4)}
    for side, seconds in (("ours", ours), ("numpy", plain)):
        told |= {f"{side}_p{q}": round(1000 * float(np.percentile(seconds, q)), 2) for q in (50, 95)}
    return told


def brute_force(known: Vectors, mask: Mask, vector: Vector) -> list[int]:
    """The rows of the ten best that pass."""
    alike = np.where(mask, known @ vector, -2.0)
    best = np.argpartition(-alike, TOP)[:TOP]
    return [int(i) for i in best[np.argsort(-alike[best])] if mask[i]]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
