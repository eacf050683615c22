"""How good an adapted model is on rows: loss, accuracy and macro-F1, or loss and ROUGE-L. Learns nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import numpy.typing as npt

from metapeft_core.backbones.decoder import Decoder
from metapeft_core.lanes import in_lanes, open_lanes
from metapeft_core.methods.adapted import Adapted
from metapeft_core.training.next_token_loss import next_token_loss
from metapeft_core.training.rows import Batch, Row, make_batch, plain_batches
from metapeft_core.training.scores import accuracy, macro_f1, rouge_l


@dataclass(frozen=True, slots=True)
class Verdict:
    """The loss on some rows, and what else was measured on them."""

    loss: float
    metrics: Mapping[str, float]

    @property
    def rank(self) -> tuple[float, float]:
        """Larger is better: accuracy where there is one, then the loss."""
        return self.metrics.get("accuracy", 0.0), -self.loss


def batch_loss(model: Adapted, batch: Batch) -> mx.array:
    """Mean cross entropy of the labels, or of the tokens of the answers."""
    if model.task_head is not None:
        return nn.losses.cross_entropy(model.classify(batch.ids, batch.lengths), batch.labels, reduction="mean")
    states = model.answer_states(batch.ids, batch.positions)
    return next_token_loss(model.backbone.head, states, batch.labels)


def judge(model: Adapted, rows: Sequence[Row], batch_size: int, limit: int) -> Verdict:
    """Loss over the rows, and for classification what the labels say."""
    model.eval()
    orders = plain_batches([len(row.ids) for row in rows], batch_size)
    batches = [make_batch([rows[i] for i in order], model.backbone.tokens.pad, limit) for order in orders]
    with open_lanes():
        if model.task_head is None:
            losses = in_lanes(lambda batch: batch_loss(model, batch), batches)
            return _of_writing(
                [float(np.array(loss)) for loss in losses], [int(batch.labels.size) for batch in batches]
            )
        scores = in_lanes(lambda batch: model.classify(batch.ids, batch.lengths).astype(mx.float32), batches)
    table = np.zeros((len(rows), model.task_head.classes), dtype=np.float32)
    for order, part in zip(orders, scores, strict=True):
        table[order] = np.array(part)
    return _of_labels(table, np.array([row.label for row in rows], dtype=np.int64))


def _of_writing(losses: Sequence[float], counts: Sequence[int]) -> Verdict:
    mean = float(np.average(losses, weights=counts)) if losses else math.nan
    return Verdict(mean, {"perplexity": math.exp(min(mean, 50.0))})


def _of_labels(scores: npt.NDArray[np.float32], truth: npt.NDArray[np.int64]) -> Verdict:
    shifted = scores - scores.max(axis=1, keepdims=True)
    entropy = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(truth)), truth]
    predicted = scores.argmax(axis=1)
    metrics = {"accuracy": accuracy(predicted, truth), "macro_f1": macro_f1(predicted, truth)}
    return Verdict(float(entropy.mean()), metrics)


def write(model: Adapted, prompts: Sequence[Sequence[int]], most: int, batch_size: int = 16) -> list[str]:
    """Greedy completions of prompts, at most so many tokens each."""
    model.eval()
    written: dict[int, str] = {}
    for chosen in plain_batches([len(p) for p in prompts], batch_size):
        for i, ids in zip(chosen, _write_batch(model, [prompts[i] for i in chosen], most), strict=True):
            written[i] = model.backbone.tokens.decode(ids)
    return [written[i] for i in range(len(prompts))]


def _write_batch(model: Adapted, prompts: Sequence[Sequence[int]], most: int) -> list[list[int]]:
    backbone = model.backbone
    assert isinstance(backbone, Decoder)
    longest = max(len(p) for p in prompts)
    ids = mx.array([[*p, *[backbone.tokens.pad] * (longest - len(p))] for p in prompts])
    lengths = mx.array([len(p) for p in prompts])
    states, caches = backbone.start(ids, lengths, most, model.adapter.prompt(), model.adapter.prefix())
    out: list[list[int]] = [[] for _ in prompts]
    open_rows = set(range(len(prompts)))
    for _ in range(most):
        following = mx.argmax(backbone.head(states[None])[0], axis=-1)
        values: list[int] = following.tolist()  # type: ignore[assignment]
        open_rows -= {i for i in open_rows if values[i] == backbone.tokens.end}
        for i in open_rows:
            out[i].append(values[i])
        if not open_rows:
            break
        states = backbone.go_on(following, caches)
    return out


def judge_writing(model: Adapted, rows: Sequence[Row], most: int) -> float:
    """ROUGE-L of greedy completions against the wanted ones."""
    prompts = [row.ids[: len(row.ids) - row.answer] for row in rows]
    tokens = model.backbone.tokens
    wanted = [tokens.decode(row.ids[len(row.ids) - row.answer :]) for row in rows]
    return rouge_l(write(model, prompts, most), wanted)
