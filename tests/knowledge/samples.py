"""Experiences for tests: cheap, varied and the same for the same number. No run was made for them."""

from __future__ import annotations

import numpy as np

from knowledge.records import WIDTH, Remembered, Vector
from metapeft_core.types import Backbone, CurvePoint, PEFTExperience, PEFTMethod, Spread, TaskCharacteristics

METHODS = tuple(PEFTMethod)
TASK_TYPES = ("sentiment", "topic", "intent", "nli")
LANGUAGES = ("en", "de", "sl")


def unit_vector(number: int) -> Vector:
    vector = np.random.default_rng(number).normal(size=WIDTH)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def card(name: str = "minilm:3", parameters: int = 17_000_000) -> Backbone:
    return Backbone(
        name=name,
        architecture="bert",
        kind="encoder",
        parameters=parameters,
        layers=3,
        width=384,
        feed_forward=1536,
        heads=12,
        key_value_heads=12,
        head_width=32,
        vocabulary=30522,
        context=512,
    )


def characteristics(number: int) -> TaskCharacteristics:
    return TaskCharacteristics(
        dataset_size=(16, 64, 256, 1000)[number % 4],
        sequence_length=Spread(1, 20.5, 19, 40, 60),
        vocabulary_size=1000 + number,
        objective="classification",
        task_type=TASK_TYPES[number % 4],
        domain="finance",
        language=LANGUAGES[number % 3],
        classes=2 + number % 5,
        class_balance=0.9,
        majority_share=0.5,
        type_token_ratio=0.2,
        duplicate_share=0.0,
        label_noise=0.1,
        complexity_score=0.4,
    )


def experience(number: int, **changes: object) -> PEFTExperience:
    method = METHODS[number % 5]
    values: dict[str, object] = {
        "id": f"{number:016x}-{number % 7:08x}",
        "task": f"task-{number // 20}",
        "family": f"family-{number // 60}",
        "characteristics": characteristics(number // 20),
        "backbone": card() if number % 2 else card("minilm", 22_000_000),
        "method": method,
        "hyperparameters": {"rank": 8, "targets": ("query", "value"), "dora": False, "layers": None, "alpha": 16.0},
        "performance": {"accuracy": 0.5 + (number % 40) / 100, "macro_f1": 0.4, "loss": 0.7},
        "outcome": "completed",
        "training_seconds": 3.5,
        "peak_memory_bytes": 1 << 28,
        "trainable_parameters": 20_000,
        "steps": 100,
        "seed": 0,
        "curve": (CurvePoint(50, 1.5, 0.9, float("inf"), {"accuracy": 0.6}), CurvePoint(100, 3.0, 0.5, 0.6, {})),
        "provenance": "measured",
        "created": "2026-11-21T10:00:00.000000+00:00",
        "environment": {"mlx": "0.32.4", "lanes": "1"},
        "rows": f"rows-{number // 20}",
        "source": "made up",
        "stated": {"domain": "finance"},
    }
    return PEFTExperience(**(values | changes))  # type: ignore[arg-type]


def memory(number: int, **changes: object) -> Remembered:
    """Twenty experiences share a task, and its vector."""
    return Remembered(experience(number, **changes), unit_vector(number // 20))


def lonely_memory(number: int) -> Remembered:
    """An experience on a task of its own."""
    return Remembered(experience(number, task=f"task-{number}", rows=f"rows-{number}"), unit_vector(number))
