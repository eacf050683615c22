"""Run files hold only keys that their tool has, in that tool's units, and refuse what the tool lacks."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
import yaml
from mlx_lm.lora import CONFIG_DEFAULTS
from our_adapters import SETTINGS

from metapeft_core.backbones.load import load_backbone
from metapeft_core.errors import AdvisorError, InterchangeError, SettingsError
from metapeft_core.methods.interchange.runfiles import TOOLS, TrainingRun, run_file
from metapeft_core.methods.lora import LoRASettings
from metapeft_core.types import Backbone, LinearShape

RUN = TrainingRun("data/train.jsonl", 2e-4, 4, 100, 256, seed=7, output="out")
AXOLOTL_KEYS = {
    *("base_model", "datasets", "val_set_size", "train_on_inputs", "adapter", "lora_r", "lora_alpha", "lora_dropout"),
    *("lora_target_modules", "peft_layers_to_transform", "peft_use_dora", "peft_use_rslora", "sequence_len"),
    *(
        "micro_batch_size",
        "gradient_accumulation_steps",
        "max_steps",
        "optimizer",
        "learning_rate",
        "seed",
        "output_dir",
    ),
}
LLAMA_FACTORY_KEYS = {
    *("model_name_or_path", "stage", "do_train", "finetuning_type", "lora_rank", "lora_alpha", "lora_dropout"),
    *("lora_target", "use_dora", "use_rslora", "dataset", "dataset_dir", "template", "cutoff_len", "output_dir"),
    *("per_device_train_batch_size", "gradient_accumulation_steps", "max_steps", "learning_rate", "optim", "seed"),
}
KEYS = {"mlx-lm": set(CONFIG_DEFAULTS), "axolotl": AXOLOTL_KEYS, "llama-factory": LLAMA_FACTORY_KEYS}
SETTING = LoRASettings(8, 16.0, 0.05, ("query", "value"))


@pytest.fixture(scope="module")
def card(tiny_llama: Path) -> Backbone:
    return load_backbone(str(tiny_llama)).card


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("stabilised", [False, True])
@pytest.mark.parametrize("dora", [False, True])
def test_every_key_is_one_that_the_tool_has(tool: str, stabilised: bool, dora: bool, card: Backbone) -> None:
    settings = LoRASettings(8, 16.0, 0.05, ("query", "value"), stabilised, dora)
    values = yaml.safe_load(run_file(tool, settings, card, RUN))
    assert set(values) <= KEYS[tool]


def test_the_file_for_mlx_lm_gives_a_scale_and_whole_names(card: Backbone) -> None:
    values = yaml.safe_load(run_file("mlx-lm", SETTING, card, RUN))
    keys = ["self_attn.q_proj", "self_attn.v_proj"]
    assert values["lora_parameters"] == {"keys": keys, "rank": 8, "scale": 2.0, "dropout": 0.05}
    assert (values["num_layers"], values["iters"], values["learning_rate"], values["seed"]) == (-1, 100, 2e-4, 7)
    assert values["fine_tune_type"] == "lora"


def test_the_scale_of_a_stabilised_rank_is_over_its_root(card: Backbone) -> None:
    text = run_file("mlx-lm", LoRASettings(8, 16.0, rank_stabilised=True), card, RUN)
    assert yaml.safe_load(text)["lora_parameters"]["scale"] == pytest.approx(16 / math.sqrt(8))
    assert "# scale is alpha / sqrt(rank): alpha is 16." in text


def test_mlx_lm_reads_the_file_as_it_was_meant(card: Backbone, tmp_path: Path) -> None:
    from mlx_lm.lora import yaml_loader

    path = tmp_path / "run.yaml"
    path.write_text(run_file("mlx-lm", SETTING, card, TrainingRun("data", 1e-5, 2, 10, 64)))
    values = yaml.load(path.read_text(), yaml_loader)
    assert isinstance(values["learning_rate"], float)
    assert {type(values[key]) for key in ("iters", "batch_size", "num_layers", "max_seq_length")} == {int}


def test_the_last_layers_are_named_in_each_tools_way(card: Backbone) -> None:
    settings = LoRASettings(8, 16.0, layers=1)
    assert yaml.safe_load(run_file("mlx-lm", settings, card, RUN))["num_layers"] == 1
    assert yaml.safe_load(run_file("axolotl", settings, card, RUN))["peft_layers_to_transform"] == [1]
    with pytest.raises(InterchangeError, match="last 1 blocks"):
        run_file("llama-factory", settings, card, RUN)


def test_axolotl_and_llama_factory_take_alpha_itself(card: Backbone) -> None:
    axolotl = yaml.safe_load(run_file("axolotl", SETTING, card, RUN))
    factory = yaml.safe_load(run_file("llama-factory", SETTING, card, RUN))
    assert (axolotl["lora_r"], axolotl["lora_alpha"]) == (8, 16)
    assert (factory["lora_rank"], factory["lora_alpha"]) == (8, 16)
    assert axolotl["lora_target_modules"] == ["q_proj", "v_proj"]
    assert factory["lora_target"] == "q_proj,v_proj"
    assert (factory["dataset"], factory["dataset_dir"]) == ("train", "data")
    assert axolotl["datasets"][0]["path"] == "data/train.jsonl"


def test_a_layer_is_named_so_that_no_other_is_meant(tiny_llama: Path) -> None:
    shapes = tuple(LinearShape(name, 64, 64, 2) for name in ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"))
    card = dataclasses.replace(load_backbone(str(tiny_llama)).card, linears=shapes)
    only_attention = yaml.safe_load(run_file("axolotl", LoRASettings(8, 16.0, targets=("output",)), card, RUN))
    assert only_attention["lora_target_modules"] == ["attn.c_proj"]
    both = yaml.safe_load(run_file("axolotl", LoRASettings(8, 16.0, targets=("all",)), card, RUN))
    assert both["lora_target_modules"] == ["c_attn", "c_fc", "c_proj"]


def test_an_alpha_that_is_no_whole_number_is_refused_where_tools_want_one(card: Backbone) -> None:
    for tool in ("axolotl", "llama-factory"):
        with pytest.raises(InterchangeError, match=r"12\.5"):
            run_file(tool, LoRASettings(8, 12.5), card, RUN)
    assert yaml.safe_load(run_file("mlx-lm", LoRASettings(8, 12.0), card, RUN))["lora_parameters"]["scale"] == 1.5


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", ["adalora", "prompt tuning", "prefix tuning", "p-tuning"])
def test_methods_that_the_tools_lack_are_refused(tool: str, name: str, card: Backbone) -> None:
    with pytest.raises(InterchangeError, match=f"{tool} has no {SETTINGS[name].method}"):
        run_file(tool, SETTINGS[name], card, RUN)


def test_encoders_unknown_tools_and_wrong_settings_are_refused(card: Backbone) -> None:
    refused: list[tuple[type[AdvisorError], str, str, LoRASettings, Backbone]] = [
        (InterchangeError, "encoder", "axolotl", SETTING, load_backbone("minilm:2").card),
        (InterchangeError, "unsloth", "unsloth", SETTING, card),
        (SettingsError, "rank is 4096", "mlx-lm", LoRASettings(4096), card),
    ]
    for error, word, tool, settings, backbone in refused:
        with pytest.raises(error, match=word):
            run_file(tool, settings, backbone, RUN)
