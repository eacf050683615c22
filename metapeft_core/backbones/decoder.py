"""Decoders: any architecture that mlx-lm loads, seen through one interface. Knows no adapter and no particular model.

mlx-lm's architectures agree on little beyond `model(ids, cache)`. Three stand-ins make up for it without touching
their code: one in place of the word embedding hands in ready embeddings (soft prompts), one in place of the body hands
in ready hidden states (so that the vocabulary is scored only where a loss needs it), and a cache that begins with the
keys and values of a prefix.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import mlx.core as mx
import mlx.nn as nn

from metapeft_core.backbones import ops
from metapeft_core.backbones.model import FrozenModel, Prefix
from metapeft_core.backbones.ragged_cache import RaggedCache
from metapeft_core.errors import BackboneError

BODIES = ("model", "transformer", "backbone", "language_model")
WORD_EMBEDDINGS = ("embed_tokens", "wte", "tok_embeddings", "word_embeddings", "embed_in", "embeddings", "embedding")


class PrefixCache:
    """One layer's cache that begins with a learned prefix. It keeps nothing between calls."""

    def __init__(self, keys: mx.array, values: mx.array) -> None:
        self.keys, self.values = keys, values
        self.offset = int(keys.shape[1])
        self.state = (keys, values)

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        """The prefix's keys and values followed by those of the text."""
        rows = keys.shape[0]
        lent = [mx.broadcast_to(p, (rows, *p.shape)).astype(keys.dtype) for p in (self.keys, self.values)]
        return mx.concatenate([lent[0], keys], axis=2), mx.concatenate([lent[1], values], axis=2)

    def make_mask(self, span: int, return_array: bool = False, window_size: int | None = None) -> mx.array | None:
        """Causal over the text, open to the whole prefix; a sliding window slides over both."""
        own = mx.arange(self.offset, self.offset + span)[:, None]
        seen = mx.arange(self.offset + span)[None, :]
        mask = own >= seen
        return mask & (own < seen + window_size) if window_size else mask


class _ShapeProbe(PrefixCache):
    """Notes which keys and values a layer caches."""

    def __init__(self) -> None:
        self.offset = 0
        self.shape: tuple[int, int, int] | None = None

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        self.shape = (int(keys.shape[1]), int(keys.shape[3]), int(values.shape[3]))
        return keys, values


class _ReadyHidden:
    """Stands where the body stood and returns hidden states made elsewhere."""

    def __init__(self, body: nn.Module) -> None:
        self._body = body
        self.hidden: mx.array | None = None

    def __call__(self, *_: Any, **__: Any) -> mx.array | None:
        return self.hidden

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)


class Decoder(FrozenModel):
    """An mlx-lm model as a frozen backbone."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        name = next((n for n in BODIES if isinstance(model.get(n), nn.Module)), None)
        if name is None:
            raise BackboneError(f"{type(model).__module__} keeps its layers under no known name ({', '.join(BODIES)})")
        self._body_name = name
        self._embedding_name = next((n for n in WORD_EMBEDDINGS if n in self.body), None)
        if self._embedding_name is None:
            raise BackboneError(f"{type(model).__module__} has no word embedding under a known name")

    @property
    def body(self) -> nn.Module:
        """The model without its head."""
        return getattr(self.model, self._body_name)

    @property
    def words(self) -> nn.Module:
        """The word embedding."""
        return getattr(self.body, str(self._embedding_name))

    def embed(self, ids: mx.array) -> mx.array:
        return self.words(ids)

    def __call__(
        self,
        ids: mx.array,
        lengths: mx.array | None = None,
        prompt: mx.array | None = None,
        prefix: Prefix | None = None,
    ) -> mx.array:
        # Attention looks back only, so what is padded on the right is never seen and `lengths` is not needed.
        cache = None if prefix is None else [PrefixCache(keys, values) for keys, values in prefix]
        return self._read(ids, prompt, cache)

    def start(
        self, ids: mx.array, lengths: mx.array, room: int, prompt: mx.array | None, prefix: Prefix | None
    ) -> tuple[mx.array, list[RaggedCache]]:
        """Read prompts of different lengths: the state of each one's last token, and caches to go on from."""
        virtual = 0 if prompt is None else prompt.shape[0]
        lent: Sequence[tuple[mx.array, mx.array] | None] = prefix or [None] * len(self.blocks())
        caches = [RaggedCache(lengths + virtual, ids.shape[1] + virtual + room, pair) for pair in lent]
        states = self._read(ids, prompt, caches)
        return states[mx.arange(ids.shape[0]), lengths + virtual - 1], caches

    def go_on(self, ids: mx.array, caches: list[RaggedCache]) -> mx.array:
        """The state after one more token in every row."""
        return self._read(ids[:, None], None, caches)[:, 0]

    def _read(self, ids: mx.array, prompt: mx.array | None, cache: Any) -> mx.array:
        with ops.fast_activations():
            return self._read_body(ids, prompt, cache)

    def _read_body(self, ids: mx.array, prompt: mx.array | None, cache: Any) -> mx.array:
        if prompt is None:
            return self.body(ids, cache)
        words = self.embed(ids)
        lent = mx.broadcast_to(prompt, (words.shape[0], *prompt.shape)).astype(words.dtype)
        ready = mx.concatenate([lent, words], axis=1)
        placeholder = mx.zeros(ready.shape[:2], dtype=mx.int32)
        with self._embedding_replaced(ready):
            return self.body(placeholder, cache)

    @contextmanager
    def _embedding_replaced(self, ready: mx.array) -> Iterator[None]:
        name, words = str(self._embedding_name), self.words
        # Set below nn.Module's own bookkeeping: a function is no parameter and must not become one.
        dict.pop(self.body, name)
        object.__setattr__(self.body, name, lambda *_, **__: ready)
        try:
            yield
        finally:
            object.__delattr__(self.body, name)
            dict.__setitem__(self.body, name, words)

    def head(self, hidden: mx.array) -> mx.array:
        outer = copy.copy(self.model)
        stand_in = _ReadyHidden(self.body)
        stand_in.hidden = hidden
        dict.pop(outer, self._body_name)
        object.__setattr__(outer, self._body_name, stand_in)
        return outer(mx.zeros(hidden.shape[:-1], dtype=mx.int32))

    def prefix_shapes(self) -> tuple[tuple[int, int, int], ...]:
        probes = [_ShapeProbe() for _ in self.blocks()]
        mx.eval(self.body(mx.zeros((1, 1), dtype=mx.int32), probes))
        silent = [number for number, probe in enumerate(probes) if probe.shape is None]
        if silent:
            raise BackboneError(
                f"layers {silent} of {self.card.name} cache no keys and values, so a prefix cannot reach them: "
                "use lora or prompt_tuning with this backbone"
            )
        return tuple(probe.shape for probe in probes if probe.shape is not None)

    def word_embedding(self) -> mx.array:
        words = self.words
        if isinstance(words, nn.QuantizedEmbedding):
            return mx.dequantize(words.weight, words.scales, words.biases, words.group_size, words.bits)
        return words.weight

    def blocks(self) -> Sequence[nn.Module]:
        return list(self.model.layers)

    @property
    def block_path(self) -> str:
        for name, module in self.model.named_modules():
            if module is self.blocks()[0]:
                return name.rsplit(".", 1)[0]
        raise BackboneError(f"{self.card.name} names its layers in a way that adapters cannot be addressed by")
