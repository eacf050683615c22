"""Refuses a run that cannot fit, and says what would. Knows how settings change a cost, not how a run goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from metapeft_core import runtime
from metapeft_core.errors import BudgetError, SettingsError
from metapeft_core.methods.adalora import AdaLoRASettings
from metapeft_core.methods.adapter import Settings
from metapeft_core.methods.lora import LoRASettings
from metapeft_core.methods.p_tuning import PTuningSettings
from metapeft_core.methods.prefix_tuning import PrefixTuningSettings
from metapeft_core.methods.prompt_tuning import PromptTuningSettings
from metapeft_core.training.cost import (
    CostEstimate,
    Plan,
    corrected_steps,
    estimate,
    plan_batches,
    predict,
    weight_bytes,
)
from metapeft_core.training.cost_workload import workload_like
from metapeft_core.training.spec import Budget, TrainingSpec
from metapeft_core.types import Backbone, TaskCharacteristics

LENGTHS = (512, 384, 256, 192, 128, 96, 64, 48, 32, 16)
FOUR_BITS = 4.5 / 8
"""Bytes a parameter in MLX's usual quantisation: four bits, and half a bit for scales."""
MIB = 2**20


def refuse_unread(characteristics: TaskCharacteristics, card: Backbone, spec: TrainingSpec, budget: Budget) -> None:
    """Refuse a run by its shapes alone, before weights are downloaded or read; its clock stops one that is too long."""
    refuse_if_too_large(predict(workload_like(characteristics), card, spec, budget), budget, time_is_hard=False)


@dataclass(frozen=True, slots=True)
class Alternative:
    """A run that fits: what to change, said in words, and what it is foretold to cost."""

    words: str
    spec: TrainingSpec
    backbone: Backbone
    estimate: CostEstimate


def refuse_if_too_large(
    foretold: CostEstimate, budget: Budget, available: int | None = None, *, time_is_hard: bool = True
) -> None:
    """Raise `BudgetError` for a run beyond its memory or its seconds, with settings that would fit.

    `available` overrules the budget's memory and the machine's. With `time_is_hard` off, a run that is stopped by its
    clock is let through.
    """
    room = memory_room(foretold, budget, available)
    if foretold.peak_memory_bytes > room:
        raise BudgetError(_memory_sentence(foretold, room))
    if time_is_hard and budget.seconds is not None and foretold.seconds > budget.seconds:
        raise BudgetError(_time_sentence(foretold, budget.seconds))


def memory_room(foretold: CostEstimate, budget: Budget, available: int | None = None) -> int:
    """Bytes that the run may take in all."""
    if available is not None:
        return available
    if budget.memory_bytes is not None:
        return budget.memory_bytes
    # What is loaded already is no longer among the free memory that the machine tells.
    return runtime.available_memory() + (foretold.plan.correction.base_bytes or 0)


def _memory_sentence(foretold: CostEstimate, room: int) -> str:
    spec, name = foretold.plan.spec, foretold.plan.backbone.name
    said = (
        f"{spec.method.method} on {name} with batch_size {spec.batch_size} and max_length {spec.max_length} needs "
        f"about {_mib(foretold.peak_memory_bytes)} at its peak ({_share(foretold)}), and there are {_mib(room)}"
    )
    found = what_would_fit(foretold, room)
    if found is not None:
        return f"{said}: {found.words} would take about {_mib(found.estimate.peak_memory_bytes)}"
    most = int(room * 0.8 / (4.0 if foretold.plan.device == "cpu" else FOUR_BITS))
    return f"{said}: nothing on this backbone fits, so choose one of at most {most / 1e6:.0f} million parameters"


def _share(foretold: CostEstimate) -> str:
    parts = foretold.parts
    adapter = parts.trainable + parts.optimizer
    text = parts.activations + parts.logits
    return f"weights {_mib(parts.weights)}, adapter {_mib(adapter)}, activations {_mib(text)}"


def _mib(count: int) -> str:
    return f"{count / MIB:.0f} MiB" if count < 10 * 2**30 else f"{count / 2**30:.1f} GiB"


def _time_sentence(foretold: CostEstimate, allowed: float) -> str:
    said = (
        f"{foretold.steps} steps of {foretold.plan.spec.method.method} on {foretold.plan.backbone.name} take about "
        f"{foretold.seconds:.0f} s, and {allowed:.0f} s are allowed"
    )
    steps = steps_within(foretold, allowed)
    if steps:
        return f"{said}: set steps to {steps}"
    return f"{said}, less than the first step takes: allow {foretold.seconds_a_step * 10:.0f} s for ten steps"


def steps_within(foretold: CostEstimate, allowed: float) -> int:
    """How many of the run's first steps its seconds allow."""
    steps = corrected_steps(foretold.plan, plan_batches(foretold.plan))
    return int(np.searchsorted(np.cumsum(steps), allowed, side="right"))


def what_would_fit(foretold: CostEstimate, room: int) -> Alternative | None:
    """The change that costs the result least and makes the run fit, None where none of those known does."""
    plan = foretold.plan
    for words, spec, backbone in _changes(plan):
        changed = _changed(plan, spec, backbone)
        if changed is not None and changed.peak_memory_bytes <= room:
            return Alternative(words, spec, backbone, changed)
    return None


def _changed(plan: Plan, spec: TrainingSpec, backbone: Backbone) -> CostEstimate | None:
    try:
        spec.check(backbone)
    except SettingsError:
        return None
    fixed = plan.correction
    if backbone is not plan.backbone and fixed.base_bytes is not None:
        # The base was measured with the other backbone loaded.
        saved = weight_bytes(plan.backbone, plan.device) - weight_bytes(backbone, plan.device)
        fixed = replace(fixed, base_bytes=fixed.base_bytes - saved)
    work = plan.work.cut(spec.max_length)
    return estimate(replace(plan, work=work, spec=spec, backbone=backbone, correction=fixed))


def _changes(plan: Plan) -> Iterator[tuple[str, TrainingSpec, Backbone]]:
    """Changes from the mildest to the hardest: batch, length, the method's own settings, method, backbone."""
    spec, backbone = plan.spec, plan.backbone
    for size in _halves(spec.batch_size):
        yield f"batch_size {size}", replace(spec, batch_size=size), backbone
    small = replace(spec, batch_size=1)
    for length in (n for n in LENGTHS if n < min(spec.max_length, plan.work.longest)):
        yield f"batch_size 1 with max_length {length}", replace(small, max_length=length), backbone
    for words, settings in (*_cheaper(spec.method, backbone), *_cheapest(spec.method, backbone)):
        for size in (spec.batch_size, *_halves(spec.batch_size)):
            yield f"{words} with batch_size {size}", replace(spec, method=settings, batch_size=size), backbone
    yield from _smaller_backbones(plan)


def _halves(count: int) -> Iterator[int]:
    while count > 1:
        count //= 2
        yield count


def _cheaper(method: Settings, backbone: Backbone) -> Iterator[tuple[str, Settings]]:
    """The same method with less of it."""
    if isinstance(method, LoRASettings) and method.dora:
        yield "lora without dora", replace(method, dora=False)
    if isinstance(method, LoRASettings | AdaLoRASettings):
        for depth in _halves(method.layers or backbone.layers):
            yield f"{method.method} on the last {depth} layers (layers={depth})", replace(method, layers=depth)
    if isinstance(method, PTuningSettings) and method.encoder == "lstm":
        yield "p_tuning with encoder mlp", replace(method, encoder="mlp")
    if isinstance(method, PrefixTuningSettings) and method.projection:
        yield "prefix_tuning without projection", replace(method, projection=False)
    if isinstance(method, PromptTuningSettings | PTuningSettings | PrefixTuningSettings):
        for count in _halves(method.virtual_tokens):
            yield f"{method.method} with {count} virtual tokens", replace(method, virtual_tokens=count)


def _cheapest(method: Settings, backbone: Backbone) -> Iterator[tuple[str, Settings]]:
    """Another method that keeps less: gradients that end in the last blocks."""
    if isinstance(method, LoRASettings):
        return
    for depth in _halves(backbone.layers):
        yield f"lora on the last {depth} layers (layers={depth})", LoRASettings(layers=depth)


def _smaller_backbones(plan: Plan) -> Iterator[tuple[str, TrainingSpec, Backbone]]:
    backbone, spec = plan.backbone, plan.spec
    small = replace(spec, batch_size=max(1, spec.batch_size // 4))
    place = backbone.name.rpartition(":")[0] or backbone.name
    for depth in _halves(backbone.layers) if backbone.kind == "encoder" else ():
        yield f"the backbone {place}:{depth} with batch_size {small.batch_size}", small, shortened(backbone, depth)
    if plan.device != "cpu" and backbone.bytes_per_parameter > FOUR_BITS:
        quantised = replace(backbone, bytes_per_parameter=FOUR_BITS)
        yield f"{backbone.name} quantised to 4 bits with batch_size {small.batch_size}", small, quantised


def shortened(backbone: Backbone, depth: int) -> Backbone:
    """The card of an encoder cut to its first blocks."""
    linears = tuple(replace(s, count=s.count * depth // backbone.layers) for s in backbone.linears)
    saved = sum(s.inputs * s.outputs * s.count for s in backbone.linears) - sum(
        s.inputs * s.outputs * s.count for s in linears
    )
    return replace(backbone, layers=depth, linears=linears, parameters=backbone.parameters - saved)
