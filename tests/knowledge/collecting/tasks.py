"""Small task folders and jobs that collecting is tested with."""

from __future__ import annotations

import json
from pathlib import Path

from knowledge.collecting.catalogue import Listed
from knowledge.collecting.design import PlannedRun
from knowledge.collecting.jobs import Job
from metapeft_core.data.task import Example, Task
from metapeft_core.methods.registry import make_settings
from metapeft_core.training.finetune import rows_digest
from metapeft_core.training.spec import Budget, TrainingSpec

GOOD = ("wonderful", "lovely", "great", "pleasant", "superb")
BAD = ("awful", "dreadful", "bad", "poor", "terrible")


def rows(count: int, start: int = 0) -> list[tuple[str, str]]:
    words = [(GOOD, "good"), (BAD, "bad")]
    return [
        (f"the {('film', 'meal', 'trip')[n % 3]} number {n} was {words[n % 2][0][n % 5]}", words[n % 2][1])
        for n in range(start, start + count)
    ]


def write_tasks(folder: Path, names: tuple[str, ...] = ("films", "meals"), count: int = 40) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for place, name in enumerate(names):
        lines = [{"text": text, "label": label} for text, label in rows(count, 100 * place)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    facts = {name: {"family": "tastes", "source": "made up", "domain": "reviews"} for name in names}
    (folder / "manifest.json").write_text(json.dumps(facts))
    return folder


def small_job(name: str = "films", methods: tuple[str, ...] = ("lora", "prompt_tuning"), steps: int = 2) -> Job:
    examples = [Example(text, label) for text, label in rows(24)]
    train, valid, test = tuple(examples[:12]), tuple(examples[12:18]), tuple(examples[18:])
    task = Task(name, "classification", train, valid, test, ("bad", "good"))
    budget = Budget(steps=steps, evaluate_every=1, evaluation_rows=4, patience=None)
    runs = tuple(
        PlannedRun(TrainingSpec(make_settings(method), batch_size=4, max_length=16), budget) for method in methods
    )
    return Job(Listed(name, Path("nowhere"), "tastes", "made up"), task, rows_digest(task), "minilm:1", runs)
