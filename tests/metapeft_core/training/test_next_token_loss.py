"""The loss over a vocabulary, some tokens at a time."""

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest

from metapeft_core.training import next_token_loss as module
from metapeft_core.training.next_token_loss import next_token_loss


@pytest.mark.parametrize("tokens", [1, 16, 129, 300])
def test_loss_and_gradient_are_those_of_all_scores_at_once(tokens):
    states = mx.random.normal((tokens, 12), key=mx.random.key(1))
    words = mx.random.normal((50, 12), key=mx.random.key(2))
    labels = mx.random.randint(0, 50, (tokens,), key=mx.random.key(3))

    def head(x):
        # A head that is not linear, as Gemma's is.
        return 30 * mx.tanh((x @ words.T) / 30)

    def plain(x):
        return nn.losses.cross_entropy(head(x), labels, reduction="mean")

    ours = mx.value_and_grad(lambda x: next_token_loss(head, x, labels))(states)
    theirs = mx.value_and_grad(plain)(states)
    assert ours[0].item() == pytest.approx(theirs[0].item(), rel=1e-5)
    assert np.allclose(np.array(ours[1]), np.array(theirs[1]), atol=1e-6)


def test_it_takes_far_less_memory_than_all_scores_at_once():
    words, tokens = 4_000, 48 * module.CHUNK
    matrix = mx.random.normal((words, 8), key=mx.random.key(0))
    states = mx.random.normal((tokens, 8), key=mx.random.key(1))
    labels = mx.zeros((tokens,), dtype=mx.int32)
    mx.eval(matrix, states, labels)

    def peak(loss):
        mx.clear_cache()
        mx.reset_peak_memory()
        before = mx.get_active_memory()
        mx.eval(mx.grad(loss)(states))
        return mx.get_peak_memory() - before

    ours = peak(lambda x: next_token_loss(lambda h: h @ matrix.T, x, labels))
    plain = peak(lambda x: nn.losses.cross_entropy(x @ matrix.T, labels, reduction="mean"))
    assert ours < plain / 2
