"""Our own folder: what is saved comes back bit for bit, and a save that breaks off leaves the old one whole."""

from __future__ import annotations

import json
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
from our_adapters import SETTINGS, drawn
from reference_peft import difference, make_batch, our_scores

from metapeft_core.backbones.load import load_backbone
from metapeft_core.errors import SettingsError
from metapeft_core.methods import storage
from metapeft_core.methods.adapted import Head
from metapeft_core.methods.adapter import Settings
from metapeft_core.methods.storage import all_tensors, load_adapter, read_record, save_adapter


@pytest.mark.parametrize("chosen", SETTINGS.values(), ids=SETTINGS.keys())
def test_a_saved_adapter_comes_back_bit_for_bit(chosen: Settings, tiny_llama: Path, tmp_path: Path) -> None:
    model = drawn(tiny_llama, chosen, Head(3, "last"))
    save_adapter(model, tmp_path / "saved", labels=("a", "b", "c"))
    again = load_adapter(tmp_path / "saved", load_backbone(str(tiny_llama)))
    again.eval()
    own, theirs = all_tensors(model), all_tensors(again)
    assert own.keys() == theirs.keys()
    assert all(mx.array_equal(own[key], theirs[key]) for key in own)
    assert again.settings == model.settings
    assert again.task_head == Head(3, "last")
    assert again.adapter.facts() == model.adapter.facts()
    assert difference(our_scores(model, make_batch(96)), our_scores(again, make_batch(96))) == 0
    assert read_record(tmp_path / "saved").labels == ["a", "b", "c"]


def test_a_save_that_breaks_off_leaves_the_old_adapter_whole(
    tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = drawn(tiny_llama, SETTINGS["lora"], None)
    save_adapter(old, tmp_path / "saved")

    def full_disk(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(storage.json, "dumps", full_disk)
    with pytest.raises(OSError, match="no space"):
        save_adapter(drawn(tiny_llama, SETTINGS["lora"], None, seed=9), tmp_path / "saved")
    monkeypatch.undo()
    again = load_adapter(tmp_path / "saved", load_backbone(str(tiny_llama)))
    own, theirs = all_tensors(old), all_tensors(again)
    assert all(mx.array_equal(own[key], theirs[key]) for key in own)
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


def test_saving_again_replaces_the_whole_folder(tiny_llama: Path, tmp_path: Path) -> None:
    save_adapter(drawn(tiny_llama, SETTINGS["lora"], None), tmp_path / "saved")
    (tmp_path / "saved" / "stray").write_text("x")
    save_adapter(drawn(tiny_llama, SETTINGS["prompt tuning"], None), tmp_path / "saved")
    names = sorted(path.name for path in (tmp_path / "saved").iterdir())
    assert names == ["adapter.json", "adapter.safetensors"]


def test_an_adapter_of_another_backbone_is_refused_and_detached(tiny_llama: Path, tmp_path: Path) -> None:
    save_adapter(drawn(tiny_llama, SETTINGS["lora last layer"], None), tmp_path / "saved")
    backbone = load_backbone("minilm:2")
    with pytest.raises(SettingsError, match="does not fit"):
        load_adapter(tmp_path / "saved", backbone)
    ids = mx.array(make_batch(96).ids)
    assert difference(np.array(backbone(ids)), np.array(load_backbone("minilm:2")(ids))) == 0


def test_a_broken_weights_file_is_refused_and_the_backbone_left_alone(tiny_llama: Path, tmp_path: Path) -> None:
    save_adapter(drawn(tiny_llama, SETTINGS["lora"], None), tmp_path / "saved")
    (tmp_path / "saved" / "adapter.safetensors").write_bytes(b"broken")
    backbone = load_backbone(str(tiny_llama))
    with pytest.raises(SettingsError, match="cannot be read"):
        load_adapter(tmp_path / "saved", backbone)
    assert {type(module).__name__ for _, _, module in backbone.block_linears()} == {"Linear"}


def test_a_folder_without_a_record_or_from_the_future_is_refused(tiny_llama: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds no adapter"):
        read_record(tmp_path)
    save_adapter(drawn(tiny_llama, SETTINGS["lora"], None), tmp_path / "saved")
    path = tmp_path / "saved" / "adapter.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(SettingsError, match="newer version"):
        read_record(tmp_path / "saved")
