"""AdaLoRA: low-rank corrections in the form of a singular value decomposition whose ranks are rationed.

y = W x + b + alpha / initial_rank * B (E * A) x (Zhang et al. 2023). Training begins with `initial_rank` everywhere;
a cubic schedule lowers the total to `target_rank` a layer, and the triplets that matter least lose their singular
value. Knows the formula; how importance is judged and rationed stands in rank_budget.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import mlx.core as mx
import mlx.nn as nn

from metapeft_core.backbones.model import FrozenModel
from metapeft_core.methods.adapter import require, require_dropout
from metapeft_core.methods.inside_linears import AdaptedLinear, LinearAdapter
from metapeft_core.methods.lora import require_rank
from metapeft_core.methods.rank_budget import Importance, RankSchedule, masks_within
from metapeft_core.methods.targets import targeted_shapes
from metapeft_core.types import Backbone, PEFTMethod

INITIAL_SPREAD = 0.02


@dataclass(frozen=True, slots=True)
class AdaLoRASettings:
    """Settings of AdaLoRA. The schedule is told in shares of the training, so that it fits any number of steps."""

    method: ClassVar[PEFTMethod] = PEFTMethod.ADALORA
    initial_rank: int = 12
    target_rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    targets: tuple[str, ...] = ("query", "value")
    layers: int | None = None
    warmup_share: float = 0.1
    final_share: float = 0.3
    interval: int = 10
    beta1: float = 0.85
    beta2: float = 0.85
    orthogonality: float = 0.5

    def check(self, backbone: Backbone) -> None:
        require_rank("initial_rank", self.initial_rank, backbone, self.targets, self.layers)
        require(
            1 <= self.target_rank <= self.initial_rank,
            f"target_rank is {self.target_rank}: choose 1 to the initial rank of {self.initial_rank}",
        )
        require(self.alpha > 0, f"alpha is {self.alpha}: it must be above 0, often once or twice the rank")
        require_dropout(self.dropout)
        require(
            self.warmup_share >= 0 and self.final_share >= 0 and self.warmup_share + self.final_share < 1,
            f"warmup_share {self.warmup_share} and final_share {self.final_share} leave no steps to ration ranks in: "
            "together they must stay below 1",
        )
        require(self.interval >= 1, f"interval is {self.interval}: ranks are rationed every so many steps, at least 1")
        require(0 < self.beta1 < 1 and 0 < self.beta2 < 1, "beta1 and beta2 must lie between 0 and 1")
        require(self.orthogonality >= 0, f"orthogonality is {self.orthogonality}: it must not be negative")

    def trainable(self, backbone: Backbone) -> int:
        shapes = targeted_shapes(backbone, self.targets, self.layers)
        return sum(self.initial_rank * (s.inputs + s.outputs + 1) * s.count for s in shapes)


class SVDLinear(AdaptedLinear):
    """A frozen linear layer and its correction B (E * A)."""

    def __init__(self, base: nn.Module, inputs: int, outputs: int, settings: AdaLoRASettings, key: mx.array) -> None:
        super().__init__(base, settings.dropout)
        # The reference guards its division by the rank with this small number; logits agree only if we do too.
        self.scale = settings.alpha / (settings.initial_rank + 1e-5)
        for_a, for_b = mx.random.split(key)
        self.lora_a = INITIAL_SPREAD * mx.random.normal((inputs, settings.initial_rank), key=for_a)
        self.lora_e = mx.zeros((settings.initial_rank,))
        self.lora_b = INITIAL_SPREAD * mx.random.normal((settings.initial_rank, outputs), key=for_b)

    def __call__(self, x: mx.array) -> mx.array:
        left = (self.lora_a * (self.scale * self.lora_e)).astype(x.dtype)
        return self.base(x) + (self.dropped(x) @ left) @ self.lora_b.astype(x.dtype)

    def merged_weight(self, weight: mx.array) -> mx.array:
        return weight.astype(mx.float32) + (self.scale * (self.lora_a * self.lora_e) @ self.lora_b).T


class AdaLoRA(LinearAdapter):
    """Rationed low-rank corrections in their places."""

    method = PEFTMethod.ADALORA

    def __init__(self, model: FrozenModel, settings: AdaLoRASettings) -> None:
        super().__init__(model)
        self._settings = settings
        self._schedule: RankSchedule | None = None
        self._importance = Importance(settings.beta1, settings.beta2)
        self._kept: list[list[bool]] = []

    @classmethod
    def attach(cls, model: FrozenModel, settings: AdaLoRASettings, seed: int) -> Self:
        settings.check(model.card)
        adapter = cls(model, settings)
        adapter.put(settings, seed, lambda base, i, o, key: SVDLinear(base, i, o, settings, key))
        adapter._kept = [[True] * settings.initial_rank for _ in adapter.layers]
        return adapter

    @property
    def kept(self) -> list[list[bool]]:
        """For every layer which of its triplets still have a singular value."""
        return self._kept

    def penalty(self) -> mx.array | None:
        """How far A and B are from orthonormal, averaged over all of them."""
        if not self._settings.orthogonality:
            return None
        grams = [g for layer in self.layers for g in (layer.lora_a.T @ layer.lora_a, layer.lora_b @ layer.lora_b.T)]
        stacked = mx.stack(grams) - mx.eye(self._settings.initial_rank)
        return self._settings.orthogonality * mx.mean(mx.sqrt(mx.sum(mx.square(stacked), axis=(1, 2))))

    def plan(self, steps: int) -> None:
        self._schedule = RankSchedule.shared(
            steps,
            self._settings.warmup_share,
            self._settings.final_share,
            self._settings.interval,
            initial=self._settings.initial_rank * len(self.layers),
            target=self._settings.target_rank * len(self.layers),
        )

    def after_step(self, step: int, gradients: Mapping[str, mx.array]) -> None:
        """Judge importance by the step's gradients and, where the schedule says so, ration the ranks."""
        if self._schedule is None:
            raise RuntimeError("plan(steps) comes before the first step")
        # In a run of one or two steps ranks are rationed before there was time to judge any.
        if not self._schedule.is_final(step) or not self._importance.is_judged:
            self._importance.update(self.tensors(), gradients)
        if self._schedule.rations_at(step):
            scores = [self._importance.of_triplets(f"{block}.{name}") for block, name in self.places]
            self._kept = masks_within(scores, self._schedule.budget(step))
            self._apply()
        elif self._schedule.is_after_rationing(step):
            self._apply()

    def settle(self) -> None:
        """Count every triplet that has a singular value: the best weights may be from before the last rationing."""
        self._kept = [
            [keep or value != 0 for keep, value in zip(own, layer.lora_e.tolist(), strict=True)]
            for own, layer in zip(self._kept, self.layers, strict=True)
        ]

    def _apply(self) -> None:
        for layer, kept in zip(self.layers, self._kept, strict=True):
            layer.lora_e = mx.where(mx.array(kept), layer.lora_e, 0.0)

    def facts(self) -> Mapping[str, Any]:
        return {"kept": self._kept}

    def remember(self, facts: Mapping[str, Any]) -> None:
        self._kept = [[bool(k) for k in kept] for kept in facts["kept"]]

    def internals(self) -> dict[str, mx.array]:
        return self._importance.arrays()

    def restore_internals(self, arrays: Mapping[str, mx.array]) -> None:
        self._importance.restore(arrays)
