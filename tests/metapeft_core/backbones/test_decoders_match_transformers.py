"""Decoders of several architectures give transformers' logits, and take prompts and prefixes as if they were text."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
import torch
from mlx_lm.models.cache import KVCache
from mlx_lm.utils import load_model
from transformers import AutoModelForCausalLM

from metapeft_core.backbones.decoder import Decoder
from metapeft_core.backbones.load import load_backbone, read_config
from metapeft_core.backbones.older_config import older_words

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def folder(tiny_decoder: Path) -> Path:
    return tiny_decoder


@pytest.fixture(scope="module")
def model(folder: Path) -> Decoder:
    loaded = load_backbone(str(folder))
    assert isinstance(loaded, Decoder)
    return loaded


def some_ids(rows: int = 3, span: int = 8, vocabulary: int = 96) -> np.ndarray:
    return np.random.default_rng(0).integers(4, vocabulary, (rows, span))


def difference(one: mx.array | np.ndarray, other: mx.array | np.ndarray) -> float:
    return float(np.abs(np.array(one) - np.array(other)).max())


def test_logits_are_those_of_transformers(folder: Path, model: Decoder) -> None:
    ids = some_ids()
    reference = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        expected = reference(input_ids=torch.tensor(ids)).logits.numpy()
    assert difference(model.head(model(mx.array(ids))), expected) < TOLERANCE


def test_the_head_on_hidden_states_is_the_models_own(folder: Path, model: Decoder) -> None:
    ids = mx.array(some_ids())
    whole, _ = load_model(folder, model_config=older_words(read_config(folder)))
    assert difference(model.head(model(ids)), whole(ids)) < 1e-5


def test_prompt_rows_that_are_words_read_as_these_words(model: Decoder) -> None:
    ids = some_ids()
    ids[:, :3] = ids[0, :3]
    told = model(mx.array(ids[:, 3:]), None, prompt=model.embed(mx.array(ids[0, :3])))
    assert difference(told, model(mx.array(ids))) < 1e-5


def test_a_prefix_of_real_keys_and_values_reads_as_the_text_it_came_from(model: Decoder) -> None:
    ids = some_ids()
    ids[:, :3] = ids[0, :3]
    caches = [KVCache() for _ in model.blocks()]
    model.body(mx.array(ids[:1, :3]), caches)
    prefix = [(cache.keys[0, :, :3], cache.values[0, :, :3]) for cache in caches]
    after = model(mx.array(ids[:, 3:]), None, prefix=prefix)
    assert difference(after, model(mx.array(ids))[:, 3:]) < 1e-4


def test_the_shapes_of_a_prefix_are_those_that_are_cached(model: Decoder) -> None:
    caches = [KVCache() for _ in model.blocks()]
    model.body(mx.array(some_ids()), caches)
    shapes = [(c.keys.shape[1], c.keys.shape[3], c.values.shape[3]) for c in caches]
    assert list(model.prefix_shapes()) == shapes


def test_the_models_own_parts_are_back_after_reading_a_prompt(model: Decoder) -> None:
    ids = mx.array(some_ids())
    before, words = model(ids), model.words
    model(ids, None, prompt=mx.ones((2, model.card.width)))
    assert model.words is words
    assert difference(model(ids), before) == 0


def test_what_is_padded_on_the_right_is_never_seen(model: Decoder) -> None:
    ids = some_ids()
    other = ids.copy()
    other[:, 5:] = 0
    assert difference(model(mx.array(ids))[:, :5], model(mx.array(other))[:, :5]) < 1e-5


@pytest.mark.decoder
def test_smollm2_gives_the_logits_of_transformers(smollm2: Path) -> None:
    model, ids = load_backbone("smollm2"), some_ids(2, 9, 40000)
    reference = AutoModelForCausalLM.from_pretrained(smollm2, dtype=torch.float32).eval()
    with torch.no_grad():
        rounded = reference(input_ids=torch.tensor(ids)).logits.numpy()
        exact = reference.double()(input_ids=torch.tensor(ids)).logits.numpy()
    ours = model.head(model(mx.array(ids)))
    # Thirty layers of float32 do not agree to the last bit: ours may err as much as torch's own, and no more.
    assert difference(ours, exact) < TOLERANCE + difference(rounded, exact)


@pytest.mark.decoder
def test_smollm2_knows_the_capital_of_france(smollm2: Path) -> None:
    """A wrong order of the rotary pairs or a wrong tokenizer would leave the shapes and lose the sense."""
    model = load_backbone("smollm2")
    ids = model.tokens.encode(["The capital of France is"])
    best = int(mx.argmax(model.head(model(mx.array(ids)))[0, -1]).item())
    assert model.tokens.decode([best]).strip() == "Paris"
