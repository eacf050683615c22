"""What a run will cost, told before it starts, and its refusal when it cannot fit. Knows no cost formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.printing import answers, duration, remarks, show_facts, size

if TYPE_CHECKING:
    from metapeft_core.backbones.model import FrozenModel
    from metapeft_core.data.task import Task
    from metapeft_core.training.cost import CostEstimate
    from metapeft_core.training.spec import Budget, TrainingSpec


def foretell(task: Task, backbone: FrozenModel, spec: TrainingSpec, budget: Budget) -> CostEstimate:
    """Say what the run will take, from its shapes and a short probe; refuse it where it cannot fit."""
    from metapeft_core.training.cost_probe import estimate_with_probe
    from metapeft_core.training.cost_refusal import refuse_if_too_large

    told = estimate_with_probe(task, backbone, spec, budget)
    # A run that is stopped by its clock is what `--minutes` asks for; one that runs out of memory is lost.
    refuse_if_too_large(told, budget, time_is_hard=False)
    remarks().print(
        f"[dim]expected: {duration(told.seconds)} of training, {duration(told.total_seconds)} with validation and "
        f"test, {size(told.peak_memory_bytes)} at the peak[/dim]"
    )
    return told


def cost_facts(told: CostEstimate) -> dict[str, Any]:
    """An estimate as plain values."""
    parts = told.parts
    return {
        "peak_memory_bytes": told.peak_memory_bytes,
        "weights_bytes": parts.weights,
        "trained_bytes": parts.trainable + parts.optimizer,
        "activations_bytes": parts.activations + parts.logits,
        "peak_in": parts.when,
        "training_seconds": told.seconds,
        "total_seconds": told.total_seconds,
        "steps": told.steps,
        "basis": told.basis,
    }


def show_cost(told: CostEstimate) -> None:
    """An estimate on standard output."""
    parts = told.parts
    facts = [
        ("training", f"about {duration(told.seconds)} for {told.steps:,} steps"),
        ("in all", f"about {duration(told.total_seconds)} with validation and test"),
        ("peak memory", f"about {size(told.peak_memory_bytes)}, in {parts.when}"),
        ("weights", size(parts.weights)),
        ("trained", f"{size(parts.trainable + parts.optimizer)} with gradients and optimiser"),
        ("activations", size(parts.activations + parts.logits)),
        ("known from", told.basis),
    ]
    show_facts(answers(), facts)
