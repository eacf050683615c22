"""Small trainable networks drawn as the reference draws them. Knows no method."""

from __future__ import annotations

import math

import mlx.core as mx
import mlx.nn as nn


def torch_linear(inputs: int, outputs: int, key: mx.array) -> nn.Linear:
    """A linear layer with weights and bias uniform within 1 / sqrt(inputs)."""
    layer = nn.Linear(1, 1)
    bound = 1 / math.sqrt(inputs)
    for_weight, for_bias = mx.random.split(key)
    layer.weight = mx.random.uniform(-bound, bound, (outputs, inputs), key=for_weight)
    layer.bias = mx.random.uniform(-bound, bound, (outputs,), key=for_bias)
    return layer


class OneWayLSTM(nn.Module):
    """An LSTM over one sequence, in one direction.

    MLX's own has one bias; the reference has two, and two that are both trained move twice as far in a step.
    """

    def __init__(self, inputs: int, hidden: int, key: mx.array) -> None:
        super().__init__()
        bound = 1 / math.sqrt(hidden)
        keys = mx.random.split(key, 4)
        self.from_input = mx.random.uniform(-bound, bound, (4 * hidden, inputs), key=keys[0])
        self.from_state = mx.random.uniform(-bound, bound, (4 * hidden, hidden), key=keys[1])
        self.input_bias = mx.random.uniform(-bound, bound, (4 * hidden,), key=keys[2])
        self.state_bias = mx.random.uniform(-bound, bound, (4 * hidden,), key=keys[3])

    def __call__(self, rows: mx.array, backwards: bool) -> mx.array:
        gates_from_input = rows @ self.from_input.T + (self.input_bias + self.state_bias)
        state = mx.zeros((self.from_state.shape[1],))
        cell = mx.zeros_like(state)
        states: list[mx.array] = []
        order = range(rows.shape[0])
        for position in reversed(order) if backwards else order:
            entry, forget, candidate, exposed = mx.split(gates_from_input[position] + self.from_state @ state, 4)
            cell = mx.sigmoid(forget) * cell + mx.sigmoid(entry) * mx.tanh(candidate)
            state = mx.sigmoid(exposed) * mx.tanh(cell)
            states.append(state)
        return mx.stack(states[::-1] if backwards else states)
