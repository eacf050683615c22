"""A network that puts tasks close together on which the methods behave alike. Knows features, not what made them."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import numpy.typing as npt

from metapeft_core.embedding.behaviour import Scores
from metapeft_core.embedding.features import FEATURES, Features, TaskFeatureExtractor
from metapeft_core.embedding.train import IMPROVING, TRAINING, EmbeddingTraining, train
from metapeft_core.errors import SettingsError
from metapeft_core.files import replaced_file
from metapeft_core.types import TaskCharacteristics

Embeddings = npt.NDArray[np.float32]
"""Unit vectors, one a row."""
WIDTHS = (len(FEATURES), 64, 128, 128)
FORMAT = "1"


class Dense(nn.Module):
    """A linear layer from a key of its own (He et al. 2015): MLX's draws from the generator that all share."""

    def __init__(self, inputs: int, outputs: int, key: mx.array) -> None:
        super().__init__()
        self.weight = mx.random.normal((outputs, inputs), key=key) * (2 / inputs) ** 0.5
        self.bias = mx.zeros(outputs)

    def __call__(self, x: mx.array) -> mx.array:
        return x @ self.weight.T + self.bias


class TaskEmbeddingNetwork(nn.Module):
    """Three layers, 10 -> 64 -> 128 -> 128; what comes out has length 1."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        keys = mx.random.split(mx.random.key(seed), len(WIDTHS) - 1)
        self.layers = [Dense(i, o, key) for i, o, key in zip(WIDTHS[:-1], WIDTHS[1:], keys, strict=True)]

    def __call__(self, features: mx.array) -> mx.array:
        x = features
        for layer in self.layers[:-1]:
            x = nn.relu(layer(x))
        x = self.layers[-1](x)
        return x * mx.rsqrt((x * x).sum(axis=-1, keepdims=True) + 1e-12)

    def embed(self, features: Features) -> Embeddings:
        """A unit vector for each line of features, which are scaled as TaskFeatureExtractor scales them."""
        table = np.asarray(features, dtype=np.float32)
        if table.ndim != 2 or table.shape[1] != WIDTHS[0]:
            raise ValueError(f"features have the shape {table.shape}: give lines of {WIDTHS[0]} numbers")
        return np.asarray(self(mx.array(table))) if len(table) else np.zeros((0, WIDTHS[-1]), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class TaskEmbedder:
    """Scales of the features and the network that was trained on them; never changed, only followed by a better one."""

    extractor: TaskFeatureExtractor
    network: TaskEmbeddingNetwork

    @classmethod
    def fitted(
        cls,
        tasks: Sequence[TaskCharacteristics],
        scores: Scores,
        noise: float,
        groups: Sequence[Hashable] | None = None,
        *,
        seed: int = 0,
        training: EmbeddingTraining = TRAINING,
    ) -> Self:
        """Learn from instances: the task of each, and how candidates scored on it (nan where one was not tried).

        `noise` is the standard deviation of a score between runs that differ by their seed alone. Instances of one
        group, such as a family of tasks, are not compared with each other, and each group counts the same.
        """
        found = cls(TaskFeatureExtractor.fitted(tasks), TaskEmbeddingNetwork(seed))
        train(found.network, found.features(tasks), scores, noise, groups, seed=seed, training=training)
        return found

    def improved(
        self,
        tasks: Sequence[TaskCharacteristics],
        scores: Scores,
        noise: float,
        groups: Sequence[Hashable] | None = None,
        *,
        seed: int = 0,
        training: EmbeddingTraining = IMPROVING,
    ) -> Self:
        """One that goes on from these weights with all instances, those that came since included.

        The scales stay: other ones would give the weights another meaning.
        """
        found = type(self)(self.extractor, copy.deepcopy(self.network))
        train(found.network, found.features(tasks), scores, noise, groups, seed=seed, training=training)
        return found

    def embed(self, tasks: Sequence[TaskCharacteristics]) -> Embeddings:
        """A unit vector for each task."""
        return self.network.embed(self.features(tasks))

    def features(self, tasks: Sequence[TaskCharacteristics]) -> Features:
        """What the network sees of each task."""
        return np.array([self.extractor.extract(task) for task in tasks]).reshape(len(tasks), WIDTHS[0])

    def save(self, path: Path) -> None:
        """Write everything to one safetensors file, whole or not at all."""
        facts = {"format": FORMAT, "extractor": self.extractor.to_json()}
        with replaced_file(path) as fresh, fresh.open("wb") as file:
            mx.save_safetensors(file, _tensors(self.network), metadata=facts)

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote."""
        try:
            loaded: Any = mx.load(str(path), format="safetensors", return_metadata=True)
            tensors, facts = loaded
            if facts.get("format") != FORMAT:
                raise ValueError(f"its format is {facts.get('format')!r}, not {FORMAT!r}")
            network = TaskEmbeddingNetwork()
            _put(network, tensors)
            return cls(TaskFeatureExtractor.from_json(facts["extractor"]), network)
        except (OSError, RuntimeError, ValueError, KeyError, TypeError) as fault:
            raise SettingsError(f"{path} holds no task embedding ({fault}): train it again") from fault


def _tensors(network: TaskEmbeddingNetwork) -> dict[str, mx.array]:
    return {f"layers.{n}.{name}": layer[name] for n, layer in enumerate(network.layers) for name in ("weight", "bias")}


def _put(network: TaskEmbeddingNetwork, tensors: dict[str, mx.array]) -> None:
    wanted = {name: tensor.shape for name, tensor in _tensors(network).items()}
    there = {name: tensor.shape for name, tensor in tensors.items()}
    if wanted != there:
        raise ValueError(f"its tensors are {there}, and not {wanted}")
    for number, layer in enumerate(network.layers):
        layer.weight, layer.bias = (tensors[f"layers.{number}.{name}"] for name in ("weight", "bias"))
    mx.eval(network.parameters())
