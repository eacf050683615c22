"""Sentence vectors from the MLX encoder: the mean of MiniLM's last states. Knows no store and no torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import mlx.core as mx
import numpy as np
import numpy.typing as npt

from metapeft_core.backbones.load import load_backbone
from metapeft_core.backbones.model import FrozenModel
from metapeft_core.backbones.packages import MINILM
from metapeft_core.lanes import in_lanes, open_lanes

LONGEST = 128
"""Tokens read of a text: what all-MiniLM-L6-v2 was trained with."""


@cache
def sentence_encoder() -> FrozenModel:
    """The encoder, loaded once a process."""
    return load_backbone(MINILM)


def forget_encoder() -> None:
    """Give its memory back: a run that comes next would count it as its own. It is loaded again when it is needed."""
    sentence_encoder.cache_clear()
    mx.clear_cache()


def embed_texts(texts: Sequence[str], batch: int = 64) -> npt.NDArray[np.float32]:
    """One unit vector a text, in the order given."""
    model = sentence_encoder()
    ids = model.tokens.encode(texts, limit=LONGEST)
    vectors = np.zeros((len(texts), model.card.width), dtype=np.float32)
    by_length = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    parts = [by_length[start : start + batch] for start in range(0, len(by_length), batch)]
    with open_lanes():
        for part, found in zip(parts, in_lanes(lambda p: _mean_states(model, [ids[i] for i in p]), parts), strict=True):
            vectors[part] = np.array(found)
    return vectors


def _mean_states(model: FrozenModel, rows: list[list[int]]) -> mx.array:
    longest = max(len(row) for row in rows)
    lengths = mx.array([len(row) for row in rows])
    padded = mx.array([row + [model.tokens.pad] * (longest - len(row)) for row in rows])
    states = model(padded, lengths if any(len(row) < longest for row in rows) else None).astype(mx.float32)
    real = (mx.arange(longest)[None, :] < lengths[:, None])[..., None]
    mean = mx.sum(states * real, axis=1) / lengths[:, None]
    return mean / mx.maximum(mx.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
