"""A linear model with weights of a byte: what the features of something speak for. Knows no feature and no value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import safe_open

SUREST = 50.0
"""No value is surer than this, as a logarithm of odds."""


@dataclass(frozen=True, slots=True)
class Linear:
    """For each feature and value what the one speaks for and against the other."""

    weights: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]
    """What those of each value are multiplied by."""
    offsets: npt.NDArray[np.float32]

    @classmethod
    def of(cls, tensors: Mapping[str, npt.NDArray[Any]]) -> Linear:
        """As it was kept."""
        return cls(tensors["weights"], tensors["scales"], tensors["offsets"])

    def chances(self, places: npt.NDArray[np.int64], much: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """How likely each value is by itself, from how much there is of which features."""
        told = (much @ self.weights[places].astype(np.float32)) * self.scales + self.offsets
        return np.asarray(1 / (1 + np.exp(-np.clip(told.astype(np.float64), -SUREST, SUREST))))


def kept_at(place: Path) -> tuple[dict[str, npt.NDArray[Any]], Mapping[str, str]]:
    """The tensors of a file, and what else it tells."""
    with safe_open(place, "np") as kept:
        return {name: kept.get_tensor(name) for name in kept.keys()}, kept.metadata()  # noqa: SIM118 (no mapping)
