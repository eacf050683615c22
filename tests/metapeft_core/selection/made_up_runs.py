"""Made-up runs of all five methods: prompt tuning wins where there are many classes, LoRA where the task is hard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from metapeft_core.types import (
    Backbone,
    LinearShape,
    PEFTExperience,
    PEFTMethod,
    Provenance,
    Spread,
    TaskCharacteristics,
)

SETTINGS = {
    PEFTMethod.LORA: {"rank": 8, "alpha": 16.0, "targets": ("query", "value"), "learning_rate": 2e-3},
    PEFTMethod.ADALORA: {"target_rank": 8, "initial_rank": 12, "alpha": 16.0, "learning_rate": 5e-3},
    PEFTMethod.PROMPT_TUNING: {"virtual_tokens": 10, "learning_rate": 2e-2},
    PEFTMethod.PREFIX_TUNING: {"virtual_tokens": 10, "learning_rate": 1e-2},
    PEFTMethod.P_TUNING: {"virtual_tokens": 10, "encoder": "mlp", "learning_rate": 3e-3},
}
COMMON = {"batch_size": 8, "max_length": 40, "weight_decay": 0.0, "schedule": "linear", "pooling": "mean"}
SMALL_MODEL = Backbone(
    "small", "bert", "encoder", 17_000_000, 3, 384, 1536, 12, 12, 32, 30522, 512,
    (
        *(LinearShape(f"attention.self.{name}", 384, 384, 3) for name in ("query", "key", "value")),
        LinearShape("attention.output.dense", 384, 384, 3),
        LinearShape("intermediate.dense", 384, 1536, 3),
        LinearShape("output.dense", 1536, 384, 3),
    ),
)  # fmt: skip
LARGE_MODEL = replace(
    SMALL_MODEL,
    name="large",
    architecture="llama",
    kind="decoder",
    parameters=7_000_000_000,
    layers=32,
    width=4096,
    linears=tuple(LinearShape(f"self_attn.{name}_proj", 4096, 4096, 32) for name in "qkvo"),
)


def task(number: int, *, classes: int | None = None, complexity: float | None = None, rows: int | None = None):
    chance = np.random.default_rng(number)
    many = int(chance.integers(2, 24)) if classes is None else classes
    hard = float(chance.uniform(0.1, 0.9)) if complexity is None else complexity
    size = (16, 64, 256, 1000)[number % 4] if rows is None else rows
    median = float(chance.integers(8, 60))
    return TaskCharacteristics(
        dataset_size=size,
        sequence_length=Spread(2, median * 1.1, median, median * 2, median * 3),
        vocabulary_size=int(chance.integers(200, 4000)),
        objective="classification",
        task_type="topic",
        domain="general",
        language="en",
        classes=many,
        class_balance=float(chance.uniform(0.7, 1)),
        majority_share=1 / many,
        type_token_ratio=float(chance.uniform(0.2, 0.9)),
        duplicate_share=0.0,
        label_noise=0.1,
        complexity_score=hard,
    )


def true_scores(facts: TaskCharacteristics) -> dict[PEFTMethod, float]:
    level = 0.9 - 0.5 * facts.complexity_score
    many = np.log2(facts.classes / 7) / 10
    hard = (facts.complexity_score - 0.5) / 8
    return {
        PEFTMethod.LORA: level + 0.01 + hard,
        PEFTMethod.ADALORA: level,
        PEFTMethod.PROMPT_TUNING: level + many,
        PEFTMethod.PREFIX_TUNING: level + many / 2 - 0.01,
        PEFTMethod.P_TUNING: level - 0.06,
    }


def run(number: int, method: PEFTMethod, *, seed: int = 0, faults: float = 0.01, **settings: object) -> PEFTExperience:
    facts = task(number)
    place = list(PEFTMethod).index(method)
    own = {**SETTINGS[method], **settings}
    rate = float(own["learning_rate"])
    chance = np.random.default_rng([number, place, seed, int(1e6 * rate)])
    # Best at twice the usual rate.
    gain = -0.01 * (np.log2(rate / SETTINGS[method]["learning_rate"]) - 1) ** 2
    return PEFTExperience(
        id=f"{number:08x}{place:x}{seed}-{int(1e6 * rate):08x}",
        task=f"task {number}",
        family=f"family {number // 2}",
        characteristics=facts,
        backbone=SMALL_MODEL,
        method=method,
        hyperparameters={**own, **COMMON},
        performance={
            "accuracy": float(np.clip(true_scores(facts)[method] + gain + faults * chance.normal(), 0, 1)),
            "processor_seconds": float((6 + place) * (1 + 0.05 * chance.normal())),
        },
        outcome="completed",
        training_seconds=9.0,
        peak_memory_bytes=int(1.1e8 * (1 + 0.05 * place)),
        trainable_parameters=20_000,
        steps=100,
        seed=seed,
        curve=(),
        provenance="measured",
        created="2026-11-21T10:00:00+00:00",
        rows=f"rows {number}",
    )


def runs(count: int = 40) -> Iterator[PEFTExperience]:
    """All methods on so many tasks, of some a second seed, of some another learning rate."""
    for number in range(count):
        for method in PEFTMethod:
            yield run(number, method)
            if number % 5 == 0:
                yield run(number, method, seed=1)
            if number % 2 == 0:
                rate = SETTINGS[method]["learning_rate"] * (0.25, 2.0, 4.0)[number // 2 % 3]
                yield run(number, method, learning_rate=rate)


def figure(method: PEFTMethod, score: float, number: int = 0, provenance: Provenance = "published") -> PEFTExperience:
    """A public figure of a large model, without its data, with settings in HF PEFT's words."""
    settings = {"r": 32, "lora_alpha": 64, "target_modules": ("q_proj", "v_proj"), "learning_rate": 1e-4}
    return replace(
        run(number, method),
        id=f"published{number}-{method}-{score}",
        task=f"public {number}",
        family="public",
        characteristics=None,
        backbone=LARGE_MODEL,
        hyperparameters=settings if method is PEFTMethod.LORA else {"learning_rate": 1e-3},
        performance={"accuracy": score},
        provenance=provenance,
        rows="",
        source="a benchmark",
    )
