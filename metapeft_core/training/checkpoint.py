"""A training's whole state in one safetensors file, written so that the last whole one always survives.

Knows arrays and numbers, not what they mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlx.core as mx

from metapeft_core.errors import SettingsError
from metapeft_core.files import replaced_file


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Arrays in named groups, and plain values."""

    groups: Mapping[str, Mapping[str, mx.array]]
    values: Mapping[str, Any]


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Replace the file at `path`."""
    arrays = {f"{group}/{name}": a for group, members in checkpoint.groups.items() for name, a in members.items()}
    # Given a name, MLX would add its own suffix to one that has another.
    with replaced_file(path) as fresh, fresh.open("wb") as file:
        mx.save_safetensors(file, arrays, metadata={"values": json.dumps(checkpoint.values)})


def read_checkpoint(path: Path, fingerprint: str) -> Checkpoint | None:
    """The checkpoint at `path`, None where there is none; refuses one of another run."""
    if not path.exists():
        return None
    try:
        loaded: Any = mx.load(str(path), format="safetensors", return_metadata=True)
        arrays, metadata = loaded
        values = json.loads(metadata["values"])
    except Exception as fault:
        raise SettingsError(f"the checkpoint {path} cannot be read ({fault}): delete it to begin again") from fault
    if values["fingerprint"] != fingerprint:
        raise SettingsError(
            f"the checkpoint {path} belongs to a run with other settings, data or backbone: "
            "delete it to begin again, or give another path"
        )
    groups: dict[str, dict[str, mx.array]] = {}
    for name, array in arrays.items():
        group, _, member = name.partition("/")
        groups.setdefault(group, {})[member] = array
    return Checkpoint(groups, values)
