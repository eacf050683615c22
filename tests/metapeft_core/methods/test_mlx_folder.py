"""LoRA and DoRA pass to mlx-lm and back unchanged; what mlx-lm cannot load is refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from mlx_lm.tuner.utils import linear_to_lora_layers, load_adapters
from mlx_lm.utils import load_model
from our_adapters import SETTINGS, drawn
from reference_peft import difference, make_batch, our_vocabulary_scores

from metapeft_core.backbones.load import load_backbone
from metapeft_core.errors import InterchangeError
from metapeft_core.methods.adalora import AdaLoRA
from metapeft_core.methods.adapted import Head
from metapeft_core.methods.interchange.low_rank import corrections_of_adalora
from metapeft_core.methods.interchange.mlx_folder import export_mlx, import_mlx, is_mlx_folder
from metapeft_core.methods.lora import LoRASettings

LOW_RANK = ["lora", "lora rank-stabilised", "lora last layer", "lora feed-forward", "dora"]


def mlx_lm_scores(backbone: Path, folder: Path) -> np.ndarray:
    """What mlx-lm itself computes with the adapter in the folder."""
    model, _ = load_model(backbone)
    load_adapters(model, str(folder))
    model.eval()
    return np.array(model(mx.array(make_batch(96).ids)))


@pytest.mark.parametrize("name", LOW_RANK)
def test_an_exported_adapter_computes_the_same_under_mlx_lm(name: str, tiny_llama: Path, tmp_path: Path) -> None:
    ours = drawn(tiny_llama, SETTINGS[name], None)
    export_mlx(ours, tmp_path / "out")
    scores = our_vocabulary_scores(ours, make_batch(96))
    assert difference(scores, mlx_lm_scores(tiny_llama, tmp_path / "out")) < 1e-4
    again = import_mlx(tmp_path / "out", load_backbone(str(tiny_llama)))
    assert difference(scores, our_vocabulary_scores(again, make_batch(96))) < 1e-5
    assert is_mlx_folder(tmp_path / "out")


def test_adalora_goes_as_the_plain_lora_that_computes_the_same(tiny_llama: Path, tmp_path: Path) -> None:
    ours = drawn(tiny_llama, SETTINGS["adalora"], None)
    export_mlx(ours, tmp_path / "out", as_lora=True)
    scores = our_vocabulary_scores(ours, make_batch(96))
    assert difference(scores, mlx_lm_scores(tiny_llama, tmp_path / "out")) < 1e-4
    again = import_mlx(tmp_path / "out", load_backbone(str(tiny_llama)))
    assert difference(scores, our_vocabulary_scores(again, make_batch(96))) < 1e-4


def test_adalora_as_lora_needs_no_more_rank_than_was_kept(tiny_llama: Path) -> None:
    ours = drawn(tiny_llama, SETTINGS["adalora"], None)
    assert isinstance(ours.adapter, AdaLoRA)
    widest = max(sum(kept) for kept in ours.adapter.kept)
    assert widest < 5
    assert {one.rank for one in corrections_of_adalora(ours).values()} == {widest}


@pytest.mark.parametrize("kind", ["lora", "dora"])
@pytest.mark.parametrize("keys", [["self_attn.q_proj"], ["self_attn.v_proj", "mlp.up_proj"]])
def test_an_adapter_that_mlx_lm_trained_is_read(kind: str, keys: list[str], tiny_llama: Path, tmp_path: Path) -> None:
    model, _ = load_model(tiny_llama)
    parameters = {"rank": 3, "scale": 5.0, "dropout": 0.1, "keys": keys}
    model.freeze()
    linear_to_lora_layers(model, 1, parameters, use_dora=kind == "dora")
    from mlx.utils import tree_flatten

    rng = np.random.default_rng(0)
    trained = {
        key: value + mx.array(0.1 * rng.standard_normal(value.shape).astype(np.float32))
        for key, value in tree_flatten(model.trainable_parameters())
    }
    mx.save_safetensors(str(tmp_path / "adapters.safetensors"), trained)
    config = {"fine_tune_type": kind, "num_layers": 1, "lora_parameters": parameters}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    ours = import_mlx(tmp_path, load_backbone(str(tiny_llama)))
    ours.eval()
    assert difference(our_vocabulary_scores(ours, make_batch(96)), mlx_lm_scores(tiny_llama, tmp_path)) < 1e-4
    assert isinstance(ours.settings, LoRASettings)
    assert (ours.settings.rank, ours.settings.alpha, ours.settings.dropout) == (3, 15.0, 0.1)
    assert ours.settings.layers == 1


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("adalora", "--as-lora"),
        ("prompt tuning", "virtual tokens"),
        ("prefix tuning", "virtual tokens"),
        ("p-tuning", "virtual tokens"),
    ],
)
def test_what_mlx_lm_lacks_is_refused(name: str, word: str, tiny_llama: Path, tmp_path: Path) -> None:
    with pytest.raises(InterchangeError, match=word):
        export_mlx(drawn(tiny_llama, SETTINGS[name], None), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_classifiers_and_encoders_are_refused_by_the_export_to_mlx_lm(tiny_llama: Path, tmp_path: Path) -> None:
    with pytest.raises(InterchangeError, match="classifier"):
        export_mlx(drawn(tiny_llama, SETTINGS["lora"], Head(2, "last")), tmp_path / "out")
    with pytest.raises(InterchangeError, match="encoders"):
        export_mlx(drawn("minilm:2", SETTINGS["lora"], Head(2, "mean")), tmp_path / "out")


def config_with(**values: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "adapter_config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return change


def tensors_with(key: str, shape: tuple[int, ...]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = str(folder / "adapters.safetensors")
        loaded = {k: mx.array(np.array(v)) for k, v in mx.load(path).items()}
        mx.save_safetensors(path, loaded | {key: mx.zeros(shape)})

    return change


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (config_with(fine_tune_type="full"), "full"),
        (config_with(fine_tune_type="dora"), "tensors say otherwise"),
        (config_with(lora_parameters={"rank": 4}), "scale"),
        (tensors_with("lm_head.lora_a", (64, 4)), "lm_head"),
        (tensors_with("model.layers.0.mlp.switch_mlp.up_proj.lora_a", (2, 4, 64)), "switch_mlp"),
        (tensors_with("model.layers.1.mlp.up_proj.lora_a", (64, 4)), "only one of"),
        (lambda folder: (folder / "adapters.safetensors").unlink(), r"adapters\.npz"),
        (lambda folder: (folder / "adapters.safetensors").write_text("x"), "cannot be read"),
        (lambda folder: (folder / "adapter_config.json").write_text("x"), "cannot be read"),
        (lambda folder: (folder / "adapter_config.json").write_text("[]"), "no object"),
    ],
)
def test_folders_of_mlx_lm_without_a_place_here_are_refused(
    damage: Callable[[Path], None], word: str, tiny_llama: Path, tmp_path: Path
) -> None:
    export_mlx(drawn(tiny_llama, SETTINGS["lora"], None), tmp_path / "out")
    damage(tmp_path / "out")
    with pytest.raises(InterchangeError, match=word):
        import_mlx(tmp_path / "out", load_backbone(str(tiny_llama)))


def test_an_adapter_of_a_decoder_is_refused_on_an_encoder(tiny_llama: Path, tmp_path: Path) -> None:
    export_mlx(drawn(tiny_llama, SETTINGS["lora"], None), tmp_path / "out")
    with pytest.raises(InterchangeError, match="encoder"):
        import_mlx(tmp_path / "out", load_backbone("minilm:2"))
