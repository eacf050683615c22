"""Public models are known by the names people write, with the numbers of their configuration."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.importing.backbones import cards
from metapeft_core.backbones.load import describe_backbone
from metapeft_core.backbones.well_known import PLACE, model_of_size, well_known, well_known_models


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("mlx-community/Qwen3-4B-4bit", "Qwen/Qwen3-4B"),
        ("meta-llama/Meta-Llama-3-8B-Instruct", "meta-llama/Llama-3.1-8B"),
        ("Llama 3.2 3B", "meta-llama/Llama-3.2-3B"),
        ("llama_3.2_1b", "meta-llama/Llama-3.2-1B"),
        ("BERT", "google-bert/bert-base-uncased"),
        ("xlm-roberta-base", "FacebookAI/xlm-roberta-base"),
        ("Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B"),
        ("Mistral-7B-Instruct-v0.3", "mistralai/Mistral-7B-v0.3"),
    ],
)
def test_a_model_is_known_however_its_name_is_written(written, name):
    found = well_known(written)
    assert found is not None
    assert found.name == name


def test_a_name_that_is_not_known_is_not_guessed():
    assert well_known("acme-9000") is None
    assert well_known("") is None


def test_packing_changes_the_bytes_and_nothing_else():
    packed, plain = well_known("Qwen3-4B-4bit"), well_known("Qwen3-4B")
    assert packed is not None
    assert plain is not None
    assert packed.bytes_per_parameter == pytest.approx(0.5625)
    assert (packed.parameters, plain.bytes_per_parameter) == (plain.parameters, 2.0)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("llama-3.1-8b", 8.03e9), ("mistral-7b", 7.25e9), ("qwen3-0.6b", 0.596e9), ("gpt2", 0.124e9), ("phi-4", 14.66e9)],
)
def test_parameters_are_as_many_as_the_makers_say(name, parameters):
    found = well_known(name)
    assert found is not None
    assert found.parameters == pytest.approx(parameters, rel=0.005)


def test_the_cards_of_published_figures_tell_the_same():
    ours = {card.name: card for card in well_known_models().values()}
    shared = [card for card in cards().values() if card.name in ours]
    assert shared
    for card in shared:
        known = ours[card.name]
        for name in ("layers", "width", "feed_forward", "heads", "key_value_heads", "vocabulary", "linears"):
            assert getattr(known, name) == getattr(card, name)


@pytest.mark.parametrize(
    ("asked", "least", "most"), [(7e9, 6e9, 8e9), (1e9, 0.9e9, 1.3e9), (13e9, 12e9, 15e9), (70e9, 6e10, 8e10)]
)
def test_a_size_alone_gives_a_model_of_about_that_size(asked, least, most):
    assert least <= model_of_size(asked).parameters <= most


@pytest.mark.parametrize("asked", [0, 0.0, -7e9, math.nan, math.inf, -math.inf, 5e-324])
def test_the_smallest_model_stands_for_what_is_no_size(asked):
    sizes = [card.parameters for card in well_known_models().values() if card.kind == "decoder"]
    assert model_of_size(asked).parameters == min(sizes)


@given(st.floats())
def test_whatever_the_size_a_decoder_stands_for_it(asked):
    assert model_of_size(asked).kind == "decoder"


def test_every_name_belongs_to_one_model():
    listed = json.loads(PLACE.read_text())
    owners = [(name, model["name"]) for model in listed for name in set(model["known_as"])]
    assert len({name for name, _ in owners}) == len(owners)
    for name, owner in owners:
        found = well_known(name)
        assert found is not None
        assert found.name == owner


def test_a_public_model_is_described_without_network():
    card = describe_backbone("mlx-community/Qwen3-4B-4bit")
    assert card.name == "mlx-community/Qwen3-4B-4bit"
    assert card.layers == 36
