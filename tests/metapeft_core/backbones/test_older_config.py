"""Rotary embeddings as transformers 5 writes them reach mlx-lm, and what a configuration already says is kept."""

from __future__ import annotations

import pytest

from metapeft_core.backbones.older_config import older_words

LLAMA3 = {"rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0}


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"model_type": "llama", "rope_theta": 1e6}, {}),
        ({"rope_parameters": {"rope_type": "default", "rope_theta": 1e6}}, {"rope_theta": 1e6}),
        ({"rope_theta": 7.0, "rope_parameters": {"rope_theta": 1e6}}, {}),
        (
            {"rope_parameters": LLAMA3},
            {"rope_theta": 5e5, "rope_scaling": {"rope_type": "llama3", "type": "llama3", "factor": 8.0}},
        ),
        (
            {"rope_parameters": {"rope_theta": 1e4, "partial_rotary_factor": 0.5}},
            {"rope_theta": 1e4, "partial_rotary_factor": 0.5},
        ),
        (
            {"rope_parameters": {"full_attention": {"rope_theta": 1e6}, "sliding_attention": {"rope_theta": 1e4}}},
            {"rope_theta": 1e6, "rope_local_base_freq": 1e4},
        ),
        ({"model_type": "gpt2", "n_positions": 64}, {"n_ctx": 64}),
        ({"model_type": "gpt2", "n_positions": 64, "n_ctx": 32}, {}),
        (
            {"text_config": {"hidden_size": 8, "rope_parameters": {"rope_theta": 5.0}}},
            {"text_config": {"hidden_size": 8, "rope_parameters": {"rope_theta": 5.0}, "rope_theta": 5.0}},
        ),
    ],
)
def test_older_words_are_added_where_they_are_missing(config: dict[str, object], told: dict[str, object]) -> None:
    assert older_words(config) == told
