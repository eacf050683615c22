"""What teaching any linear model of the reading takes: words behind the command, and small weights. Knows no lesson."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def given(about: str | None, place: Path, words: Sequence[str] | None) -> argparse.Namespace:
    """What was said behind the command; the same for all of them."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=place)
    parser.add_argument("--lessons", type=int, default=160_000)
    parser.add_argument("--seed", type=int, default=3)
    return parser.parse_args(words)


def shrunk(weights: npt.NDArray[np.float64], offsets: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[Any]]:
    """Weights of a byte, with what to multiply those of each value by."""
    scales = np.maximum(np.abs(weights).max(axis=0) / 127, np.finfo(np.float32).tiny)
    return {
        # What is written is memory as it lies, whatever its order.
        "weights": np.ascontiguousarray(np.round(weights / scales), np.int8),
        "scales": scales.astype(np.float32),
        "offsets": offsets.astype(np.float32),
    }
