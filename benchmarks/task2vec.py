"""Task2Vec vectors of every collected instance, and how well they tell which tasks belong together.

    python -m benchmarks.task2vec FOLDER... [--scratch FOLDER] [--timed 12]

Writes knowledge/experiences/task2vec.npz, by the digest of the rows: tasks and train sizes as `advisor collect` draws
them. What is there is kept, so a run that was stopped goes on; what only this benchmark needs is kept in `--scratch`.

Then every triplet is asked that can be formed: is an instance nearer, by cosine, to its partner than to an instance of
another family? Partners are of three kinds: the same task at another train size, whose rows are partly the same; 64
rows of the same task that share none; another task of the family. Shares are means over partners and strangers, then
over instances, then over families, with an interval (95%) from drawing families with replacement.

Sentence centroids are those that ship. Where none ships they are made in the same way by the core's own encoder.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.table import write_results
from knowledge.collecting.catalogue import Listed, catalogue, cut_to, read_listed
from knowledge.collecting.design import Candidate
from knowledge.embed import task_vector
from knowledge.records import Vector
from knowledge.shipped import read_shipped
from knowledge.task_vectors import FILE, read_task_vectors, write_task_vectors
from metapeft_core.backbones.sentence import embed_texts
from metapeft_core.data.task import Task
from metapeft_core.embedding.task2vec import Task2VecEmbedding
from metapeft_core.training.finetune import rows_digest
from metapeft_core.types import TRAIN_SIZES

APART = 64
"""Rows of the two samples of a task that share none."""
DRAWS = 2000
SEED = 0
TASK2VEC, TEXTS, LABELS, CENTROID, BOTH = (
    "Task2Vec",
    "its half of texts",
    "its half of labels",
    "sentence centroid",
    "Task2Vec and centroid",
)
OTHER_SIZE, APART_ROWS, RELATIVE = "same task, other size", "same task, no row shared", "same family, other task"
Table = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Instance:
    """Some rows of a task; `apart` are those that share none with the task's instance of 64."""

    task: str
    family: str
    size: int
    digest: str
    apart: bool = False


class Kept:
    """Vectors by digest, made where they are not known, and kept in a file where one is named."""

    def __init__(self, path: Path | None, made_with: str, known: Mapping[str, Vector] | None = None) -> None:
        self._path, self._made_with = path, made_with
        self.vectors = dict(known or {})
        if path is not None and path.exists():
            self.vectors = {**read_task_vectors(path, made_with), **self.vectors}
        self._new = False

    def want(self, digest: str, make: Callable[[], Vector]) -> None:
        """Make the vector if it is not there."""
        if digest not in self.vectors:
            self.vectors[digest] = make()
            self._new = True

    def save(self) -> None:
        """Keep what is new."""
        if self._new and self._path is not None:
            write_task_vectors(self.vectors, self._made_with, self._path)
            self._new = False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--scratch", type=Path, help="a folder that keeps what is not shipped between runs")
    parser.add_argument("--timed", type=int, default=12, help="tasks on whose largest instance the time is taken")
    chosen = parser.parse_args()
    listed = catalogue(chosen.folders)
    instances, vectors, centroids = embedded(listed, chosen.scratch)
    compared = tables(instances, vectors, centroids)
    rows = [row for name, table in compared.items() for row in shares(name, table, instances)]
    seconds = timed(listed[:: max(1, len(listed) // chosen.timed)])
    report(rows, instances, seconds)


def embedded(
    listed: Sequence[Listed], scratch: Path | None
) -> tuple[list[Instance], dict[str, Vector], dict[str, Vector]]:
    """Every instance, with its Task2Vec vector and its sentence centroid by digest."""
    embedding = Task2VecEmbedding()
    ours = Kept(FILE, embedding.fingerprint)
    beside = Kept(scratch and scratch / "apart.npz", embedding.fingerprint)
    centroids = Kept(scratch and scratch / "centroids.npz", "sentence centroids", shipped_centroids())
    instances = []
    for number, one in enumerate(listed):
        for instance, task in drawn(one):
            (beside if instance.apart else ours).want(instance.digest, partial(embedding.embed, task))
            centroids.want(instance.digest, partial(task_vector, task, embed_texts))
            instances.append(instance)
        for kept in (ours, beside, centroids):
            kept.save()
        print(f"{number + 1}/{len(listed)} {one.name}", flush=True)
    return instances, {**beside.vectors, **ours.vectors}, centroids.vectors


def drawn(listed: Listed) -> Iterator[tuple[Instance, Task]]:
    """The instances that runs are collected on, and 64 rows more that the instance of 64 does not hold."""
    whole = read_listed(listed)
    for size in Candidate(whole.name, whole.objective, len(whole.train)).sizes():
        task = cut_to(whole, size)
        yield Instance(listed.name, listed.family, size, rows_digest(task)), task
    known = {id(row) for row in whole.train} & {id(row) for row in cut_to(whole, APART).train}
    others = replace(whole, train=tuple(row for row in whole.train if id(row) not in known)).take(APART, SEED)
    yield Instance(listed.name, listed.family, APART, rows_digest(others), apart=True), others


def shipped_centroids() -> dict[str, Vector]:
    """The task vectors of the experiences that ship, by rows digest."""
    shipped = ((memory.experience.rows, memory.vector) for memory in read_shipped())
    return {rows: vector for rows, vector in shipped if rows}


def tables(
    instances: Sequence[Instance], vectors: Mapping[str, Vector], centroids: Mapping[str, Vector]
) -> dict[str, Table]:
    """What is compared: one unit vector an instance, in the order of the instances."""
    whole = np.stack([vectors[instance.digest] for instance in instances]).astype(np.float64)
    centre = np.stack([centroids[instance.digest] for instance in instances]).astype(np.float64)
    texts = Task2VecEmbedding().text_numbers
    found = {TASK2VEC: whole, TEXTS: whole[:, :texts], LABELS: whole[:, texts:], CENTROID: centre}
    found[BOTH] = np.concatenate([unit(whole), unit(centre)], axis=1)
    return {name: unit(table) for name, table in found.items()}


def unit(table: Table) -> Table:
    """Rows of length 1; a row of zeros stays, and is like nothing."""
    return np.asarray(table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12))


def shares(name: str, table: Table, instances: Sequence[Instance]) -> Iterator[dict[str, Any]]:
    """The share of triplets that are right, by kind of partner and by the size of the instance that is asked about."""
    alike = table @ table.T
    tasks, families = (np.array([getattr(i, what) for i in instances]) for what in ("task", "family"))
    apart = np.array([instance.apart for instance in instances])
    sizes = np.array([instance.size for instance in instances])
    same_task, same_family = tasks[:, None] == tasks, families[:, None] == families
    planned = ~apart[:, None] & ~apart
    kinds = {
        OTHER_SIZE: same_task & planned & ~np.eye(len(tasks), dtype=bool),
        APART_ROWS: same_task & (apart[:, None] != apart) & ((sizes[:, None] == APART) & (sizes == APART)),
        RELATIVE: same_family & ~same_task & planned,
    }
    for kind, partners in kinds.items():
        # Strangers are always of the plan: what is asked differs by the partner alone.
        right, count = answered(alike, partners, ~same_family & ~apart)
        for size in (None, *TRAIN_SIZES):
            meant = (count > 0) & (True if size is None else (sizes == size) & ~apart)
            if meant.any() and not (kind == APART_ROWS and size is not None):
                yield {
                    "vectors": name,
                    "partner": kind,
                    "size": size or "all",
                    **over_families(right, count, meant, families),
                }


def answered(alike: Table, partners: Mask, strangers: Mask) -> tuple[Table, Table]:
    """For every instance the share of its triplets that are right (ties count half), and how many it has."""
    right, count = np.zeros(len(alike)), np.zeros(len(alike))
    for i, row in enumerate(alike):
        near, far = row[partners[i]], row[strangers[i]]
        count[i] = len(near) * len(far)
        if count[i]:
            right[i] = np.mean((near[:, None] > far) + 0.5 * (near[:, None] == far))
    return right, count


def over_families(right: Table, count: Table, meant: Mask, families: npt.NDArray[Any]) -> dict[str, Any]:
    """The mean over families and its interval, with what was counted."""
    means = np.array([right[meant & (families == family)].mean() for family in sorted(set(families[meant]))])
    chosen = np.random.default_rng(SEED).integers(len(means), size=(DRAWS, len(means)))
    low, high = np.percentile(means[chosen].mean(axis=1), (2.5, 97.5))
    return {
        "right": round(float(means.mean()), 4),
        "from": round(float(low), 4),
        "to": round(float(high), 4),
        "by_instance": round(float(right[meant].mean()), 4),
        "families": len(means),
        "instances": int(meant.sum()),
        "triplets": int(count[meant].sum()),
    }


def timed(listed: Sequence[Listed]) -> list[tuple[float, float]]:
    """Seconds by the clock and by the processor that the largest instance of some tasks takes, all being loaded."""
    embedding = Task2VecEmbedding()
    embedding.embed(read_listed(listed[0]))
    found = []
    for one in listed:
        task = read_listed(one)
        began = time.perf_counter(), time.process_time()
        embedding.embed(task)
        found.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    return found


def report(
    rows: Sequence[Mapping[str, Any]], instances: Sequence[Instance], seconds: Sequence[tuple[float, float]]
) -> None:
    """Write the figures."""
    embedding = Task2VecEmbedding()
    clock, processor = np.array(seconds).T
    write_results(
        "task2vec",
        "Task2Vec: whether what is near belongs together",
        rows,
        {
            "vectors": "vectors",
            "partner": "partner",
            "size": "rows",
            "right": "right",
            "from": "from",
            "to": "to",
            "by_instance": "every instance the same",
            "families": "families",
            "instances": "instances",
            "triplets": "triplets",
        },
        {
            "made with": embedding.fingerprint,
            "numbers a vector": embedding.dimension,
            "instances that ship": sum(not instance.apart for instance in instances),
            "kilobytes of the file": round(FILE.stat().st_size / 1000),
            "seconds a task by the clock, median and longest": in_two(clock),
            "seconds a task by the processor, median and longest": in_two(processor),
            "tasks on which seconds were taken": len(seconds),
        },
        [
            "Right is the share of triplets in which the partner is nearer than the stranger, every family counting",
            "the same; half is chance. Rows are those of the instance that is asked about. An instance's rows at one",
            f"size are among those at the next, so `{OTHER_SIZE}` is easier than `{APART_ROWS}`. A centroid",
            "is made of up to 256 rows and 128 tokens a row, a Task2Vec vector of up to",
            f"{embedding.rows} rows and {embedding.tokens} tokens.",
            "",
            "Which layers have gains, the probe's penalty and the weight of the halves were chosen with these tasks in",
            "view: the figures of Task2Vec are not held out. Seconds suffer where the machine is busy, as it was.",
        ],
    )


def in_two(seconds: Table) -> str:
    """The median and the most."""
    return f"{np.median(seconds):.1f}, {seconds.max():.1f}"


if __name__ == "__main__":
    main()
