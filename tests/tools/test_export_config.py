"""Settings as a command that the shell reads back, and as run files of other tools; what they lack is refused."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from advisor.commands.run import parse_settings
from metapeft_core.errors import InterchangeError, SettingsError, ToolError
from metapeft_core.methods.registry import make_settings
from metapeft_core.types import PEFTMethod
from tools import export_config, select_method
from tools.registry import get_tool
from tools.settings import checked_spec

LORA = PEFTMethod.LORA
OTHERS = ("mlx-lm", "axolotl", "llama-factory")


def options_of(text: str) -> tuple[list[str], dict[str, str], list[str]]:
    """The words before the options, the options, and what is set."""
    words = shlex.split(text)
    first = next(n for n, word in enumerate(words) if word.startswith("--"))
    pairs = list(zip(words[first::2], words[first + 1 :: 2], strict=True))
    options = {name: value for name, value in pairs if name != "--set"}
    return words[:first], options, [value for name, value in pairs if name == "--set"]


def test_the_command_names_the_data_the_model_and_the_settings():
    told = {"rank": 4, "targets": ("query", "output"), "learning_rate": 0.00245, "batch_size": 8, "max_length": 40}
    found = export_config(LORA, told, backbone="minilm:3", data=Path("my data/it's.jsonl"), steps=50)
    before, options, chosen = options_of(found.text)
    assert before == ["advisor", "run", "my data/it's.jsonl"]
    assert options == {
        "--method": "lora",
        "--steps": "50",
        "--model": "minilm:3",
        "--learning-rate": "0.00245",
        "--batch-size": "8",
        "--max-length": "40",
    }
    assert sorted(chosen) == ["rank=4", "targets=query,output"]
    assert (found.target, found.written) == ("advisor", None)


def test_the_command_has_only_options_that_the_shell_knows(bench):
    from typer.main import get_command

    from advisor.cli import app

    known = {name for option in get_command(app).commands["run"].params for name in option.opts}
    for method in PEFTMethod:
        assert set(options_of(export_config(method, {"max_length": 64}, backbone="minilm").text)[1]) <= known


def test_a_recommendation_can_be_run_as_it_is(bench):
    for forecast in select_method(bench=bench).ranking:
        _, options, chosen = options_of(export_config(forecast.method, forecast.hyperparameters).text)
        spec = checked_spec(forecast.method, forecast.hyperparameters)
        assert make_settings(options["--method"], parse_settings(chosen)) == spec.method
        assert float(options["--learning-rate"]) == pytest.approx(spec.rate(), rel=1e-5)
        assert (int(options["--batch-size"]), int(options["--max-length"])) == (spec.batch_size, spec.max_length)


@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20)
    | st.sampled_from(["12", "true", "null", "[1]", '"a"', "$HOME", "a b", "'"]),
    tokens=st.integers(1, 50),
)
def test_whatever_the_settings_are_the_shell_reads_them_back(text: str, tokens: int):
    told = {"text": text, "virtual_tokens": tokens, "initialisation": "random"}
    chosen = options_of(export_config(PEFTMethod.PROMPT_TUNING, told).text)[2]
    assert make_settings("prompt_tuning", parse_settings(chosen)) == make_settings("prompt_tuning", told)


@pytest.mark.parametrize("target", OTHERS)
def test_a_run_file_is_yaml_that_names_the_model_the_settings_and_the_data(bench, target):
    told = {"rank": 4, "alpha": 8.0, "learning_rate": 2e-4, "batch_size": 2, "max_length": 96}
    words = {"backbone": "Qwen3-4B", "data": Path("rows"), "steps": 33, "bench": bench}
    run = yaml.safe_load(export_config(LORA, told, target, **words).text)
    values = [value for value in run.values() if not isinstance(value, (dict, list))]
    assert any("Qwen3-4B" in str(value) for value in values)
    assert {2e-4, 2, 96, 33} <= {value for value in values if isinstance(value, (int, float))}
    assert "rows" in str(run)
    assert "4" in str(run.get("lora_parameters", run))


def test_mlx_lm_is_told_the_scale_and_the_layers(bench):
    told = {"rank": 4, "alpha": 8.0, "targets": ("query", "value")}
    run = yaml.safe_load(export_config(LORA, told, "mlx-lm", "Qwen3-4B", steps=33, bench=bench).text)
    assert (run["iters"], run["fine_tune_type"]) == (33, "lora")
    assert run["lora_parameters"]["rank"] == 4
    assert run["lora_parameters"]["scale"] == 2.0
    assert sorted(run["lora_parameters"]["keys"]) == ["self_attn.q_proj", "self_attn.v_proj"]


@pytest.mark.parametrize("target", OTHERS)
def test_other_tools_train_no_encoders_and_no_prompts(bench, target):
    with pytest.raises(InterchangeError, match="minilm is an encoder"):
        export_config(LORA, target=target, backbone="minilm", bench=bench)
    with pytest.raises(InterchangeError, match="prompt_tuning"):
        export_config(PEFTMethod.PROMPT_TUNING, target=target, backbone="Qwen3-4B", bench=bench)


def test_a_setting_that_cannot_be_told_is_refused_and_not_left_out():
    with pytest.raises(ToolError, match="weight_decay cannot be told to advisor"):
        export_config(LORA, {"weight_decay": 0.1})
    assert "decay" not in export_config(LORA, {"weight_decay": 0.0}).text
    with pytest.raises(SettingsError, match="'virtual_tokens' is no setting of lora"):
        export_config(LORA, {"virtual_tokens": 5})


def test_the_text_is_written_where_it_is_wanted(bench, tmp_path):
    place = tmp_path / "runs" / "lora.yaml"
    found = export_config(LORA, None, "mlx-lm", "Qwen3-4B", out=place, bench=bench)
    assert found.written == place
    assert place.read_text() == found.text
    get_tool("export_config").call({"method": "lora", "out": str(place)}, bench)
    assert place.read_text().startswith("advisor run")


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(ToolError, match="cannot be written"):
        export_config(LORA, out=tmp_path)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ToolError, match="cannot be written"):
        export_config(LORA, out=tmp_path / "file" / "lora.yaml")
    assert (tmp_path / "file").read_text() == "mine"
