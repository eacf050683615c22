"""The tool that tells the advisor how a run elsewhere went, so that it learns from it. Knows no trainer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import Field

from knowledge.brief import TaskBrief
from knowledge.importing.imported import UnusableError, identified, plain_settings, tidy
from metapeft_core.errors import SettingsError
from metapeft_core.training.finetune import rows_digest
from metapeft_core.types import Objective, PEFTExperience, PEFTMethod, Setting, TaskCharacteristics
from tools.arguments import GIGABYTE, NOTHING_SAID, Gigabytes, Minutes, Seed, Steps, Task, UserPath
from tools.registry import tool
from tools.settings import checked_spec
from tools.workbench import Workbench, default_workbench

Name = Annotated[str, Field(min_length=1, max_length=80)]
Share = Annotated[float, Field(ge=0, le=1)]
"""A score from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was kept, and how far off the forecast was."""

    id: str
    surprise: float | None
    """Distance of the score from what was foretold; none where the data is not described, so nothing was learned."""
    is_new: bool = True
    """Whether it was not known already."""


@tool
def record_outcome(
    method: PEFTMethod,
    score: Share,
    backbone: str,
    task: Task = NOTHING_SAID,
    data: UserPath | None = None,
    settings: Mapping[str, Setting] | None = None,
    steps: Steps | None = None,
    minutes: Minutes | None = None,
    memory_gb: Gigabytes | None = None,
    seed: Seed = 0,
    name: Name = "told",
    *,
    bench: Workbench | None = None,
) -> Recorded:
    """Tell how a fine-tuning run went, so that later recommendations learn from it.

    Args:
        method: The method that was used.
        score: What it scored on rows it had not learned from: accuracy, or ROUGE-L of texts, from 0 to 1.
        backbone: The model that was adapted: a name, a folder or a hub id.
        task: What is known of the task, where there is no data file.
        data: The data file that it learned from.
        settings: The settings of the method, and learning_rate, batch_size or max_length.
        steps: Optimiser steps that were taken.
        minutes: Minutes that training took.
        memory_gb: Gigabytes of memory that it took.
        seed: The seed of the run, so that repetitions are told apart.
        name: What to call the task.

    Effect: reads, writes.
    """
    bench, told = bench or default_workbench(), settings or {}
    brief = task if isinstance(task, TaskBrief) else NOTHING_SAID
    described, rows, objective = _learned_from(task, data, bench)
    card = bench.backbone(backbone, objective)
    spec = checked_spec(method, told, seed)
    spec.check(card)
    every = spec.hyperparameters(card, objective == "classification")
    metric = "rouge_l" if objective == "generation" else "accuracy"
    experience = PEFTExperience(
        id="",
        task=tidy(name),
        characteristics=described,
        backbone=card,
        method=method,
        hyperparameters=_plain({key: value for key, value in every.items() if key in told}),
        performance={metric: score},
        outcome="completed",
        training_seconds=60 * (minutes or 0.0),
        peak_memory_bytes=round(GIGABYTE * (memory_gb or 0.0)),
        trainable_parameters=0,
        steps=steps or 0,
        seed=seed,
        curve=(),
        provenance="user",
        created=datetime.now(UTC).isoformat(timespec="microseconds"),
        rows=rows,
        source="told by the user",
        stated=stated(brief),
    )
    # The same figures on other rows, or on a task of which other things are said, are another run.
    experience = identified(experience, rows or repr(brief), metric)
    is_new = experience.id not in bench.experiences
    return Recorded(experience.id, bench.remember(experience, data, brief), is_new)


def _learned_from(task: Task, data: Path | None, bench: Workbench) -> tuple[TaskCharacteristics | None, str, Objective]:
    """The description of the data, by what its rows are known again, and its objective."""
    if data is not None:
        read, described = bench.data(data)
        return described, rows_digest(read.task), read.task.objective
    if isinstance(task, TaskCharacteristics):
        # What is described and not at hand is known again by its description.
        return task, sha256(repr(task).encode()).hexdigest()[:32], task.objective
    return None, "", task.asked_objective()


def _plain(settings: Mapping[str, Setting]) -> dict[str, Setting]:
    try:
        return plain_settings(settings)
    except UnusableError as fault:
        raise SettingsError(str(fault)) from fault


def stated(brief: TaskBrief) -> dict[str, str]:
    """What the user says of the task, under the names that sources of figures have for it."""
    told = {"task_type": brief.task_type, "domain": brief.domain, "language": brief.language, "train_size": brief.rows}
    return {key: str(value) for key, value in told.items() if value is not None}
