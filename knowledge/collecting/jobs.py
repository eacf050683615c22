"""A block with its rows, as it travels to a worker, and what a worker makes of it. Knows no pool and no store.

Nothing here needs a file: a job carries the rows it learns from, so that it can run on another machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from knowledge.collecting.catalogue import Listed
from knowledge.collecting.design import PlannedRun
from knowledge.records import Remembered, Vector
from metapeft_core import runtime
from metapeft_core.backbones.load import describe_backbone
from metapeft_core.data.task import Task
from metapeft_core.training.finetune import run_key
from metapeft_core.types import Outcome, PEFTExperience, TaskCharacteristics


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What is known of a task's rows before any run."""

    characteristics: TaskCharacteristics
    vector: Vector


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Runs on one task's rows and one backbone."""

    listed: Listed
    task: Task
    rows: str
    backbone: str
    runs: tuple[PlannedRun, ...]
    prepared: Prepared | None = None

    def key(self, run: PlannedRun) -> str:
        """The key that the run's experience will carry."""
        return run_key(self.task, self.rows, describe_backbone(self.backbone), run.spec, run.budget)

    def without(self, keys: set[str]) -> Job:
        """The job without the runs of these keys."""
        return replace(self, runs=tuple(run for run in self.runs if self.key(run) not in keys))


def prepare(task: Task) -> Prepared:
    """Describe a task; each of its texts is embedded once."""
    from knowledge.embed import RememberingEmbedder, task_vector
    from metapeft_core.data.characterize import characterize

    embed = RememberingEmbedder()
    return Prepared(characterize(task, embed=embed), task_vector(task, embed))


def execute(job: Job) -> Iterator[Remembered]:
    """Make the runs, one after the other. A run that fails is an experience as well."""
    from metapeft_core.backbones.load import load_backbone
    from metapeft_core.training.finetune import finetune

    prepared = job.prepared or prepare(job.task)
    backbone = load_backbone(job.backbone)
    for run in job.runs:
        try:
            found = finetune(
                job.task, backbone, run.spec, run.budget, characteristics=prepared.characteristics, refuse=False
            )
        except Exception as fault:
            found = failed(job, run, prepared.characteristics, f"{type(fault).__name__}: {fault}")
        yield remembered(job, found, prepared.vector)


def remembered(job: Job, found: PEFTExperience, vector: Vector) -> Remembered:
    """The experience with what its task's source says of it."""
    listed = job.listed
    return Remembered(replace(found, family=listed.family, source=listed.source, stated=dict(listed.stated)), vector)


def lost(job: Job, run: PlannedRun, failure: str, outcome: Outcome) -> Remembered:
    """The experience of a run whose worker did not live to tell of it."""
    prepared = job.prepared or prepare(job.task)
    return remembered(job, failed(job, run, prepared.characteristics, failure, outcome), prepared.vector)


def failed(
    job: Job,
    run: PlannedRun,
    characteristics: TaskCharacteristics | None,
    failure: str,
    outcome: Outcome = "failed",
) -> PEFTExperience:
    """The experience of a run that ended without a result."""
    created = datetime.now(UTC).isoformat(timespec="microseconds")
    card = describe_backbone(job.backbone)
    return PEFTExperience(
        id=f"{job.key(run)}-{hashlib.sha256(created.encode()).hexdigest()[:8]}",
        task=job.task.name,
        characteristics=characteristics,
        backbone=card,
        method=run.spec.method.method,
        hyperparameters=run.spec.hyperparameters(card, job.task.objective == "classification"),
        performance={},
        outcome=outcome,
        training_seconds=0.0,
        peak_memory_bytes=0,
        trainable_parameters=0,
        steps=0,
        seed=run.spec.seed,
        curve=(),
        provenance="measured",
        created=created,
        environment=runtime.environment(),
        failure=failure,
        rows=job.rows,
    )
