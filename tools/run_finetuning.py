"""The tool that really fine-tunes on the user's data, and remembers how it went. Knows no screen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from metapeft_core.backbones.load import load_backbone
from metapeft_core.backbones.sentence import forget_encoder
from metapeft_core.errors import ToolError
from metapeft_core.files import is_free_for, prove_writable
from metapeft_core.methods.storage import ADAPTER_RECORD
from metapeft_core.training.cost_refusal import refuse_unread
from metapeft_core.training.finetune import finetune
from metapeft_core.training.progress import Watch, watch_nothing
from metapeft_core.training.spec import Budget
from metapeft_core.types import PEFTExperience, PEFTMethod, Setting
from tools.arguments import GIGABYTE, Gigabytes, Minutes, Seed, Steps, UserPath
from tools.registry import tool
from tools.settings import checked_spec
from tools.workbench import DEFAULT_BACKBONES, Workbench, default_workbench


@tool
def run_finetuning(
    data: UserPath,
    method: PEFTMethod,
    backbone: str | None = None,
    settings: Mapping[str, Setting] | None = None,
    steps: Steps = 200,
    max_minutes: Minutes | None = None,
    max_memory_gb: Gigabytes | None = None,
    seed: Seed = 0,
    out: UserPath | None = None,
    *,
    bench: Workbench | None = None,
    watch: Watch = watch_nothing,
) -> PEFTExperience:
    """Fine-tune a model once on a data file with one method, judge it on its test rows, and remember the run.

    Args:
        data: A data file, or a folder with train, valid and test files.
        method: The method to train with.
        backbone: The model to adapt: a name, a folder or a hub id. Without one, what comes with the package.
        settings: Settings of the method that are not to be its defaults, and learning_rate, batch_size or max_length.
        steps: Optimiser steps at most.
        max_minutes: Stop training after so many minutes.
        max_memory_gb: Stop when more gigabytes are taken.
        seed: The same seed gives the same weights.
        out: Save the adapter in this folder.

    Effect: reads, writes, long.
    """
    bench = bench or default_workbench()
    if out is not None:
        _check_place(Path(out))
    read, characteristics = bench.data(data)
    name = backbone or DEFAULT_BACKBONES[read.task.objective]
    spec = checked_spec(method, settings or {}, seed)
    budget = Budget(
        steps=steps,
        seconds=None if max_minutes is None else 60 * max_minutes,
        memory_bytes=None if max_memory_gb is None else round(GIGABYTE * max_memory_gb),
    )
    card = bench.backbone(name, read.task.objective)
    spec.check(card)
    refuse_unread(characteristics, card, spec, budget)
    forget_encoder()
    experience = finetune(
        read.task,
        load_backbone(name),
        spec,
        budget,
        out=None if out is None else Path(out),
        watch=watch,
        characteristics=characteristics,
        refuse=False,
    )
    bench.remember(experience, data)
    return experience


def _check_place(out: Path) -> None:
    """Refuse a place that holds something else, which the adapter would replace, or that cannot be written."""
    try:
        if not is_free_for(out, ADAPTER_RECORD):
            raise ToolError(
                f"out is {out}, which holds other files, and an adapter would replace them: name a new folder"
            )
        prove_writable(out)
    except (OSError, ValueError) as fault:
        raise ToolError(f"out is {out}, which cannot be written ({fault}): name another folder") from fault
