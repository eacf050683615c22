"""Cards, workloads and tasks that the tests of cost share. Knows no prediction."""

from __future__ import annotations

import numpy as np

from metapeft_core.backbones.card import describe
from metapeft_core.data.task import Example, Task
from metapeft_core.training.cost_speed import Speed
from metapeft_core.training.cost_workload import RowLengths, Workload
from metapeft_core.types import Backbone

COMPLAINT = "the parcel came late and nobody called us back so we would like our money now please"
SPEED = Speed(flop=1e-11, element=1e-10, operation=3e-6, lanes=2)
ENCODER = describe(
    {
        "model_type": "bert",
        "vocab_size": 30522,
        "hidden_size": 384,
        "num_hidden_layers": 6,
        "num_attention_heads": 12,
        "intermediate_size": 1536,
        "max_position_embeddings": 512,
    },
    "small-encoder",
)
DECODER = describe(
    {
        "model_type": "qwen3",
        "vocab_size": 151936,
        "hidden_size": 2560,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "intermediate_size": 9728,
        "max_position_embeddings": 40960,
        "quantization": {"bits": 4, "group_size": 64},
    },
    "four-billion",
)


def card(kind: str) -> Backbone:
    return ENCODER if kind == "encoder" else DECODER


def workload(seed: int = 0, longest: int = 100, writes: bool = False, rows: int = 120) -> Workload:
    generator = np.random.default_rng(seed)

    def lengths(count: int) -> RowLengths:
        tokens = generator.integers(6, longest + 1, count)
        return RowLengths(tuple(tokens.tolist()), tuple((tokens // 3).tolist()) if writes else ())

    return Workload(lengths(rows), lengths(40), lengths(20), 0 if writes else 3)


def spoken_task(rows: int = 64, seed: int = 0, longest: int = 60) -> Task:
    """Labelled texts of varied lengths."""
    generator = np.random.default_rng(seed)

    def some(count: int) -> tuple[Example, ...]:
        lengths = generator.integers(3, longest, count).tolist()
        return tuple(Example(" ".join(generator.choice(COMPLAINT.split(), n)), str(n % 2)) for n in lengths)

    return Task("spoken", "classification", some(rows), some(24), some(8), ("0", "1"))
