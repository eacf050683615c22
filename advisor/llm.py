"""The language model of a conversation: an MLX model on the one thread that may touch it. Knows no tool, no question.

It does two things: it fills in what a pattern leaves open, and it writes a few sentences. What stands before every
prompt is read once and kept on disk. Loading happens on the thread, while others go on with their work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar

import mlx.core as mx
import numpy as np
from mlx_lm.models.cache import (
    can_trim_prompt_cache,
    load_prompt_cache,
    make_prompt_cache,
    save_prompt_cache,
    trim_prompt_cache,
)

from advisor.typed_decoding import Logits, TypedDecoder
from metapeft_core.backbones import ops
from metapeft_core.backbones.decoder import Decoder
from metapeft_core.backbones.load import load_backbone
from metapeft_core.errors import BackboneError
from metapeft_core.files import home, replaced_file
from metapeft_core.methods.inside_linears import LinearAdapter
from metapeft_core.methods.storage import load_adapter

Found = TypeVar("Found")


class LanguageModel:
    """A model, loaded when it is first needed and used from any thread."""

    def __init__(self, name: str, adapter: Path | None = None, prefix: str = "") -> None:
        """`adapter` is merged into the weights; `prefix` stands before every prompt."""
        self.name, self.adapter, self.prefix = name, adapter, prefix
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inference")
        self._loading: Future[_Loaded] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def start(self) -> None:
        """Begin to load, and do not wait."""
        if self._loading is None:
            self._loading = self._thread.submit(_Loaded, self.name, self.adapter, self.prefix)

    def choose(self, prompt: str, pattern: str) -> str:
        """What the model puts where the pattern leaves it a choice, after the prompt."""
        return self._on_thread(lambda loaded: loaded.choose(prompt, pattern))

    def write(self, prompt: str, most: int) -> str:
        """A text of at most so many tokens after the prompt."""
        return self._on_thread(lambda loaded: loaded.write(prompt, most))

    def _on_thread(self, work: Callable[[_Loaded], Found]) -> Found:
        self.start()
        assert self._loading is not None
        loaded = self._loading.result()
        return self._thread.submit(work, loaded).result()


class _Loaded:
    """The model itself. Arrays belong to the thread that made them: everything here runs on that one."""

    def __init__(self, name: str, adapter: Path | None, prefix: str) -> None:
        model = load_backbone(name)
        if not isinstance(model, Decoder):
            raise BackboneError(f"{name} is no model that writes: choose a decoder, such as smollm2")
        if adapter is not None:
            adapted = load_adapter(adapter, model)
            assert isinstance(adapted.adapter, LinearAdapter)
            adapted.adapter.merge()
        self.model, self.tokens = model, model.tokens
        assert self.tokens.end is not None
        self.end = self.tokens.end
        self.decoder = TypedDecoder(self.tokens.tokenizer, self.end)
        self.cache: list[Any] = make_prompt_cache(model.model)
        self.kept = self._read_prefix(name, adapter, prefix)

    def choose(self, prompt: str, pattern: str) -> str:
        """Greedy, under the pattern."""
        self._rewind()
        return self.decoder.decode(pattern, self._ids(prompt), self._following)[0]

    def write(self, prompt: str, most: int) -> str:
        """Greedy, until the model ends or the tokens are used up."""
        self._rewind()
        unread, written = self._ids(prompt), []
        for _ in range(most):
            token = int(self._following(unread).argmax())
            if token == self.end:
                break
            written.append(token)
            unread = [token]
        return self.tokens.decode(written)

    def _ids(self, text: str) -> list[int]:
        return self.tokens.encode([text], special=self.kept == 0)[0]

    def _following(self, ids: Sequence[int]) -> Logits:
        with ops.fast_activations():
            hidden = self.model.body(mx.array([list(ids)]), self.cache)
        return np.array(self.model.head(hidden[:, -1:])[0, -1].astype(mx.float32))

    def _rewind(self) -> None:
        """Forget everything behind the prefix."""
        surplus = int(self.cache[0].offset) - self.kept
        if not surplus:
            return
        if can_trim_prompt_cache(self.cache):
            trim_prompt_cache(self.cache, surplus)
        else:
            self.cache = make_prompt_cache(self.model.model)
            self.kept = 0

    def _read_prefix(self, name: str, adapter: Path | None, prefix: str) -> int:
        """Have the prefix in the cache, from disk where it was read before; returns its length in tokens."""
        if not prefix:
            return 0
        ids = self.tokens.encode([prefix])[0]
        path = _prefix_place(name, adapter, prefix)
        if path.exists():
            self.cache = load_prompt_cache(str(path))
        else:
            self._following(ids)
            mx.eval([layer.state for layer in self.cache])
            with replaced_file(path) as fresh:
                save_prompt_cache(str(fresh), self.cache)
        return len(ids)


def _prefix_place(name: str, adapter: Path | None, prefix: str) -> Path:
    """Where the prefix is kept: another model, adapter or text has another place."""
    weights = [(file.name, file.stat().st_size) for file in sorted(adapter.iterdir())] if adapter else []
    told = json.dumps([name, str(adapter), weights, prefix, mx.__version__])
    return home() / "prefixes" / f"{hashlib.sha256(told.encode()).hexdigest()[:24]}.safetensors"
