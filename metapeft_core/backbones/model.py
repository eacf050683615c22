"""What every frozen model offers to the methods and to the trainer. Knows neither methods nor data."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence

import mlx.core as mx
import mlx.nn as nn

from metapeft_core.backbones.tokens import Tokens
from metapeft_core.errors import BackboneError
from metapeft_core.types import Backbone, LinearShape

Prefix = Sequence[tuple[mx.array, mx.array]]
"""For every layer the keys and values, (heads, virtual tokens, head width), that stand before the text's own."""


class FrozenModel(nn.Module):
    """A language model whose weights stay as they are. Tokens go in padded on the right."""

    card: Backbone
    tokens: Tokens

    @abstractmethod
    def embed(self, ids: mx.array) -> mx.array:
        """Word embeddings of the ids, before positions are added."""

    @abstractmethod
    def __call__(
        self,
        ids: mx.array,
        lengths: mx.array | None = None,
        prompt: mx.array | None = None,
        prefix: Prefix | None = None,
    ) -> mx.array:
        """The last hidden states: (rows, virtual prompt tokens + tokens, width).

        `lengths` counts each row's real tokens; None says that all rows are full. `prompt` is (virtual tokens, width)
        and stands before the text; `prefix` lends every layer keys and values and leaves the sequence as it is.
        """

    @abstractmethod
    def head(self, hidden: mx.array) -> mx.array:
        """Scores over the vocabulary for hidden states."""

    @abstractmethod
    def prefix_shapes(self) -> tuple[tuple[int, int, int], ...]:
        """For every layer (key heads, key width, value width) as its attention caches them."""

    @abstractmethod
    def word_embedding(self) -> mx.array:
        """The embedding matrix in full precision, (vocabulary, width)."""

    @abstractmethod
    def blocks(self) -> Sequence[nn.Module]:
        """The transformer blocks, in order."""

    @property
    @abstractmethod
    def block_path(self) -> str:
        """How the blocks are named inside a Hugging Face model of this architecture, e.g. `model.layers`."""

    def block_linears(self) -> Iterator[tuple[int, str, nn.Module]]:
        """Every linear layer inside the blocks: block number, name within the block, layer."""
        for number, block in enumerate(self.blocks()):
            # Module's own order is that of a stack; by name it is the same for every process and version.
            for name, module in sorted(block.named_modules()):
                if name and _is_linear(module):
                    yield number, name, module

    def replace_linear(self, block: int, name: str, module: nn.Module) -> None:
        """Put another module where a linear layer stands."""
        *parents, last = name.split(".")
        node = self.blocks()[block]
        for part in parents:
            node = getattr(node, part)
        setattr(node, last, module)


def _is_linear(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear | nn.QuantizedLinear)


def linear_dims(module: nn.Module) -> tuple[int, int]:
    """Inputs and outputs of a linear layer, quantised ones included."""
    outputs, inputs = module.weight.shape
    if isinstance(module, nn.QuantizedLinear):
        inputs = inputs * 32 // module.bits
    return int(inputs), int(outputs)


def linear_shapes(model: FrozenModel) -> tuple[LinearShape, ...]:
    """The linear layers of all blocks, those of one name and shape counted together."""
    counted: dict[tuple[str, int, int], int] = {}
    for _, name, module in model.block_linears():
        inputs, outputs = linear_dims(module)
        key = (name, inputs, outputs)
        counted[key] = counted.get(key, 0) + 1
    if not counted:
        raise BackboneError("the backbone has no linear layers inside its blocks: no adapter can be attached to it")
    return tuple(LinearShape(name, inputs, outputs, count) for (name, inputs, outputs), count in counted.items())
