"""The tool that puts methods side by side on one task: what speaks for each, and whether it could be noticed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from metapeft_core.errors import ToolError
from metapeft_core.types import MethodForecast, PEFTMethod
from tools.arguments import NOTHING_SAID, Gigabytes, Minutes, Steps, Task, UserPath
from tools.registry import tool
from tools.select_method import select_method
from tools.workbench import Workbench

Methods = Annotated[tuple[PEFTMethod, ...], Field(min_length=2, max_length=len(PEFTMethod))]


@dataclass(frozen=True, slots=True)
class MethodComparison:
    """Forecasts of the methods that were asked about, and what sets them apart."""

    forecasts: tuple[MethodForecast, ...]
    """Those that will probably keep the limits first, and of these the one expected to be best."""
    ahead: PEFTMethod
    """The one of which the best score is expected, whether it keeps the limits or not."""
    behind: PEFTMethod
    """The next one after it."""
    difference: float
    """How much more score is expected of the one ahead than of the one behind."""
    noise_floor: float
    """What two runs of one setting differ by: a smaller difference cannot be noticed."""
    noticeable: bool
    fastest: PEFTMethod
    leanest: PEFTMethod
    """In memory."""


@tool
def compare_methods(
    methods: Methods = tuple(PEFTMethod),
    task: Task = NOTHING_SAID,
    data: UserPath | None = None,
    backbone: str | None = None,
    max_minutes: Minutes | None = None,
    max_memory_gb: Gigabytes | None = None,
    steps: Steps | None = None,
    *,
    bench: Workbench | None = None,
) -> MethodComparison:
    """Compare two or more methods on a task: expected quality, time and memory, and whether they can be told apart.

    Args:
        methods: The methods to compare.
        task: What is known of the task.
        data: A data file of the task, which tells more than words do.
        backbone: The model to adapt: a name, a folder or a hub id. Without one, what comes with the package.
        max_minutes: Minutes that training may take.
        max_memory_gb: Gigabytes of memory that training may take.
        steps: Optimiser steps to train for. Without them, what such tasks were trained for.

    Effect: reads.
    """
    if len(set(methods)) < 2:
        raise ToolError(
            f"methods names {', '.join(dict.fromkeys(methods)) or 'none'} alone: name two or more to compare"
        )
    found = select_method(task, data, backbone, max_minutes, max_memory_gb, steps, bench=bench)
    own = tuple(one for one in found.ranking if one.method in methods)
    # Sorted once more, as what breaks a limit stands last however good it is.
    ahead, behind = sorted(own, key=lambda one: -one.quality.expected)[:2]
    difference = ahead.quality.expected - behind.quality.expected
    return MethodComparison(
        own,
        ahead.method,
        behind.method,
        difference,
        found.noise_floor,
        difference > found.noise_floor,
        min(own, key=lambda one: one.seconds.expected).method,
        min(own, key=lambda one: one.memory_bytes.expected).method,
    )
