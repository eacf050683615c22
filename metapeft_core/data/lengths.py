"""Lengths of texts in tokens of the sentence encoder's WordPiece vocabulary. Knows nothing of what the texts say."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from metapeft_core.backbones.packages import minilm_folder
from metapeft_core.backbones.tokens import Tokens, read_tokens
from metapeft_core.types import Spread


@cache
def _tokens() -> Tokens:
    return read_tokens(minilm_folder(), end=None)


def token_counts(texts: Sequence[str]) -> list[int]:
    """Tokens of every text, special ones not counted."""
    return [len(ids) for ids in _tokens().encode(texts, special=False)]


def spread(values: Sequence[int]) -> Spread:
    """Minimum, mean, median, 95th percentile and maximum."""
    numbers = np.asarray(values, dtype=np.float64)
    low, median, high, top = np.percentile(numbers, (0, 50, 95, 100)).tolist()
    return Spread(minimum=low, mean=float(numbers.mean()), median=median, p95=high, maximum=top)
