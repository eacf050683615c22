"""The card and the bar of a run, shown for a run that never was."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from advisor import progress_bar, result_card
from metapeft_core.backbones.load import describe_backbone
from metapeft_core.data.task import Example, Task
from metapeft_core.training.judge import Verdict
from metapeft_core.training.progress import Progress
from metapeft_core.types import PEFTExperience, PEFTMethod

ROWS = (Example("say it", "it"),)
WRITING = Task("say[b]", "generation", ROWS, ROWS, ROWS)


@pytest.fixture
def experience() -> PEFTExperience:
    """A run of generation that went well."""
    return PEFTExperience(
        id="1",
        task="say",
        characteristics=None,
        backbone=describe_backbone("minilm"),
        method=PEFTMethod.LORA,
        hyperparameters={"learning_rate": 1.0, "batch_size": 16},
        performance={"loss": 1.5, "perplexity": 4.48, "rouge_l": 0.25},
        outcome="completed",
        training_seconds=75.0,
        peak_memory_bytes=3 << 20,
        trainable_parameters=1000,
        steps=10,
        seed=0,
        curve=(),
        provenance="measured",
        created="",
    )


def card(capsys, *words) -> dict[str, str]:
    result_card.show_result(*words)
    return dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())


def test_a_generation_shows_its_loss_and_rouge_and_no_accuracy(capsys, experience):
    shown = card(capsys, experience, WRITING, None)
    assert shown["ROUGE-L"].strip().startswith("0.250")
    assert shown["loss"].strip() == "1.500 on test"
    assert "accuracy" not in shown
    assert "say[b]" in shown["task"]


def test_the_next_command_exports_what_was_saved_even_where_its_path_has_spaces(experience):
    assert result_card.next_command(experience, Path("my adapter")) == (
        "advisor export 'my adapter' --to peft --out 'my adapter-peft'"
    )


@pytest.mark.parametrize(
    ("outcome", "words"), [("diverged", "--learning-rate 0.001"), ("out_of_memory", "--batch-size 8")]
)
def test_a_failed_run_says_why_and_what_to_change(capsys, experience, outcome, words):
    failed = replace(experience, outcome=outcome, failure="the [reason]", performance={})
    shown = card(capsys, failed, WRITING, Path("unsaved"))
    assert "the [reason]" in shown["outcome"]
    assert words in shown["next"]
    assert shown["adapter"].strip() == "none"


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_tells_loss_and_validation(monkeypatch, terminal):
    out = io.StringIO()
    screen = Console(file=out, force_terminal=terminal, width=200, _environ={"TERM": "xterm"})
    monkeypatch.setattr(progress_bar, "remarks", lambda: screen)
    with progress_bar.shown_progress(2) as watch:
        watch(Progress(1, 2, 0.75, 0.1, 1234))
        watch(Progress(2, 2, 0.5, 0.2, 2345, Verdict(0.625, {"accuracy": 0.875})))
    assert "loss 0.500" in out.getvalue()
    assert "validation loss 0.625, accuracy 0.875" in out.getvalue()
    assert ("2,345 tokens" in out.getvalue()) is terminal
