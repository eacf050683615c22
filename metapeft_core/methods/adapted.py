"""A frozen model with an adapter and, for classification, a head: what is trained, saved and asked.

Knows how hidden states become scores; knows no loss and no data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import mlx.core as mx
import mlx.nn as nn

from metapeft_core.backbones.encoder import Encoder
from metapeft_core.backbones.model import FrozenModel
from metapeft_core.errors import SettingsError
from metapeft_core.methods.adapter import Adapter, Settings
from metapeft_core.methods.registry import ADAPTERS
from metapeft_core.types import Backbone

Pooling = Literal["mean", "first", "last"]


def default_pooling(backbone: Backbone) -> Pooling:
    """The mean for sentence encoders, whose states were trained to be averaged; the last token for decoders."""
    return "mean" if backbone.kind == "encoder" else "last"


@dataclass(frozen=True, slots=True)
class Head:
    """How a text's hidden states become scores of `classes` labels.

    `mean` averages the text's own states, `first` takes BERT's pooler on the first position (which is a virtual token
    where there are any: Hugging Face's classifiers do the same), `last` the text's last token.
    """

    classes: int
    pooling: Pooling

    def check(self, backbone: Backbone) -> None:
        """Refuse a pooling that sees nothing of the text."""
        allowed = ("mean", "first") if backbone.kind == "encoder" else ("last",)
        if self.pooling not in allowed:
            raise SettingsError(
                f"pooling {self.pooling!r} does not work with the {backbone.kind} {backbone.name}: "
                f"choose {' or '.join(allowed)}"
            )

    def trainable(self, backbone: Backbone) -> int:
        """Parameters of the classifier itself."""
        return self.classes * (backbone.width + (1 if backbone.kind == "encoder" else 0))


class Adapted(nn.Module):
    """Its parameter tree is what is trained: the adapter's and the classifier's."""

    backbone: FrozenModel

    def __init__(self, backbone: FrozenModel, settings: Settings, head: Head | None, seed: int) -> None:
        super().__init__()
        object.__setattr__(self, "backbone", backbone)
        self._settings, self._head, self._seed = settings, head, seed
        if head is not None:
            head.check(backbone.card)
        self.adapter: Adapter = ADAPTERS[settings.method].attach(backbone, settings, seed)
        if head is not None:
            self.classifier = _classifier(backbone.card, head.classes, seed)

    @property
    def settings(self) -> Settings:
        """The settings of the method."""
        return self._settings

    @property
    def task_head(self) -> Head | None:
        """How this model classifies; None where it writes text."""
        return self._head

    def hidden(self, ids: mx.array, lengths: mx.array | None) -> tuple[mx.array, int]:
        """The last states, and how many virtual rows stand before the text's."""
        prompt = self.adapter.prompt()
        states = self.backbone(ids, lengths, prompt=prompt, prefix=self.adapter.prefix())
        return states, 0 if prompt is None else prompt.shape[0]

    def classify(self, ids: mx.array, lengths: mx.array | None) -> mx.array:
        """Scores of every label, (rows, classes)."""
        assert self._head is not None
        if self._head.pooling == "first":
            assert isinstance(self.backbone, Encoder)
            adapter = self.adapter
            return self.classifier(self.backbone.first(ids, lengths, adapter.prompt(), adapter.prefix()))
        states, virtual = self.hidden(ids, lengths)
        return self.classifier(self._pooled(states[:, virtual:], lengths, self._head.pooling))

    @staticmethod
    def _pooled(text: mx.array, lengths: mx.array | None, pooling: Pooling) -> mx.array:
        if pooling == "last":
            return text[:, -1] if lengths is None else text[mx.arange(text.shape[0]), lengths - 1]
        if lengths is None:
            return mx.mean(text, axis=1)
        real = (mx.arange(text.shape[1])[None, :] < lengths[:, None])[..., None].astype(text.dtype)
        return mx.sum(text * real, axis=1) / lengths[:, None].astype(text.dtype)

    def answer_states(self, ids: mx.array, positions: mx.array) -> mx.array:
        """States from which the next token is told, at the given places of the flattened batch."""
        states, virtual = self.hidden(ids, None)
        text = states[:, virtual:]
        return text.reshape(-1, text.shape[-1])[positions]

    def write_scores(self, ids: mx.array, positions: mx.array) -> mx.array:
        """Scores over the vocabulary for what follows the given places of the flattened batch."""
        return self.backbone.head(self.answer_states(ids, positions)[None])[0]

    def detach(self) -> None:
        """Leave the frozen model as it was found."""
        self.adapter.detach()

    def trainable_count(self) -> int:
        """How many numbers are trained."""
        from mlx.utils import tree_flatten

        return sum(value.size for value in dict(tree_flatten(self.trainable_parameters())).values())


def _classifier(backbone: Backbone, classes: int, seed: int) -> nn.Linear:
    layer = nn.Linear(1, 1, bias=backbone.kind == "encoder")
    key = mx.random.split(mx.random.key(seed), 2)[1]
    # Hugging Face draws classifiers so, and leaves them without a bias on decoders.
    layer.weight = 0.02 * mx.random.normal((classes, backbone.width), key=key)
    if backbone.kind == "encoder":
        layer.bias = mx.zeros((classes,))
    return layer
