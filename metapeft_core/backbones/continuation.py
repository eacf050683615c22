"""A decoder that reads on where it stopped: what stood before is remembered, on disk too. Knows no prompt.

Arrays belong to the thread that made them: make one and use it on one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import numpy.typing as npt
from mlx_lm.models.cache import (
    can_trim_prompt_cache,
    load_prompt_cache,
    make_prompt_cache,
    save_prompt_cache,
    trim_prompt_cache,
)

from metapeft_core.backbones import ops
from metapeft_core.backbones.decoder import Decoder
from metapeft_core.files import replaced_file

Logits = npt.NDArray[np.float32]


class Continuation:
    """A model and what it has read so far."""

    def __init__(self, model: Decoder) -> None:
        self.model = model
        self._prefix: list[int] = []
        self._cache: list[Any] = make_prompt_cache(model.model)
        self._read = 0

    def following(self, ids: Sequence[int]) -> Logits:
        """Read some more tokens, one at least; the logits of the one that comes after them."""
        with ops.fast_activations():
            hidden = self.model.body(mx.array([list(ids)]), self._cache)
        self._read += len(ids)
        return np.array(self.model.head(hidden[:, -1:])[0, -1].astype(mx.float32))

    def begin_with(self, prefix: Sequence[int], place: Path | None = None) -> None:
        """Let every reading begin with these tokens; they are read once, or not at all where `place` keeps them."""
        self._cache = make_prompt_cache(self.model.model)
        self._prefix, self._read = list(prefix), 0
        if not prefix:
            return
        if (kept := _kept(place)) is not None:
            self._cache, self._read = kept, len(prefix)
            return
        self.following(prefix)
        mx.eval([layer.state for layer in self._cache])
        if place is not None:
            with replaced_file(place) as fresh:
                save_prompt_cache(str(fresh), self._cache)

    def rewind(self) -> None:
        """Forget everything behind the prefix."""
        surplus = self._read - len(self._prefix)
        if surplus and can_trim_prompt_cache(self._cache):
            trim_prompt_cache(self._cache, surplus)
            self._read -= surplus
        elif surplus:
            # Caches of some architectures cannot go back: the prefix is read again.
            self.begin_with(self._prefix)


def _kept(place: Path | None) -> list[Any] | None:
    """What was read before, where it is at hand and whole."""
    if place is None or not place.exists():
        return None
    try:
        return load_prompt_cache(str(place))
    except Exception:
        # A file that is damaged can be of any kind; what it held is read again.
        return None
