"""Adapters on disk in the project's own format: safetensors and a JSON record. Knows no other tool's format.

A folder holds `adapter.safetensors` (the adapter's parameters, and the classifier's under `classifier.`) and
`adapter.json` (method, settings, head, labels, backbone). Both are written beside the old ones and renamed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import mlx.core as mx

from metapeft_core.backbones.model import FrozenModel
from metapeft_core.errors import SettingsError
from metapeft_core.files import replaced_folder
from metapeft_core.methods.adapted import Adapted, Head
from metapeft_core.methods.adapter import Settings
from metapeft_core.methods.registry import make_settings, setting_values

FORMAT = 1
ADAPTER_RECORD = "adapter.json"
"""By which a folder is known to hold an adapter of this project."""
WEIGHTS = "adapter.safetensors"
CLASSIFIER = "classifier."


@dataclass(frozen=True, slots=True)
class AdapterRecord:
    """What `adapter.json` says."""

    format: int
    backbone: str
    method: str
    settings: dict[str, Any]
    head: dict[str, Any] | None
    labels: list[str]
    facts: dict[str, Any]


def save_adapter(model: Adapted, folder: Path, labels: tuple[str, ...] = ()) -> None:
    """Write the folder; it appears whole or not at all."""
    settings = setting_values(model.settings)
    record = AdapterRecord(
        format=FORMAT,
        backbone=model.backbone.card.name,
        method=str(model.settings.method),
        settings={key: list(value) if isinstance(value, tuple) else value for key, value in settings.items()},
        head=asdict(model.task_head) if model.task_head else None,
        labels=list(labels),
        facts=dict(model.adapter.facts()),
    )
    with replaced_folder(folder) as fresh:
        mx.save_safetensors(str(fresh / WEIGHTS), all_tensors(model), metadata={"format": "mlx"})
        (fresh / ADAPTER_RECORD).write_text(json.dumps(asdict(record), indent=2, ensure_ascii=False))


def all_tensors(model: Adapted) -> dict[str, mx.array]:
    """The adapter's parameters and the classifier's, under the names they are saved by."""
    tensors = model.adapter.tensors()
    if model.task_head is not None:
        tensors |= {CLASSIFIER + key: value for key, value in model.classifier.parameters().items()}
    return tensors


def put_tensors(model: Adapted, tensors: dict[str, mx.array]) -> None:
    """Take back what `all_tensors` gave, in the precision of the model: a file may hold fewer digits."""
    mine = all_tensors(model)
    tensors = {key: value.astype(mine[key].dtype) if key in mine else value for key, value in tensors.items()}
    own = {key: value for key, value in tensors.items() if not key.startswith(CLASSIFIER)}
    model.adapter.load_tensors(own)
    if model.task_head is not None:
        head = {key.removeprefix(CLASSIFIER): value for key, value in tensors.items() if key.startswith(CLASSIFIER)}
        model.classifier.update(head)


def read_record(folder: Path) -> AdapterRecord:
    """The record of a saved adapter, without its weights."""
    path = folder / ADAPTER_RECORD
    try:
        values = json.loads(path.read_text())
        record = AdapterRecord(**values)
    except (OSError, ValueError, TypeError) as fault:
        raise SettingsError(f"{folder} holds no adapter of this project ({fault}): import it first") from fault
    if record.format > FORMAT:
        raise SettingsError(f"{path} was written by a newer version (format {record.format}): update peft-advisor")
    return record


def load_adapter(folder: Path, backbone: FrozenModel) -> Adapted:
    """Attach a saved adapter to the backbone it was trained on."""
    record = read_record(folder)
    model = Adapted(backbone, *_kind_of(record), seed=0)
    try:
        _fill(model, folder, record)
    except SettingsError:
        model.detach()
        raise
    return model


def begin_with(model: Adapted, folder: Path) -> None:
    """Put a saved adapter's weights into a model that is to be trained further; one of another kind is refused."""
    record = read_record(folder)
    settings, head = _kind_of(record)
    if (settings, head, record.backbone) != (model.settings, model.task_head, model.backbone.card.name):
        raise SettingsError(
            f"{folder} was trained as {settings} on {record.backbone}, and is to begin {model.settings} on "
            f"{model.backbone.card.name}: give the settings that it has"
        )
    _fill(model, folder, record)


def digest_of(folder: Path) -> str:
    """The same for the same weights, of an adapter that was read before."""
    return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()


def _kind_of(record: AdapterRecord) -> tuple[Settings, Head | None]:
    """What has to be attached to a backbone to hold the adapter."""
    return make_settings(record.method, record.settings), Head(**record.head) if record.head else None


def _fill(model: Adapted, folder: Path, record: AdapterRecord) -> None:
    """Weights and facts from disk."""
    put_tensors(model, saved_tensors(folder))
    model.adapter.remember(record.facts)


def saved_tensors(folder: Path) -> dict[str, mx.array]:
    """The tensors of a saved adapter, as they were written."""
    try:
        tensors = mx.load(str(folder / WEIGHTS))
    except Exception as fault:
        raise SettingsError(f"{folder / WEIGHTS} cannot be read ({fault}): save the adapter again") from fault
    assert isinstance(tensors, dict)
    return tensors
