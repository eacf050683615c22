"""The tool that recommends: which method, with which settings, what to expect and how sure. Knows no language model."""

from __future__ import annotations

from metapeft_core.selection.recommend import Limits
from metapeft_core.training.cost_speed import remembered_speed
from metapeft_core.types import MethodRecommendation
from tools.arguments import GIGABYTE, NOTHING_SAID, Gigabytes, Minutes, Steps, Task, UserPath
from tools.registry import tool
from tools.workbench import Workbench, default_workbench


@tool
def select_method(
    task: Task = NOTHING_SAID,
    data: UserPath | None = None,
    backbone: str | None = None,
    max_minutes: Minutes | None = None,
    max_memory_gb: Gigabytes | None = None,
    steps: Steps | None = None,
    *,
    bench: Workbench | None = None,
) -> MethodRecommendation:
    """Recommend a parameter-efficient method with settings, expected quality, time and memory, and how sure that is.

    Args:
        task: What is known of the task.
        data: A data file of the task, which tells more than words do.
        backbone: The model to adapt: a name, a folder or a hub id. Without one, what comes with the package.
        max_minutes: Minutes that training may take.
        max_memory_gb: Gigabytes of memory that training may take.
        steps: Optimiser steps to train for. Without them, what such tasks were trained for.

    Effect: reads.
    """
    bench = bench or default_workbench()
    known = bench.known(task, data)
    return bench.judgement.system.predict_optimal_method(
        known.tasks,
        bench.backbone(backbone, known.objective),
        limits=Limits(
            None if max_minutes is None else 60 * max_minutes,
            None if max_memory_gb is None else GIGABYTE * max_memory_gb,
        ),
        steps=steps,
        speed=remembered_speed(),
    )
