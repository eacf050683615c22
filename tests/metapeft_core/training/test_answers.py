"""Only answers are learned, and what is written in batches is what would be written alone."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import mlx.core as mx
import numpy as np
import pytest

from metapeft_core.data.task import Example
from metapeft_core.methods.adapted import Adapted
from metapeft_core.methods.registry import make_settings
from metapeft_core.training.judge import batch_loss, write
from metapeft_core.training.rows import encode, make_batch

ADAPTERS = {
    "lora": {"targets": ("all",)},
    "prompt_tuning": {"virtual_tokens": 5},
    "prefix_tuning": {"virtual_tokens": 3},
}


@contextmanager
def adapted(decoder, method):
    """An adapter whose parameters are far from those it begins with."""
    model = Adapted(decoder, make_settings(method, ADAPTERS[method]), None, seed=1)
    mx.random.seed(2)
    tensors = {name: value + 0.3 * mx.random.normal(value.shape) for name, value in model.adapter.tensors().items()}
    model.adapter.load_tensors(tensors)
    model.eval()
    try:
        yield model
    finally:
        model.detach()


def next_scores(model, ids):
    """Scores of what follows every token of one text, by reading the whole text anew."""
    states, virtual = model.hidden(mx.array([ids]), None)
    return np.array(model.backbone.head(states)[0, virtual:].astype(mx.float32), dtype=np.float64)


@pytest.mark.parametrize("method", ADAPTERS)
def test_the_loss_is_the_mean_cross_entropy_of_the_answers_tokens_alone(decoder, parrot, method):
    rows = encode(parrot.train[:6], parrot, decoder.tokens, limit=32)
    assert len({len(row.ids) for row in rows}) > 1
    losses = []
    with adapted(decoder, method) as model:
        for row in rows:
            scores = next_scores(model, row.ids)
            shares = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
            losses += [-shares[k - 1, row.ids[k]] for k in range(len(row.ids) - row.answer, len(row.ids))]
        ours = float(batch_loss(model, make_batch(rows, decoder.tokens.pad, 32)).item())
    assert ours == pytest.approx(np.mean(losses), rel=1e-3)


def test_an_answer_ends_with_the_token_that_ends_a_text(decoder, parrot):
    row = encode(parrot.train[:1], parrot, decoder.tokens, limit=32)[0]
    assert row.ids[-1] == decoder.tokens.end
    assert row.answer == 4


def test_a_prompt_that_is_too_long_loses_its_beginning_and_keeps_the_answer(decoder, parrot):
    whole = encode(parrot.train[:1], parrot, decoder.tokens, limit=32)[0]
    cut = encode(parrot.train[:1], parrot, decoder.tokens, limit=5)[0]
    assert cut.ids == whole.ids[-5:]
    assert cut.answer == whole.answer


def test_an_empty_prompt_still_has_a_token_before_the_answer(decoder, parrot):
    task = replace(parrot, train=(Example("", "w10"),))
    row = encode(task.train, task, decoder.tokens, limit=8)[0]
    assert len(row.ids) == row.answer + 1


@pytest.mark.parametrize("method", ADAPTERS)
def test_texts_written_in_a_batch_equal_those_written_alone_by_reading_anew(decoder, parrot, method):
    prompts = [row.ids[: len(row.ids) - row.answer] for row in encode(parrot.train[:7], parrot, decoder.tokens, 32)]
    assert len({len(prompt) for prompt in prompts}) > 2
    with adapted(decoder, method) as model:
        alone = [decoder.tokens.decode(_written_alone(model, prompt, 9)) for prompt in prompts]
        assert write(model, prompts, most=9, batch_size=4) == alone
    assert len(set(alone)) > 1


def _written_alone(model, prompt, most):
    ids = list(prompt)
    for _ in range(most):
        following = int(next_scores(model, ids)[-1].argmax())
        if following == model.backbone.tokens.end:
            break
        ids.append(following)
    return ids[len(prompt) :]
