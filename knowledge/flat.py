"""An experience as one flat line of plain values, for tables and spreadsheets. Not all of it: see `plain.py`."""

from __future__ import annotations

import json

from knowledge.records import domain_of, language_of, task_type_of
from metapeft_core.score import score_of
from metapeft_core.types import PEFTExperience, family_of

Cell = str | int | float | None


def flat(experience: PEFTExperience) -> dict[str, Cell]:
    """Names and values, the same names for every experience."""
    facts, score = experience.characteristics, score_of(experience)
    return {
        "id": experience.id,
        "task": experience.task,
        "family": family_of(experience),
        "task_type": task_type_of(experience),
        "domain": domain_of(experience),
        "language": language_of(experience),
        "train_size": facts.dataset_size if facts else None,
        "classes": facts.classes if facts else None,
        "complexity": facts.complexity_score if facts else None,
        "backbone": experience.backbone.name,
        "parameters": experience.backbone.parameters,
        "method": str(experience.method),
        "hyperparameters": json.dumps(dict(experience.hyperparameters), sort_keys=True),
        "seed": experience.seed,
        "steps": experience.steps,
        "outcome": experience.outcome,
        "metric": score.metric if score else None,
        "score": score.value if score else None,
        "macro_f1": experience.performance.get("macro_f1"),
        "loss": experience.performance.get("loss"),
        "training_seconds": experience.training_seconds,
        "processor_seconds": experience.performance.get("processor_seconds"),
        "peak_memory_bytes": experience.peak_memory_bytes,
        "trainable_parameters": experience.trainable_parameters,
        "provenance": experience.provenance,
        "source": experience.source,
        "created": experience.created,
        "failure": experience.failure,
    }
