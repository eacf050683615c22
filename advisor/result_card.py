"""What came of one run, on standard output. Knows an experience and its task; computes no score."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path

from advisor.printing import answers, duration, inert, name_of, show_facts, size
from metapeft_core.data.task import Task
from metapeft_core.training.spec import LEARNING_RATES
from metapeft_core.types import PEFTExperience

WORDS = {
    "completed": "completed",
    "stopped_early": "stopped early: validation no longer improved",
    "out_of_budget": "stopped at the time limit",
    "diverged": "diverged",
    "out_of_memory": "out of memory",
    "failed": "failed",
}


def show_result(experience: PEFTExperience, task: Task, out: Path | None) -> None:
    """Print the card; `out` is where the adapter was saved."""
    facts = [
        ("task", f"{name_of(task.name)}: {len(task.train):,} rows to train, {len(task.test):,} to test"),
        ("method", f"{experience.method} on {inert(experience.backbone.name)}"),
        ("outcome", _outcome(experience)),
        *_scores(experience, task),
        ("training", f"{experience.steps} steps in {duration(experience.training_seconds)}"),
        ("peak memory", size(experience.peak_memory_bytes)),
        ("trained", _trained(experience)),
        ("adapter", _adapter(experience, out)),
        ("next", inert(next_command(experience, out))),
    ]
    show_facts(answers(), facts)


def _outcome(experience: PEFTExperience) -> str:
    if experience.failure is None:
        return f"[green]{WORDS[experience.outcome]}[/green]"
    return f"[red]{WORDS[experience.outcome]}[/red]: {inert(experience.failure)}"


def _scores(experience: PEFTExperience, task: Task) -> list[tuple[str, str]]:
    scores = experience.performance
    rows = []
    if "accuracy" in scores:
        chance = f"always saying {name_of(_commonest(task))} gives {majority_share(task):.3f}"
        rows.append(("accuracy", f"{scores['accuracy']:.3f} on test; {chance}"))
        rows.append(("macro-F1", f"{scores['macro_f1']:.3f}"))
    if "loss" in scores:
        rows.append(("loss", f"{scores['loss']:.3f} on test"))
    if "rouge_l" in scores:
        rows.append(("ROUGE-L", f"{scores['rouge_l']:.3f} of the texts written for the first test rows"))
    return rows


def majority_share(task: Task) -> float:
    """Accuracy on the test rows of whoever always says the commonest training label."""
    commonest = _commonest(task)
    return sum(row.target == commonest for row in task.test) / len(task.test)


def _commonest(task: Task) -> str:
    return Counter(row.target for row in task.train).most_common(1)[0][0]


def _trained(experience: PEFTExperience) -> str:
    share = experience.trainable_parameters / experience.backbone.parameters
    return f"{experience.trainable_parameters:,} parameters, {share:.2%} of the backbone's"


def _adapter(experience: PEFTExperience, out: Path | None) -> str:
    if experience.failure is not None:
        return "none"
    return "not saved" if out is None else f"saved in {inert(out)}"


def next_command(experience: PEFTExperience, out: Path | None) -> str:
    """What to do with this outcome."""
    settings = experience.hyperparameters
    if experience.outcome == "diverged":
        lower = min(float(str(settings["learning_rate"])) / 10, LEARNING_RATES[experience.method])
        return f"the same command with --learning-rate {lower:.1g}"
    if experience.outcome == "out_of_memory":
        smaller = max(1, int(str(settings["batch_size"])) // 2)
        return f"the same command with --batch-size {smaller}, or a shorter --max-length"
    if out is None:
        return "the same command with --out DIR to keep the adapter"
    return shlex.join(["advisor", "export", str(out), "--to", "peft", "--out", f"{out}-peft"])
