"""An adapter's tensors in half precision. Knows no adapter.

Half the bytes: the digits that are lost do not change what is chosen, since the adapter is merged into the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from metapeft_core.methods.storage import WEIGHTS

if TYPE_CHECKING:
    import mlx.core as mx


def save_halves(tensors: Mapping[str, mx.array], folder: Path) -> None:
    """Write them as the weights of the adapter in a folder."""
    import mlx.core as mx

    halves = {name: value.astype(mx.float16) for name, value in tensors.items()}
    mx.save_safetensors(str(folder / WEIGHTS), halves, metadata={"format": "mlx"})
