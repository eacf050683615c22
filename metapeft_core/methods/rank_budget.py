"""How AdaLoRA rations ranks: smoothed importance, a cubic budget, and the triplets that fit it.

Knows parameter names ending in `lora_a`, `lora_e`, `lora_b`, and no model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np


@dataclass(frozen=True, slots=True)
class RankSchedule:
    """When ranks are rationed and how many may remain. Steps count from 1, as the reference's global step does."""

    steps: int
    warmup: int
    final: int
    interval: int
    initial: int
    target: int

    @classmethod
    def shared(
        cls, steps: int, warmup_share: float, final_share: float, interval: int, initial: int, target: int
    ) -> RankSchedule:
        """The schedule of a training of `steps` steps, its phases given as shares."""
        return cls(steps, round(warmup_share * steps), round(final_share * steps), interval, initial, target)

    @property
    def last_rationing(self) -> int:
        """The step at which the budget becomes final."""
        return self.steps - self.final

    def is_final(self, step: int) -> bool:
        """Whether importance is no longer judged."""
        return step >= self.last_rationing

    def is_after_rationing(self, step: int) -> bool:
        """Whether what was taken must be kept at zero after every step."""
        return step > self.last_rationing

    def rations_at(self, step: int) -> bool:
        """Whether ranks are rationed after this step."""
        if step == self.last_rationing:
            return True
        return self.warmup < step < self.last_rationing and step % self.interval == 0

    def budget(self, step: int) -> int:
        """How many triplets may keep their singular value, over all layers."""
        if step <= self.warmup:
            return self.initial
        if step >= self.last_rationing:
            return self.target
        left = 1 - (step - self.warmup) / (self.last_rationing - self.warmup)
        return int((self.initial - self.target) * left**3 + self.target)


class Importance:
    """Sensitivity of every weight, |weight x gradient|, smoothed, times its smoothed uncertainty."""

    def __init__(self, beta1: float, beta2: float) -> None:
        self._beta1, self._beta2 = beta1, beta2
        self._mean: dict[str, mx.array] = {}
        self._doubt: dict[str, mx.array] = {}

    @property
    def is_judged(self) -> bool:
        """Whether any step has been taken in."""
        return bool(self._mean)

    def update(self, weights: Mapping[str, mx.array], gradients: Mapping[str, mx.array]) -> None:
        """Take in one step."""
        for name, weight in weights.items():
            now = mx.abs(weight * gradients[name])
            mean = (1 - self._beta1) * now + self._beta1 * self._mean.get(name, mx.zeros_like(now))
            doubt = (1 - self._beta2) * mx.abs(now - mean) + self._beta2 * self._doubt.get(name, mx.zeros_like(now))
            self._mean[name], self._doubt[name] = mean, doubt
        mx.eval(self._mean, self._doubt)

    def of_triplets(self, place: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        """One score a triplet: its singular value's own, plus the mean of its two vectors' entries."""

        def score(key: str) -> mx.array:
            return self._mean[f"{place}.{key}"] * self._doubt[f"{place}.{key}"]

        total = score("lora_e") + mx.mean(score("lora_a"), axis=0) + mx.mean(score("lora_b"), axis=1)
        return np.array(total, dtype=np.float32)

    def arrays(self) -> dict[str, mx.array]:
        """All that is remembered, for a checkpoint."""
        return {f"mean/{k}": v for k, v in self._mean.items()} | {f"doubt/{k}": v for k, v in self._doubt.items()}

    def restore(self, arrays: Mapping[str, mx.array]) -> None:
        """Take back what `arrays` gave."""
        self._mean = {k.removeprefix("mean/"): v for k, v in arrays.items() if k.startswith("mean/")}
        self._doubt = {k.removeprefix("doubt/"): v for k, v in arrays.items() if k.startswith("doubt/")}


def masks_within(scores: Sequence[np.ndarray[tuple[int], np.dtype[np.float32]]], budget: int) -> list[list[bool]]:
    """Which triplets stay: those above the score that the budget leaves out; equal scores go together."""
    pooled = np.sort(np.concatenate(scores))
    surplus = len(pooled) - budget
    if surplus <= 0:
        return [[True] * len(own) for own in scores]
    threshold = pooled[surplus - 1]
    return [[bool(s > threshold) for s in own] for own in scores]
