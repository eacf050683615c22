"""`advisor ask` answers on standard output, shows its steps on standard error, and follows up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from advisor.cli import app
from advisor.commands.ask import is_failed_run
from advisor.steps import Step
from tests.knowledge.samples import experience

TICKETS = str(Path(__file__).parents[2] / "examples" / "tickets.jsonl")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def run(home, monkeypatch):
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words, **more: CliRunner().invoke(app, [*words], **more)


def test_a_question_is_answered_with_a_card(run):
    result = run("ask", "best PEFT for 500 legal QA examples", "--llm", "none")
    assert result.exit_code == 0, result.output
    for word in ("settings", "confidence", "quality", "time", "memory", "trade-offs", "nearest"):
        assert f"│ {word}" in result.stdout
    assert "next  advisor run DATA --method" in result.stdout
    assert "select_method" in result.stderr
    assert "select_method" not in result.stdout
    assert max(map(len, result.stdout.split("next")[0].splitlines())) <= 80


def test_a_data_file_is_judged_by_itself(run):
    result = run("ask", "which method for these tickets?", "--data", TICKETS, "--llm", "none")
    assert result.exit_code == 0, result.output
    assert "A data file would narrow" not in result.stdout
    assert f"advisor run {TICKETS}" in result.stdout.replace("\n", " ")


def test_json_holds_the_answer_and_the_whole_recommendation(run):
    result = run("ask", "best PEFT for 500 legal QA examples", "--llm", "none", "--json")
    told = json.loads(result.stdout)
    assert told["recommendation"]["method"] == told["recommendation"]["ranking"][0]["method"]
    assert len(told["recommendation"]["ranking"]) == 5
    assert told["answer"] == told["recommendation"]["reasoning"]


def test_the_command_that_is_told_next_runs(run):
    told = run("ask", "which method for these tickets?", "--data", TICKETS, "--model", "minilm:3", "--llm", "none")
    command = told.stdout.split("next", 1)[1].split()[1:]
    assert command[0] == "run"
    result = run(*command, "--cost")
    assert result.exit_code == 0, result.output


def test_a_follow_up_goes_on_with_the_latest_conversation(run):
    run("ask", "best PEFT for 500 legal QA examples", "--llm", "none")
    result = run("ask", "why not p-tuning?", "--llm", "none", "--continue", "last")
    assert result.exit_code == 0, result.output
    assert "P-tuning: expected score" in " ".join(result.stdout.split())
    assert "best PEFT for 500 legal QA examples" in run("ask", "--list").stdout


def test_the_reader_can_be_named_once_for_all(run, monkeypatch):
    monkeypatch.setenv("PEFT_ADVISOR_LLM", "minilm")
    result = run("ask", "best PEFT for 500 legal QA examples")
    assert result.exit_code == 2
    assert "minilm is no model that writes" in " ".join(result.stderr.split())
    monkeypatch.setenv("PEFT_ADVISOR_LLM", "none")
    assert run("ask", "best PEFT for 500 legal QA examples").exit_code == 0


def test_what_is_not_its_business_is_said_and_is_no_failure(run):
    result = run("ask", "what is the weather tomorrow", "--llm", "none")
    assert result.exit_code == 0
    assert "not my business" in result.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["ask"], "ask something"),
        (["ask", "and with 8 GB?", "--continue", "missing", "--llm", "none"], "there is no conversation missing"),
        (["ask", "which method for this file?", "--data", "no-such.csv", "--llm", "none"], "no-such.csv"),
        (["ask", "best PEFT for 500 reviews", "--model", "no/such-model", "--llm", "none"], "no/such-model"),
    ],
)
def test_faulty_usage_is_told(run, words, told):
    result = run(*words)
    assert told in result.stderr
    assert not result.stdout
    assert result.exit_code == 2


def test_columns_under_other_names_are_named_and_named_again_in_the_next_command(run, tmp_path):
    rows = [json.loads(line) for line in Path(TICKETS).read_text(encoding="utf-8").splitlines()]
    place = tmp_path / "mine.jsonl"
    place.write_text(
        "".join(json.dumps({"a": "x", "said": row["text"], "kind": row["label"]}) + "\n" for row in rows), "utf-8"
    )
    words = ["ask", "which method for this file?", "--data", str(place), "--model", "minilm:3", "--llm", "none"]
    named = ["--text-column", "said", "--label-column", "kind"]
    result = run(*words, *named)
    assert result.exit_code == 0, result.output
    command = result.stdout.split("next", 1)[1].split()[1:]
    assert command[-4:] == named
    assert run(*command, "--cost").exit_code == 0
    told = run("record", "-m", "lora", "--score", "0.7", "--model", "minilm:3", "--data", str(place), *named)
    assert "learned" in told.stdout, told.output
    refused = run(*words)
    assert refused.exit_code == 2
    assert "--text-column" in refused.stderr


def test_nothing_is_trained_without_a_yes(run, home):
    words = ["ask", "train it now with lora for 2 steps", "--data", TICKETS, "--model", "minilm:3", "--llm", "none"]
    refused = run(*words, input="n\n")
    assert "Nothing was done" in refused.stdout
    silent = run(*words, input="")
    assert silent.exit_code == 2
    assert "nobody is there to be asked" in " ".join(silent.stderr.replace("│", "").split())
    done = run(*words, "--yes")
    assert "after 2 steps" in " ".join(done.stdout.split()), done.output


def test_a_training_that_failed_is_no_success():
    grew = {"outcome": "diverged", "performance": {}, "failure": "the loss grew without limit"}
    assert is_failed_run(Step("answer", "", result=(experience(1, **grew),)))
    assert not is_failed_run(Step("answer", "", result=(experience(1),)))
    assert not is_failed_run(Step("answer", ""))


def test_recording_an_outcome_with_its_data_teaches(run):
    result = run("record", "-m", "lora", "--score", "0.8", "--model", "minilm:3", "--data", TICKETS, "--set", "rank=4")
    assert result.exit_code == 0, result.output
    assert "Remembered and learned" in result.stdout
    words = run("record", "-m", "lora", "--score", "0.8", "--model", "minilm:3", "--rows", "90", "--json")
    assert json.loads(words.stdout)["surprise"] is None
    assert run("record", "-m", "lora", "--score", "1.8", "--model", "minilm:3").exit_code == 2
