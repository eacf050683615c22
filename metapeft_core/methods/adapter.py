"""What all five methods have in common: settings checked against a backbone, and an adapter attached to it.

Knows no method by name. A method adds its parameters in one of three places, and the adapter says in which: inside
linear layers (LoRA, AdaLoRA), as rows before the text (prompt tuning, P-tuning), or as keys and values before those
of every layer (prefix tuning).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self, TypeVar

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_flatten, tree_unflatten

from metapeft_core.backbones.model import FrozenModel, Prefix
from metapeft_core.errors import SettingsError
from metapeft_core.types import Backbone, PEFTMethod


class Settings(Protocol):
    """The settings of one method: a frozen record that knows what it would train and whether it can."""

    @property
    def method(self) -> PEFTMethod: ...

    def check(self, backbone: Backbone) -> None:
        """Raise `SettingsError` where these settings cannot work with this backbone."""

    def trainable(self, backbone: Backbone) -> int:
        """How many parameters an adapter with these settings trains, told before it is built."""


SettingsT = TypeVar("SettingsT", bound=Settings)


class Adapter(nn.Module):
    """Trainable parameters attached to a frozen model. Its parameter tree holds them and nothing else."""

    method: ClassVar[PEFTMethod]

    @classmethod
    def attach(cls, model: FrozenModel, settings: Any, seed: int) -> Self:
        """Build an adapter with freshly drawn parameters and put it in its place in the model."""
        raise NotImplementedError(f"{cls.__name__} attaches nothing")

    def prompt(self) -> mx.array | None:
        """Rows that stand before the text, (virtual tokens, width)."""
        return None

    def prefix(self) -> Prefix | None:
        """Keys and values that stand before those of the text, layer by layer."""
        return None

    def penalty(self) -> mx.array | None:
        """What is added to the loss."""
        return None

    def plan(self, steps: int) -> None:
        """Be told how many steps the training will take."""

    def after_step(self, step: int, gradients: Mapping[str, mx.array]) -> None:
        """Be told of a finished optimiser step (counted from 1) and its gradients by parameter name."""

    def settle(self) -> None:
        """Be told that training is over and that the parameters are the ones to keep."""

    def merge(self) -> None:
        """Add what was learned into the frozen weights and leave the model without an adapter."""
        raise SettingsError(
            f"{self.method} cannot be merged: its virtual tokens are no part of any weight; serve the adapter itself"
        )

    def detach(self) -> None:
        """Leave the model as it was before `attach`."""

    def facts(self) -> Mapping[str, Any]:
        """What must be kept beside the parameters to build this adapter again."""
        return {}

    def remember(self, facts: Mapping[str, Any]) -> None:
        """Take back what `facts` told."""

    def internals(self) -> dict[str, mx.array]:
        """Arrays beside the parameters that the rest of the training depends on."""
        return {}

    def restore_internals(self, arrays: Mapping[str, mx.array]) -> None:
        """Take back what `internals` gave."""

    def tensors(self) -> dict[str, mx.array]:
        """The parameters under the names they are saved by."""
        return self.named(self.parameters())

    def named(self, tree: Any) -> dict[str, mx.array]:
        """A tree shaped like the parameters (gradients, say) under the names they are saved by."""
        return dict(tree_flatten(tree))

    def load_tensors(self, tensors: Mapping[str, mx.array]) -> None:
        """Take saved parameters; names and shapes must match."""
        mine = self.tensors()
        odd = sorted(mine.keys() ^ tensors.keys())
        if odd:
            raise SettingsError(f"the saved {self.method} adapter does not fit: {odd[0]} is on one side only")
        for name, value in tensors.items():
            if value.shape != mine[name].shape:
                raise SettingsError(f"{name} is {value.shape} in the file and {mine[name].shape} in the adapter")
        self._accept(tensors)

    def _accept(self, tensors: Mapping[str, mx.array]) -> None:
        self.update(tree_unflatten(list(tensors.items())))


def require(condition: bool, sentence: str) -> None:
    """Raise `SettingsError` with the sentence unless the condition holds."""
    if not condition:
        raise SettingsError(sentence)


def require_virtual_tokens(count: int, backbone: Backbone) -> None:
    """Virtual tokens must exist and leave room for the text."""
    require(count >= 1, f"virtual_tokens is {count}: at least one is needed")
    require(
        count < backbone.context,
        f"{count} virtual tokens leave no room for text in the {backbone.context} tokens that {backbone.name} reads: "
        f"use at most {backbone.context // 2}",
    )


def require_dropout(value: float) -> None:
    """Dropout is a probability below one."""
    require(0 <= value < 1, f"dropout is {value}: it must be at least 0 and below 1")
