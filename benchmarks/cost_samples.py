"""Measured steps of models with random weights: what the cost prediction is fitted to. Knows no task and no fit.

Models of nine shapes run a few steps under every method, judge some rows and, where they can, write a few answers.
"""

from __future__ import annotations

# isort: off
import metapeft_core  # noqa: F401 - chooses the BLAS before anything imports mlx

# isort: on
import gc
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import mlx.core as mx
import numpy as np
from mlx.utils import tree_flatten

from metapeft_core import runtime
from metapeft_core.backbones.card import describe
from metapeft_core.backbones.decoder import Decoder
from metapeft_core.backbones.encoder import Encoder, EncoderShape
from metapeft_core.backbones.model import FrozenModel, linear_shapes
from metapeft_core.methods.adapted import Adapted, Head, default_pooling
from metapeft_core.methods.registry import make_settings
from metapeft_core.training.cost_geometry import Geometry, geometry
from metapeft_core.training.cost_workload import (
    Batches,
    RowLengths,
    judged_batches,
    training_batches,
    workload_of_rows,
)
from metapeft_core.training.judge import judge, judge_writing
from metapeft_core.training.loop import Loop
from metapeft_core.training.rows import Row
from metapeft_core.training.spec import Budget, TrainingSpec

ENCODERS = ((128, 4, 2, 512), (256, 4, 8, 512), (384, 3, 12, 1536), (384, 6, 6, 1536), (512, 2, 8, 2048))
"""Width, layers, heads, feed-forward."""
DECODERS = (
    (192, 6, 3, 1, 512, 8000),
    (384, 4, 6, 6, 1024, 16000),
    (576, 8, 9, 3, 1536, 49152),
    (256, 12, 4, 2, 1024, 4000),
)
"""Width, layers, heads, key heads, feed-forward, vocabulary."""
VARIANTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("lora", {}),
    ("lora", {"targets": ("all",), "rank": 16}),
    ("lora", {"layers": 1}),
    ("lora", {"layers": 2, "targets": ("attention",)}),
    ("lora", {"dropout": 0.1}),
    ("lora", {"dropout": 0.1, "targets": ("all",)}),
    ("lora", {"dora": True}),
    ("lora", {"dora": True, "targets": ("all",), "layers": 2}),
    ("adalora", {}),
    ("adalora", {"targets": ("all",)}),
    ("prompt_tuning", {"virtual_tokens": 10, "initialisation": "random"}),
    ("prompt_tuning", {"virtual_tokens": 50, "initialisation": "random"}),
    ("prefix_tuning", {}),
    ("prefix_tuning", {"virtual_tokens": 40}),
    ("prefix_tuning", {"projection": True}),
    ("p_tuning", {}),
    ("p_tuning", {"encoder": "lstm", "virtual_tokens": 10, "encoder_width": 128}),
)
STEPS = 4
WRITTEN = 12


@dataclass(frozen=True, slots=True)
class Sample:
    """One configuration and what it took: bytes above the weights, seconds a step or a judging."""

    shape: Geometry
    batches: Batches
    judged: Batches
    training_bytes: int
    judging_bytes: int
    step_seconds: float
    judging_seconds: float
    writing_bytes: int = 0
    writing_seconds: float = 0.0
    prompts: Batches | None = None


class _EnoughError(Exception):
    pass


def random_encoder(width: int, layers: int, heads: int, wide: int) -> FrozenModel:
    """An encoder of this shape."""
    config = {
        "model_type": "bert",
        "vocab_size": 2000,
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": wide,
        "max_position_embeddings": 512,
    }
    return _ready(Encoder(EncoderShape.from_config(config), pooler=True), config)


def random_decoder(width: int, layers: int, heads: int, key_heads: int, wide: int, vocabulary: int) -> FrozenModel:
    """A llama of this shape."""
    from mlx_lm.models.llama import Model, ModelArgs

    config = {
        "model_type": "llama",
        "hidden_size": width,
        "num_hidden_layers": layers,
        "intermediate_size": wide,
        "num_attention_heads": heads,
        "num_key_value_heads": key_heads,
        "rms_norm_eps": 1e-5,
        "vocab_size": vocabulary,
    }
    return _ready(Decoder(Model(ModelArgs(**config))), config)


def _ready(model: FrozenModel, config: dict[str, Any]) -> FrozenModel:
    dtype = runtime.compute_dtype()
    model.apply(lambda p: p.astype(dtype))
    mx.eval(model.parameters())
    count = sum(value.size for value in dict(tree_flatten(model.parameters())).values())
    card = describe(config, f"{config['model_type']}-{config['hidden_size']}")
    model.card = replace(card, parameters=count, linears=linear_shapes(model))
    model.tokens = SimpleNamespace(pad=0, end=None, size=1000, decode=str)  # type: ignore[assignment]
    model.freeze()
    model.eval()
    return model


def measure_all(seed: int, each: int, say: Callable[[str], None]) -> dict[str, list[Sample]]:
    """Samples of both kinds of backbone, `each` a model."""
    generator = np.random.default_rng(seed)
    makers: list[tuple[str, Callable[..., FrozenModel], tuple[int, ...]]] = [
        *(("encoder", random_encoder, numbers) for numbers in ENCODERS),
        *(("decoder", random_decoder, numbers) for numbers in DECODERS),
    ]
    found: dict[str, list[Sample]] = {"encoder": [], "decoder": []}
    for kind, make, numbers in makers:
        model = make(*numbers)
        order = [int(i) for _ in range(-(-each // len(VARIANTS))) for i in generator.permutation(len(VARIANTS))]
        for number, variant in enumerate(order[:each]):
            sample = _draw(model, VARIANTS[variant], number, generator)
            found[kind].append(sample)
            say(f"{kind} {numbers} {VARIANTS[variant]}: {sample.training_bytes >> 20} MiB, {sample.step_seconds:.3f} s")
        del model
        gc.collect()
    return found


def _draw(
    model: FrozenModel, variant: tuple[str, dict[str, Any]], number: int, generator: np.random.Generator
) -> Sample:
    method, values = variant
    writes = model.card.kind == "decoder" and number % 3 != 0
    size = int(generator.choice([2, 4, 8, 16, 24, 32]))
    most = max(12, min(160, 16_000_000 // (size * model.card.width * model.card.layers * 16)))
    width = int(generator.integers(10, most + 1))
    answer = int(generator.integers(1, max(2, min(24, width // 2)))) if writes else 0
    return measure(model, method, values, size, width, answer)


def measure(model: FrozenModel, method: str, values: dict[str, Any], size: int, width: int, answer: int) -> Sample:
    """Train a few steps on one batch and judge one of twice its rows."""
    gc.collect()
    mx.clear_cache()
    base = mx.get_active_memory()
    classes = 0 if answer else 4
    rows = _rows(size, width, answer, model.card.vocabulary)
    settings = make_settings(method, values)
    spec = TrainingSpec(settings, learning_rate=1e-9, batch_size=size, max_length=max(width, 2))
    adapted = Adapted(model, settings, Head(classes, default_pooling(model.card)) if classes else None, 0)
    marks = _train(adapted, rows, spec, base)
    work = workload_of_rows(rows[:size], rows[size:], [], classes)
    device, lanes = runtime.current().device, runtime.lanes()
    sample = Sample(
        shape=geometry(model.card, settings, classes),
        batches=training_batches(work, size, 0, 1, device, lanes),
        judged=judged_batches(_repeated(work.train, _repeats(width)), 2 * size, device, lanes),
        **marks,
    )
    if answer:
        sample = _write(adapted, rows, sample, base)
    adapted.detach()
    return sample


def _rows(size: int, width: int, answer: int, vocabulary: int) -> list[Row]:
    generator = np.random.default_rng(size * 1000 + width)
    ids = generator.integers(5, vocabulary, (2 * size, width)).tolist()
    # One row is a token shorter, so that the batch is a padded one as most are.
    ids[0], ids[size] = ids[0][1:], ids[size][1:]
    return [Row(tuple(own), label=-1 if answer else i % 4, answer=answer) for i, own in enumerate(ids)]


def _train(adapted: Adapted, rows: list[Row], spec: TrainingSpec, base: int) -> dict[str, Any]:
    times: list[float] = []
    marks: dict[str, Any] = {}
    size = spec.batch_size

    def watch(progress: Any) -> None:
        times.append(progress.seconds)
        if progress.step == 2:
            marks.update(_judge(adapted, rows, spec, base))
            mx.reset_peak_memory()
        if progress.step == STEPS:
            raise _EnoughError

    budget = Budget(steps=50, evaluate_every=2, patience=None)
    short = replace(rows[0], ids=rows[0].ids[-max(3, rows[0].answer + 1) :])
    with suppress(_EnoughError):
        Loop(adapted, rows[:size], [short], spec, budget, watch).run()
    return {
        **marks,
        "training_bytes": mx.get_peak_memory() - base,
        "step_seconds": float(np.min(np.diff([0.0, *times])[1:])),
    }


def _repeats(width: int) -> int:
    """Some samples judge one whole batch, others as many as two lanes take: 2 or 4 times the training batch."""
    return 2 + 2 * (width % 2)


def _repeated(lengths: RowLengths, times: int) -> RowLengths:
    return RowLengths(lengths.tokens * times, lengths.answers * times)


def _judge(adapted: Adapted, rows: list[Row], spec: TrainingSpec, base: int) -> dict[str, Any]:
    judged = rows[: spec.batch_size] * _repeats(spec.max_length)
    mx.reset_peak_memory()
    times = []
    for _ in range(2):
        began = time.perf_counter()
        judge(adapted, judged, 2 * spec.batch_size, spec.max_length)
        times.append(time.perf_counter() - began)
    return {"judging_bytes": mx.get_peak_memory() - base, "judging_seconds": min(times)}


def _write(adapted: Adapted, rows: list[Row], sample: Sample, base: int) -> Sample:
    gc.collect()
    chosen = rows[1 : min(9, len(rows) // 2)] or rows[1:2]
    mx.reset_peak_memory()
    began = time.perf_counter()
    judge_writing(adapted, chosen, WRITTEN)
    taken = time.perf_counter() - began
    prompts = judged_batches(RowLengths(tuple(len(row.ids) - row.answer for row in chosen)), WRITTEN, "cpu", lanes=1)
    return replace(sample, writing_bytes=mx.get_peak_memory() - base, writing_seconds=taken, prompts=prompts)
