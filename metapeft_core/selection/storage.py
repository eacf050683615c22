"""What was learned, as one JSON file and one file of arrays, and back. Knows records and arrays, not what they mean.

Only classes that are named here are made again from a file: a file says what is in it, never what is to be run.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
from mlx.utils import tree_flatten, tree_unflatten
from safetensors.numpy import load_file, save

from metapeft_core.errors import SelectionError
from metapeft_core.files import replaced_folder
from metapeft_core.selection.chances import Chances
from metapeft_core.selection.conformal import Conformal
from metapeft_core.selection.cost_judge import Correction, CostJudge
from metapeft_core.selection.error_scale import ErrorScale
from metapeft_core.selection.fit import FitSettings, Prediction, Scale, Selector
from metapeft_core.selection.judge import Judge, JudgeSettings
from metapeft_core.selection.network import MethodSelectionNetwork, NetworkShape
from metapeft_core.selection.novelty import Novelty
from metapeft_core.selection.prior import Prior
from metapeft_core.selection.scaling import Scaler
from metapeft_core.selection.settings_choice import MethodSettings, SettingsChooser
from metapeft_core.selection.table import ScoreTable

VERSION = 1
RECORDS, ARRAYS = "learned.json", "learned.safetensors"
KINDS = {
    kind.__name__: kind
    for kind in (
        *(Chances, Conformal, Correction, CostJudge, ErrorScale, FitSettings, Judge, JudgeSettings, MethodSettings),
        *(NetworkShape, Novelty, Prediction, Prior, Scale, Scaler, ScoreTable, Selector, SettingsChooser),
    )
}
Arrays = dict[str, Any]


def write_learned(folder: Path, learned: Mapping[str, Any]) -> None:
    """Write records by name into a folder, which appears whole or not at all."""
    arrays: Arrays = {}
    plain = {name: _packed(value, arrays) for name, value in learned.items()}
    with replaced_folder(folder) as fresh:
        (fresh / RECORDS).write_text(json.dumps({"version": VERSION, "learned": plain}), encoding="utf-8")
        (fresh / ARRAYS).write_bytes(save(arrays))


def read_learned(folder: Path) -> dict[str, Any]:
    """What `write_learned` wrote."""
    try:
        told = json.loads((folder / RECORDS).read_text(encoding="utf-8"))
        if told["version"] != VERSION:
            raise SelectionError(
                f"{folder} was written by version {told['version']}, and this is {VERSION}: learn anew"
            )
        arrays = load_file(folder / ARRAYS)
        return {name: _made(value, arrays) for name, value in told["learned"].items()}
    except SelectionError:
        raise
    except Exception as fault:  # A damaged file can fail in any way, and the remedy is one.
        raise SelectionError(f"what was learned cannot be read from {folder} ({fault}): learn anew") from fault


def _packed(value: Any, arrays: Arrays) -> Any:
    if isinstance(value, np.ndarray):
        return {"array": _kept(value, arrays)}
    if isinstance(value, MethodSelectionNetwork):
        parameters: Mapping[str, mx.array] = dict(tree_flatten(value.parameters()))
        weights = {name: _kept(np.array(array), arrays) for name, array in parameters.items()}
        return {"network": value.sizes, "shape": _packed(value.shape, arrays), "weights": weights}
    if dataclasses.is_dataclass(value):
        own = {field.name: _packed(getattr(value, field.name), arrays) for field in dataclasses.fields(value)}
        return {"record": type(value).__name__, "fields": own}
    if isinstance(value, Mapping):
        return {"pairs": [[_packed(key, arrays), _packed(item, arrays)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_packed(item, arrays) for item in value]}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (str, int, float, bool)):
        return str(value) if isinstance(value, str) else value
    raise TypeError(f"{type(value).__name__} cannot be written down")


def _kept(array: Any, arrays: Arrays) -> str:
    name = f"a{len(arrays)}"
    arrays[name] = np.ascontiguousarray(array)
    return name


def _made(value: Any, arrays: Mapping[str, Any]) -> Any:
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    if "network" in value:
        return _network(value, arrays)
    if "record" in value:
        return KINDS[value["record"]](**{name: _made(item, arrays) for name, item in value["fields"].items()})
    if "pairs" in value:
        return {_made(key, arrays): _made(item, arrays) for key, item in value["pairs"]}
    return tuple(_made(item, arrays) for item in value["tuple"])


def _network(value: Any, arrays: Mapping[str, Any]) -> MethodSelectionNetwork:
    network = MethodSelectionNetwork(**value["network"], shape=_made(value["shape"], arrays), seed=0)
    weights = [(name, mx.array(arrays[place])) for name, place in value["weights"].items()]
    network.update(tree_unflatten(weights))
    return network
