"""Whether task vectors put tasks together on which the methods behave alike, and tasks that belong together.

    python -m benchmarks.embedding [--seeds 5]

On the shipped experiences, with whole families of tasks held out; networks and scales are made from the others alone.
Behaviour: for every instance (rows and backbone) of a held-out family, the rank correlation over instances of other
families between the likeness of their vectors and the likeness of their behaviours. Against the families that were
learned from, one family is held out at a time; there a network may know of each instance how far it lies from all, so
an order by that alone stands beside it. With both held out, a quarter of the families is, and the order is among them.
Triplets: a set of rows, another one that belongs to it, and one of another family; right if the former is the nearer.
Every family counts the same, and intervals (95%) are from drawing families with replacement.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.table import write_results
from knowledge.behaviours import Behaviours, Instance, behaviours_of
from knowledge.records import Remembered
from knowledge.shipped import read_shipped
from metapeft_core.embedding.behaviour import agreement, behaviour_distances, strangers
from metapeft_core.embedding.network import TaskEmbedder
from metapeft_core.embedding.similarity import TaskSimilarityMetric
from metapeft_core.embedding.train import TRAINING, EmbeddingTraining
from metapeft_core.selection.folds import group_folds
from metapeft_core.selection.statistical_tester import StatisticalTester
from metapeft_core.types import TaskCharacteristics, family_of

Table = npt.NDArray[np.float64]
NETWORK_SHARE = 0.3
"""Of the network in the concatenation, as a share of the squared length; set before anything was measured."""
UNTRAINED = EmbeddingTraining(steps=0)
TESTER = StatisticalTester()
QUARTERS = 4
LEARNED, UNSEEN = "behaviour, against learned families", "behaviour, both held out"
TYPICAL = "no vector: the most usual first"
RAW, ANGLE, EMPTY, TRAINED, CENTROID, BOTH = (
    "raw features, by distance",
    "raw features, by angle",
    "untrained network",
    "trained network",
    "sentence centroid",
    f"centroid and {NETWORK_SHARE:g} of the network",
)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A set of rows: where it lies by its texts, and what it belongs to."""

    task: str
    family: str
    characteristics: TaskCharacteristics
    vector: npt.NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="networks are trained from so many beginnings")
    seeds = range(parser.parse_args().seeds)
    memories = read_shipped()
    known, places = behaviours_of(memories), described(memories)
    per_family = measure_behaviour(known, seeds)
    rows = [*behaviour_rows(per_family), *measure_triplets(known, places, seeds)]
    write_results(
        "embedding",
        "Task vectors: whether what is near behaves alike, and belongs together",
        rows,
        {
            "measure": "measure",
            "vectors": "vectors",
            "value": "value",
            "low": "from",
            "high": "to",
            "families": "families",
            "tasks": "tasks",
            "anchors": "anchors",
            "pairs": "pairs",
        },
        summary_of(known, places, per_family),
        [
            "Behaviour: mean Spearman correlation of an instance's likeness to the instances of other families, by",
            "their vectors and by what the methods scored on them; 0 is chance, and noise keeps it below 1. Triplets:",
            "share that is right; 0.5 is chance. `anchors` are the sets of rows or instances that are asked about.",
        ],
    )


def described(memories: Sequence[Remembered]) -> list[Place]:
    """One place for each set of rows whose characteristics are known, those with few methods included."""
    found: dict[tuple[str, str], Place] = {}
    for memory in memories:
        experience = memory.experience
        if experience.characteristics is not None:
            place = Place(experience.task, family_of(experience), experience.characteristics, memory.vector)
            found.setdefault((experience.task, experience.rows), place)
    return list(found.values())


def trained_without(known: Behaviours, held: Set[str], seed: int, training: EmbeddingTraining) -> TaskEmbedder:
    """A network that never saw these families."""
    kept = [place for place, family in enumerate(known.families) if family not in held]
    tasks, families = [known.tasks[place] for place in kept], [known.families[place] for place in kept]
    return TaskEmbedder.fitted(tasks, known.scores[kept], known.noise, families, seed=seed, training=training)


Likeness = dict[str, list[Table]]
"""By the kind of vectors: tables of how alike all things are, one for each seed."""


def likeness(known: Behaviours, held: Set[str], things: Sequence[Instance | Place], seeds: Sequence[int]) -> Likeness:
    """How alike things seem to those who know nothing of the families that are held out."""
    tasks = [thing.characteristics for thing in things]
    cosine = TaskSimilarityMetric.COSINE.similarities
    trained = [trained_without(known, held, seed, TRAINING) for seed in seeds]
    empty = [trained_without(known, held, seed, UNTRAINED) for seed in seeds]
    features = trained[0].features(tasks)
    centroid = cosine(*[np.stack([thing.vector for thing in things])] * 2)
    ours = [cosine(*[embedder.embed(tasks)] * 2) for embedder in trained]
    return {
        RAW: [TaskSimilarityMetric.EUCLIDEAN.similarities(features, features)],
        ANGLE: [cosine(features, features)],
        EMPTY: [cosine(*[embedder.embed(tasks)] * 2) for embedder in empty],
        TRAINED: ours,
        CENTROID: [centroid],
        BOTH: [(1 - NETWORK_SHARE) * centroid + NETWORK_SHARE * table for table in ours],
    }


PerFamily = Mapping[tuple[str, str], Mapping[str, float]]
"""By measure and vectors: the mean of each family."""


def measure_behaviour(known: Behaviours, seeds: Sequence[int]) -> PerFamily:
    """Rank correlations against families that were learned from, and between families that were not."""
    apart = behaviour_distances(known.scores, known.noise)
    found: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for family in dict.fromkeys(known.families):
        inside = np.array([other == family for other in known.families])
        counted = inside[:, None] & ~inside[None, :]
        alike = likeness(known, {family}, known.instances, seeds)
        usual = -np.nanmean(apart[np.ix_(~inside, ~inside)], axis=0)
        alike[TYPICAL] = [np.tile(_spread(usual, ~inside), (len(inside), 1))]
        for name, tables in alike.items():
            found[LEARNED, name][family] += [float(np.nanmean(agreement(table, apart, counted))) for table in tables]
    for seed in seeds:
        quarters = group_folds(known.families, QUARTERS, seed)
        for quarter in range(QUARTERS):
            inside = quarters == quarter
            counted = inside[:, None] & inside[None, :] & strangers(known.families, len(inside))
            held = {family for family, held in zip(known.families, inside, strict=True) if held}
            for name, tables in likeness(known, held, known.instances, [seed]).items():
                each = agreement(tables[0], apart, counted)
                for family, value in zip(known.families, each, strict=True):
                    if not np.isnan(value):
                        found[UNSEEN, name][family].append(float(value))
    return {key: {family: float(np.mean(each)) for family, each in values.items()} for key, values in found.items()}


def _spread(values: Table, places: npt.NDArray[np.bool_]) -> Table:
    whole = np.zeros(len(places))
    whole[places] = values
    return whole


def behaviour_rows(per_family: PerFamily) -> list[dict[str, Any]]:
    """A line for each measure and kind of vectors."""
    rows = []
    for (measure, name), values in per_family.items():
        rows.append({"measure": measure, "vectors": name, **interval(values), "per_family": values})
    return sorted(rows, key=lambda row: str(row["measure"]))


def interval(values: Mapping[str, float]) -> dict[str, Any]:
    """The mean over families, and where it lies when families are drawn again."""
    found = TESTER.compare(list(values.values()), np.zeros(len(values)))
    return {"value": found.difference, "low": found.low, "high": found.high, "families": found.groups}


BELONGS: Mapping[str, Callable[[Place, Place], bool]] = {
    "triplets: same task, other rows": lambda a, b: a.task == b.task and a is not b,
    "triplets: same family, other task": lambda a, b: a.family == b.family and a.task != b.task,
    "triplets: same task or family": lambda a, b: a.family == b.family and a is not b,
}


def measure_triplets(known: Behaviours, places: Sequence[Place], seeds: Sequence[int]) -> list[dict[str, Any]]:
    """For each kind of belonging and of vectors: the share of triplets that is right, by task, then by family."""
    shares: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    counts = {measure: {"tasks": 0, "anchors": 0, "pairs": 0} for measure in BELONGS}
    for family in dict.fromkeys(place.family for place in places):
        own = [number for number, place in enumerate(places) if place.family == family]
        friends = {
            measure: {a: [b for b in own if belongs(places[a], places[b])] for a in own}
            for measure, belongs in BELONGS.items()
        }
        if not any(any(found.values()) for found in friends.values()):
            continue
        alike = likeness(known, {family}, places, seeds)
        foreign = [number for number, place in enumerate(places) if place.family != family]
        for measure, of_anchor in friends.items():
            asked = {a: found for a, found in of_anchor.items() if found}
            counts[measure]["tasks"] += len({places[a].task for a in asked})
            counts[measure]["anchors"] += len(asked)
            counts[measure]["pairs"] += sum(map(len, asked.values()))
            for name, tables in alike.items() if asked else ():
                by_task: dict[str, list[float]] = defaultdict(list)
                for a, found in asked.items():
                    by_task[places[a].task] += [right(table[a], found, foreign) for table in tables]
                shares[measure, name][family] += [float(np.mean(values)) for values in by_task.values()]
    rows = []
    for measure in BELONGS:
        for name in (RAW, ANGLE, EMPTY, TRAINED, CENTROID, BOTH):
            values = {family: float(np.mean(each)) for family, each in shares[measure, name].items()}
            told = interval(values) if values else {"value": "none", "families": 0}
            rows.append({"measure": measure, "vectors": name, **told, **counts[measure], "per_family": values})
    return rows


def right(alike: Table, friends: Sequence[int], foreign: Sequence[int]) -> float:
    """How often one that belongs is nearer than one of another family; equally near counts half."""
    difference = alike[friends][:, None] - alike[foreign][None, :]
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


def summary_of(known: Behaviours, places: Sequence[Place], per_family: PerFamily) -> dict[str, Any]:
    """What was looked at, and by how much the trained network is better or worse than each of the others."""
    told: dict[str, Any] = {
        "instances": f"{len(known.instances)} on {len({i.task for i in known.instances})} tasks "
        f"of {len(set(known.families))} families",
        "sets of rows for triplets": f"{len(places)} of {len({place.task for place in places})} tasks",
        "noise of a score (standard deviation)": known.noise,
    }
    for measure, others in ((LEARNED, (TYPICAL, RAW, EMPTY, CENTROID)), (UNSEEN, (RAW, EMPTY, CENTROID))):
        ours = per_family[measure, TRAINED]
        for name in others:
            theirs = per_family[measure, name]
            found = TESTER.compare(list(ours.values()), [theirs[family] for family in ours])
            told[f"{measure}: trained network less {name}"] = (
                f"{found.difference:+.3f} ({found.low:+.3f} to {found.high:+.3f})"
            )
    return told


if __name__ == "__main__":
    main()
