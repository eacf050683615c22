"""`advisor run`: fine-tunes once on a data file and shows what came of it. Knows the options, not how a run works."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.data_options import CompletionColumn, Data, LabelColumn, PromptColumn, SkipBad, SplitColumn, TextColumn
from advisor.data_reading import DataReading
from advisor.exit_codes import FAILED, INTERRUPTED
from advisor.foretelling import cost_facts, foretell, show_cost
from advisor.printing import inert, remarks, show_json

if TYPE_CHECKING:
    from metapeft_core.backbones.model import FrozenModel
    from metapeft_core.data.task import Task
    from metapeft_core.training.spec import Budget, TrainingSpec
    from metapeft_core.types import PEFTExperience, TaskCharacteristics

MOST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Request:
    """A run that has been read and can begin."""

    task: Task
    characteristics: TaskCharacteristics
    backbone: FrozenModel
    spec: TrainingSpec
    budget: Budget


def run(
    data: Data,
    method: Annotated[
        str, typer.Option("--method", "-m", help="lora, adalora, prompt_tuning, prefix_tuning or p_tuning.")
    ],
    steps: Annotated[int, typer.Option(help="Optimiser steps at most.")] = 200,
    model: Annotated[
        str | None, typer.Option(help="minilm, minilm:3, smollm2, a folder, or a hub id.", show_default="by the task")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the method; may be repeated.")
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak rate.", show_default="by the method")] = None,
    batch_size: Annotated[int, typer.Option(help="Rows a step.")] = 16,
    max_length: Annotated[int, typer.Option(help="Tokens a row at most; what is longer is cut.")] = 128,
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="The same seed gives the same weights.")] = 0,
    train_size: Annotated[int | None, typer.Option(help="Train on so many rows.", show_default="all")] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop training after so long.")] = None,
    memory_gb: Annotated[float | None, typer.Option(help="Stop when more memory is taken.")] = None,
    out: Annotated[Path | None, typer.Option(help="Save the adapter in this folder.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Keep the state in this file, and go on from it.")] = None,
    only_cost: Annotated[bool, typer.Option("--cost", help="Only say what the run would take.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the experience as JSON.")] = False,
    skip_bad: SkipBad = False,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    prompt_column: PromptColumn = None,
    completion_column: CompletionColumn = None,
    split_column: SplitColumn = None,
) -> None:
    """Fine-tune once with one method and show accuracy, time, memory and size."""
    from metapeft_core.methods.registry import make_settings
    from metapeft_core.training.spec import Budget, TrainingSpec

    spec = TrainingSpec(
        method=make_settings(method, parse_settings(settings or [])),
        learning_rate=learning_rate,
        batch_size=batch_size,
        max_length=max_length,
        seed=seed,
    )
    memory = _limit("--memory-gb", memory_gb, 1 << 30)
    budget = Budget(
        steps=steps,
        seconds=_limit("--minutes", minutes, 60),
        memory_bytes=None if memory is None else round(memory),
    )
    budget.check()
    check_places(out, checkpoint)
    reading = DataReading(skip_bad, text_column, label_column, prompt_column, completion_column, split_column)
    task = reading.read(data).task
    request = prepare(task if train_size is None else task.take(train_size, seed), model, spec, budget)
    told = foretell(request.task, request.backbone, spec, budget)
    if only_cost:
        show_json(cost_facts(told)) if as_json else show_cost(told)
        return
    experience = _train(request, out, checkpoint)
    _show(experience, request, out, as_json)
    if experience.failure is not None:
        raise typer.Exit(FAILED)


def parse_settings(pairs: list[str]) -> dict[str, Any]:
    """`rank=4`, `dora=true`, `targets=query,value` or `targets=["query"]` as plain values."""
    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.strip():
            raise typer.BadParameter(f"{pair!r} is no setting: write KEY=VALUE, for example rank=4", param_hint="--set")
        values[key.strip()] = _value(key.strip(), text)
    return values


def _value(key: str, text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    # Targets are the one setting that is a list; at a prompt nobody wants to write JSON for it.
    return [part.strip() for part in value.split(",")] if key == "targets" and isinstance(value, str) else value


def _limit(option: str, value: float | None, unit: int) -> float | None:
    """A limit in seconds or bytes; refuses one within which nothing can happen, and one that limits nothing."""
    from metapeft_core.errors import SettingsError

    if value is None:
        return None
    # What is no number is not above 0 either.
    if not 0 < value * unit < math.inf:
        raise SettingsError(f"{option} is {value:g}: give a number above 0, or leave it out")
    return value * unit


def check_places(out: Path | None, checkpoint: Path | None) -> None:
    """Refuse places that cannot be written, or that hold something else, before the work and not after it."""
    from metapeft_core.errors import SettingsError
    from metapeft_core.files import is_free_for
    from metapeft_core.methods.storage import ADAPTER_RECORD

    if out is not None:
        if out.exists() and not out.is_dir():
            raise SettingsError(f"--out {out} is a file: give the path of a folder")
        if not is_free_for(out, ADAPTER_RECORD):
            raise SettingsError(f"--out {out} holds other files, which an adapter would replace: name a new folder")
    for name, place in (("--out", out), ("--checkpoint", checkpoint)):
        if place is not None:
            _make_parent(name, place)
    if checkpoint is not None and checkpoint.is_dir():
        raise SettingsError(f"--checkpoint {checkpoint} is a folder: give the path of a file")


def _make_parent(name: str, place: Path) -> None:
    from metapeft_core.errors import SettingsError
    from metapeft_core.files import prove_writable

    try:
        prove_writable(place)
    except OSError as fault:
        raise SettingsError(f"{name} {place} cannot be written ({fault.strerror}): name another place") from fault


def prepare(task: Task, model: str | None, spec: TrainingSpec, budget: Budget) -> Request:
    """Everything that a run needs, or the reason why it cannot be."""
    from metapeft_core.backbones.load import describe_backbone, load_backbone
    from metapeft_core.backbones.sentence import forget_encoder
    from metapeft_core.data.characterize import characterize
    from metapeft_core.training.cost_refusal import refuse_unread
    from tools.workbench import DEFAULT_BACKBONES

    name = model or DEFAULT_BACKBONES[task.objective]
    card = describe_backbone(name)
    spec.check(card)
    characteristics = characterize(task)
    forget_encoder()
    refuse_unread(characteristics, card, spec, budget)
    return Request(task, characteristics, load_backbone(name), spec, budget)


def _train(request: Request, out: Path | None, checkpoint: Path | None) -> PEFTExperience:
    from advisor.progress_bar import shown_progress
    from metapeft_core.training.finetune import finetune

    try:
        with shown_progress(request.budget.steps) as watch:
            return finetune(
                request.task,
                request.backbone,
                request.spec,
                request.budget,
                out=out,
                checkpoint=checkpoint,
                watch=watch,
                characteristics=request.characteristics,
                refuse=False,
            )
    except KeyboardInterrupt:
        kept = checkpoint is not None and checkpoint.exists()
        hope = f"the same command goes on from {checkpoint}" if kept else "with --checkpoint FILE a run can go on later"
        remarks().print(f"interrupted; {inert(hope)}")
        raise typer.Exit(INTERRUPTED) from None


def _show(experience: PEFTExperience, request: Request, out: Path | None, as_json: bool) -> None:
    from advisor.result_card import show_result

    if as_json:
        show_json(asdict(experience))
    else:
        show_result(experience, request.task, out)
