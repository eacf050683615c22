"""The commands that export, import and write run files, from the shell to the files on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
import yaml
from our_adapters import SETTINGS, drawn
from reference_peft import difference, make_batch, our_scores, our_vocabulary_scores
from typer.testing import CliRunner

from advisor.commands.config import config
from advisor.commands.export import export
from advisor.commands.import_ import import_
from metapeft_core.backbones.load import load_backbone
from metapeft_core.errors import InterchangeError, SettingsError
from metapeft_core.methods.adapted import Head
from metapeft_core.methods.storage import load_adapter, read_record, save_adapter

app = typer.Typer()
app.command("export")(export)
app.command("import")(import_)
app.command("config")(config)


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_adapter_goes_to_peft_and_comes_back_with_its_labels(tiny_llama: Path, tmp_path: Path) -> None:
    model = drawn(tiny_llama, SETTINGS["lora"], Head(2, "last"))
    save_adapter(model, tmp_path / "own", labels=("no", "yes"))
    run("export", tmp_path / "own", "--to", "peft", "--out", tmp_path / "peft")
    run("import", tmp_path / "peft", "--backbone", tiny_llama, "--out", tmp_path / "back")
    again = load_adapter(tmp_path / "back", load_backbone(str(tiny_llama)))
    assert read_record(tmp_path / "back").labels == ["no", "yes"]
    assert difference(our_scores(model, make_batch(96)), our_scores(again, make_batch(96))) < 1e-5


def test_adalora_goes_to_mlx_lm_as_lora_and_comes_back(tiny_llama: Path, tmp_path: Path) -> None:
    model = drawn(tiny_llama, SETTINGS["adalora"], None)
    save_adapter(model, tmp_path / "own")
    run("export", tmp_path / "own", "--to", "mlx-lm", "--out", tmp_path / "mlx", "--as-lora")
    run("import", tmp_path / "mlx", "--backbone", tiny_llama, "--out", tmp_path / "back")
    again = load_adapter(tmp_path / "back", load_backbone(str(tiny_llama)))
    batch = make_batch(96)
    assert difference(our_vocabulary_scores(model, batch), our_vocabulary_scores(again, batch)) < 1e-4


def test_the_base_can_be_named_for_others(tiny_llama: Path, tmp_path: Path) -> None:
    save_adapter(drawn(tiny_llama, SETTINGS["lora"], None), tmp_path / "own")
    run("export", tmp_path / "own", "--to", "peft", "--out", tmp_path / "peft", "--base", "owner/model")
    written = json.loads((tmp_path / "peft" / "adapter_config.json").read_text())
    assert written["base_model_name_or_path"] == "owner/model"


def test_a_folder_with_other_files_is_never_replaced(tiny_llama: Path, tmp_path: Path) -> None:
    save_adapter(drawn(tiny_llama, SETTINGS["lora"], None), tmp_path / "own")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    for arguments in (
        ("export", tmp_path / "own", "--to", "peft", "--out", tmp_path / "mine"),
        ("import", tmp_path / "own", "--backbone", tiny_llama, "--out", tmp_path / "mine"),
    ):
        with pytest.raises(InterchangeError, match="other files"):
            run(*arguments)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "x"


def test_a_run_file_is_written_to_the_screen_or_a_file(tiny_llama: Path, tmp_path: Path) -> None:
    shared = ("config", "mlx-lm", "--data", "d", "--model", tiny_llama, "--set", "rank=4", "--set", "targets=query")
    on_screen = run(*shared)
    run(*shared, "--out", tmp_path / "run.yaml")
    assert (tmp_path / "run.yaml").read_text() == on_screen
    assert yaml.safe_load(on_screen)["lora_parameters"]["keys"] == ["self_attn.q_proj"]


@pytest.mark.parametrize("place", ["", "file/run.yaml", "/proc/run.yaml"])
def test_a_run_file_that_cannot_be_written_is_told(tiny_llama: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SettingsError, match=r"cannot be written .* name another file"):
        run("config", "mlx-lm", "--data", "d", "--model", tiny_llama, "--out", tmp_path / place)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_run_file_is_written_in_utf_8_wherever_it_is_read(
    tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encodings = []
    write = Path.write_text

    def watched(path: Path, text: str, encoding: str | None = None) -> int:
        encodings.append(encoding)
        return write(path, text, encoding)

    monkeypatch.setattr(Path, "write_text", watched)
    run("config", "mlx-lm", "--data", "d\u00e9", "--model", tiny_llama, "--out", tmp_path / "run.yaml")
    assert encodings == ["utf-8"]
