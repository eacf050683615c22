"""Worlds in which three properties of a task decide how methods behave on it, and seven do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from samples import characteristics

from metapeft_core.embedding.behaviour import agreement, behaviour_distances, strangers
from metapeft_core.embedding.features import FEATURES, TaskFeatureExtractor
from metapeft_core.embedding.similarity import TaskSimilarityMetric
from metapeft_core.types import Spread, TaskCharacteristics

NOISE = 0.017
DECIDE = [FEATURES.index(name) for name in ("answers", "length", "complexity")]


@dataclass(frozen=True)
class World:
    """Instances, and what their scores would be without noise."""

    tasks: list[TaskCharacteristics]
    scores: np.ndarray
    true: np.ndarray
    groups: list[int]

    def part(self, which) -> World:
        """Some of the instances."""
        places = np.flatnonzero(which)
        return World(
            [self.tasks[n] for n in places], self.scores[which], self.true[which], [self.groups[n] for n in places]
        )


def made(count: int, seed: int, groups: int = 40, noise: float = NOISE) -> World:
    """Tasks of one group are somewhat alike; rules are the same in every world."""
    chance = np.random.default_rng(seed)
    of_group = chance.integers(0, groups, count)
    middles = chance.normal(size=(groups, 10))
    tasks = [task(0.7 * middles[group] + 0.7 * chance.normal(size=10)) for group in of_group]
    extractor = TaskFeatureExtractor.fitted(tasks)
    features = np.array([extractor.extract(each) for each in tasks])[:, DECIDE]
    rule = np.random.default_rng(7)
    bends = np.maximum(features @ rule.normal(size=(3, 12)) + rule.normal(size=12), 0)
    true = np.hstack([features, bends]) @ rule.normal(size=(15, 5)) * 0.01
    level = 0.6 + 0.1 * chance.normal(size=(count, 1))
    return World(tasks, true + level + noise * chance.normal(size=true.shape), true, of_group.tolist())


def task(z) -> TaskCharacteristics:
    """A task with ten independent properties, each as far from its usual value as `z` says."""
    plain = characteristics(0)
    length = 30 * 2.0 ** z[1]
    rows = round(200 * 2.0 ** z[0])
    classes = max(2, round(8 * 2.0 ** z[5]))
    values = {name: getattr(plain, name) for name in plain.__dataclass_fields__}
    return TaskCharacteristics(
        **values
        | {
            "dataset_size": rows,
            "sequence_length": Spread(1, length, length, length * (1.2 + abs(z[2])), 10 * length),
            "vocabulary_size": round(2000 * 2.0 ** z[3]),
            "type_token_ratio": float(np.clip(0.3 + 0.08 * z[4], 0, 1)),
            "classes": classes,
            "class_balance": float(np.clip(0.7 + 0.1 * z[7], 0, 1)),
            "label_noise": float(np.clip(0.2 + 0.06 * z[8], 0, 1)),
            "complexity_score": float(np.clip(0.5 + 0.15 * z[9], 0, 1)),
        }
    )


def held_out(world: World, vectors) -> float:
    """How well likeness of vectors agrees with likeness of true behaviour, among instances of other groups."""
    alike = TaskSimilarityMetric.COSINE.similarities(vectors, vectors)
    each = agreement(alike, behaviour_distances(world.true, NOISE), strangers(world.groups, len(world.tasks)))
    return float(np.nanmean(each))
