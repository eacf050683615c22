"""Encoders give the hidden states that transformers gives, padding and virtual tokens included."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
import torch
from transformers import AutoModel

from metapeft_core.backbones.encoder import Encoder
from metapeft_core.backbones.load import load_backbone
from metapeft_core.errors import BackboneError

TOLERANCE = 1e-4
LENGTHS = np.array([9, 4, 7, 2])
MASK = np.arange(9)[None, :] < LENGTHS[:, None]


def some_ids(vocabulary: int, pad: int) -> np.ndarray:
    ids = np.random.default_rng(0).integers(4, vocabulary, (4, 9))
    ids[~MASK] = pad
    return ids


def theirs(folder: Path, **options: int) -> torch.nn.Module:
    return AutoModel.from_pretrained(folder, dtype=torch.float32, **options).eval()


def their_states(model: torch.nn.Module, ids: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return model(input_ids=torch.tensor(ids), attention_mask=torch.tensor(MASK)).last_hidden_state.numpy()


@pytest.mark.parametrize(("name", "layers"), [("minilm", 6), ("minilm:3", 3), ("minilm:1", 1)])
def test_minilm_gives_the_same_states_whole_and_cut(name: str, layers: int, minilm: Path) -> None:
    ids = some_ids(30000, pad=0)
    ours = np.array(load_backbone(name)(mx.array(ids), mx.array(LENGTHS)))
    expected = their_states(theirs(minilm, num_hidden_layers=layers), ids)
    assert np.abs(ours - expected)[MASK].max() < TOLERANCE


def test_a_roberta_gives_the_same_states(tiny_roberta: Path) -> None:
    ids = some_ids(96, pad=1)
    ours = np.array(load_backbone(str(tiny_roberta))(mx.array(ids), mx.array(LENGTHS)))
    assert np.abs(ours - their_states(theirs(tiny_roberta), ids))[MASK].max() < TOLERANCE


def test_rows_without_padding_need_no_lengths() -> None:
    model = load_backbone("minilm:2")
    ids = mx.array(some_ids(30000, pad=5))
    full = model(ids, mx.array([9, 9, 9, 9]))
    assert np.abs(np.array(full) - np.array(model(ids))).max() < 1e-5


def test_the_pooler_is_that_of_bert(minilm: Path) -> None:
    model = load_backbone("minilm:2")
    assert isinstance(model, Encoder)
    ids = some_ids(30000, pad=0)
    pooled = np.array(model.first(mx.array(ids), mx.array(LENGTHS)))
    with torch.no_grad():
        reference = theirs(minilm, num_hidden_layers=2)
        expected = reference(input_ids=torch.tensor(ids), attention_mask=torch.tensor(MASK)).pooler_output.numpy()
    assert np.abs(pooled - expected).max() < TOLERANCE


def test_prompt_rows_that_are_words_read_as_these_words() -> None:
    model = load_backbone("minilm:2")
    ids = some_ids(30000, pad=5)
    prompt = model.embed(mx.array(ids[0, :3]))
    told = model(mx.array(ids[:, 3:]), None, prompt=prompt)
    read = model(mx.array(np.concatenate([np.tile(ids[0, :3], (4, 1)), ids[:, 3:]], axis=1)))
    assert np.abs(np.array(told) - np.array(read)).max() < 1e-5


def test_an_encoder_writes_no_text_and_is_not_cut_beyond_its_depth() -> None:
    model = load_backbone("minilm:1")
    with pytest.raises(BackboneError, match="writes no text"):
        model.head(mx.zeros((1, 1, model.card.width)))
    with pytest.raises(BackboneError, match="ask for 1 to 6"):
        load_backbone("minilm:7")
