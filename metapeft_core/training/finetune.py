"""One fine-tuning run from task to experience. Knows what a run is; where experiences are kept is not its business."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import mlx.core as mx

from metapeft_core import runtime
from metapeft_core.backbones.model import FrozenModel
from metapeft_core.data.task import Task
from metapeft_core.errors import DataError, SettingsError
from metapeft_core.methods.adapted import Adapted, Head, default_pooling
from metapeft_core.methods.storage import begin_with, digest_of, save_adapter
from metapeft_core.training.cost import Correction, predict
from metapeft_core.training.cost_refusal import refuse_if_too_large
from metapeft_core.training.cost_workload import workload_of_rows
from metapeft_core.training.judge import judge, judge_writing
from metapeft_core.training.loop import DivergedError, Loop, MemoryExceededError
from metapeft_core.training.progress import Watch, watch_nothing
from metapeft_core.training.rows import Row, encode
from metapeft_core.training.spec import Budget, TrainingSpec
from metapeft_core.types import Backbone, Outcome, PEFTExperience, TaskCharacteristics

OUT_OF_MEMORY_WORDS = ("malloc", "out of memory", "allocate", "insufficient memory")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended."""

    outcome: Outcome
    performance: dict[str, float]
    failure: str | None = None


def finetune(
    task: Task,
    backbone: FrozenModel,
    spec: TrainingSpec,
    budget: Budget,
    *,
    out: Path | None = None,
    checkpoint: Path | None = None,
    watch: Watch = watch_nothing,
    characteristics: TaskCharacteristics | None = None,
    refuse: bool = True,
    begin: Path | None = None,
) -> PEFTExperience:
    """Fine-tune once and report what happened.

    Settings that cannot work are refused before anything is computed, and so is, unless `refuse` is off, a run whose
    shapes say that it cannot fit the memory. What goes wrong afterwards, a diverging loss or memory running out, is
    the experience's outcome. With `out` the adapter is saved there; with `checkpoint` the run
    goes on from that file and ends with the weights of an uninterrupted one. With `begin` training starts from an
    adapter that was saved before, with the same settings, in place of a fresh one.
    """
    spec.check(backbone.card)
    budget.check()
    _check_task(task, backbone)
    mx.clear_cache()
    mx.reset_peak_memory()
    encoded = [encode(rows, task, backbone.tokens, spec.max_length) for rows in (task.train, task.valid, task.test)]
    if refuse:
        _refuse_what_cannot_fit(encoded, task, backbone, spec, budget)
    rows = rows_digest(task)
    key = run_key(task, rows, backbone.card, spec, budget)
    model = Adapted(backbone, spec.method, _head(task, backbone, spec), spec.seed)
    trainable = model.trainable_count()
    try:
        if begin is not None:
            begin_with(model, begin)
            key = hashlib.sha256(f"{key} {digest_of(begin)}".encode()).hexdigest()[:16]
        loop = Loop(model, encoded[0], encoded[1], spec, budget, watch, checkpoint, key)
        ending = _run(loop, encoded[2])
        if out is not None and ending.failure is None:
            save_adapter(model, out, task.labels)
    finally:
        model.detach()
    experience = _experience(key, task, backbone, loop, ending, trainable)
    return replace(experience, rows=rows, characteristics=characteristics)


def run_key(task: Task, rows: str, backbone: Backbone, spec: TrainingSpec, budget: Budget) -> str:
    """The same for the same run: task and rows (their digest), backbone, settings, seed, budget."""
    told = {
        "task": [task.name, task.objective, list(task.labels), rows],
        "backbone": backbone.name,
        "method": str(spec.method.method),
        "hyperparameters": spec.hyperparameters(backbone, task.objective == "classification"),
        "seed": spec.seed,
        "budget": asdict(budget),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=list).encode()).hexdigest()[:16]


def rows_digest(task: Task) -> str:
    """The same for the same rows in the same splits, whatever the task is called."""
    digest = hashlib.sha256()
    for rows in (task.train, task.valid, task.test):
        digest.update(f"{len(rows)} rows".encode())
        for row in rows:
            digest.update(f"{len(row.text)}:{row.text}{len(row.target)}:{row.target}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def _check_task(task: Task, backbone: FrozenModel) -> None:
    for name, rows in (("training", task.train), ("validation", task.valid)):
        if not rows:
            raise DataError(f"{task.name} has no {name} rows: add at least one, or let the reader split the file")
    if task.objective == "classification" and len(task.labels) < 2:
        raise DataError(f"{task.name} has {len(task.labels)} label: classification needs at least two")
    if task.objective == "generation" and backbone.card.kind == "encoder":
        raise SettingsError(
            f"{task.name} asks for text to be written and {backbone.card.name} is an encoder: "
            "choose a decoder such as smollm2"
        )


def _refuse_what_cannot_fit(
    encoded: Sequence[Sequence[Row]], task: Task, backbone: FrozenModel, spec: TrainingSpec, budget: Budget
) -> None:
    train, valid, test = encoded
    # What the process holds already, this backbone among it, is part of the peak.
    held = Correction(base_bytes=mx.get_active_memory())
    work = workload_of_rows(train, valid, test, len(task.labels))
    refuse_if_too_large(predict(work, backbone.card, spec, budget, correction=held), budget, time_is_hard=False)


def _head(task: Task, backbone: FrozenModel, spec: TrainingSpec) -> Head | None:
    if task.objective == "generation":
        return None
    return Head(len(task.labels), spec.pooling or default_pooling(backbone.card))


def _run(loop: Loop, test: list[Row]) -> Ending:
    try:
        outcome = loop.run()
        began = time.perf_counter()
        performance = _final_performance(loop, test[: loop.budget.test_rows])
        performance["evaluation_seconds"] = time.perf_counter() - began
        return Ending(outcome, performance)
    except DivergedError as fault:
        return Ending("diverged", {}, str(fault))
    except MemoryExceededError as fault:
        return Ending("out_of_memory", {}, str(fault))
    except (MemoryError, RuntimeError) as fault:
        if isinstance(fault, MemoryError) or any(word in str(fault).lower() for word in OUT_OF_MEMORY_WORDS):
            return Ending("out_of_memory", {}, str(fault) or "the machine had no more memory to give")
        raise


def _final_performance(loop: Loop, test: list[Row]) -> dict[str, float]:
    performance: dict[str, float] = {"best_step": float(loop.state.best_step)}
    best = next(point for point in loop.curve if point.step == loop.state.best_step)
    performance |= {"valid_loss": best.valid_loss} | {f"valid_{name}": value for name, value in best.metrics.items()}
    if loop.state.seconds:
        performance["processor_seconds"] = loop.state.processor_seconds
        performance["tokens_per_second"] = loop.state.tokens / loop.state.seconds
    if not test:
        return performance
    verdict = judge(loop.model, test, 2 * loop.spec.batch_size, loop.spec.max_length)
    performance |= {"loss": verdict.loss, **verdict.metrics}
    if loop.model.task_head is None and loop.budget.generated_rows:
        performance["rouge_l"] = judge_writing(
            loop.model, test[: loop.budget.generated_rows], loop.budget.generated_tokens
        )
    return performance


def _experience(
    key: str,
    task: Task,
    backbone: FrozenModel,
    loop: Loop,
    ending: Ending,
    trainable: int,
) -> PEFTExperience:
    created = datetime.now(UTC).isoformat(timespec="microseconds")
    spec = loop.spec
    return PEFTExperience(
        id=f"{key}-{hashlib.sha256(created.encode()).hexdigest()[:8]}",
        task=task.name,
        characteristics=None,
        backbone=backbone.card,
        method=spec.method.method,
        hyperparameters=spec.hyperparameters(backbone.card, task.objective == "classification"),
        performance=ending.performance,
        outcome=ending.outcome,
        training_seconds=loop.state.seconds,
        peak_memory_bytes=mx.get_peak_memory(),
        trainable_parameters=trainable,
        steps=loop.state.step,
        seed=spec.seed,
        curve=tuple(loop.curve),
        provenance="measured",
        created=created,
        environment=runtime.environment(),
        failure=ending.failure,
    )
