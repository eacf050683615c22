"""The cards of public backbones are whole, and a name that nobody knows still gives one."""

from __future__ import annotations

import csv

import pytest

from knowledge.importing.backbones import cards, known_backbone
from knowledge.importing.figures import PUBLISHED
from metapeft_core.backbones.card import describe


@pytest.mark.parametrize(
    ("name", "parameters", "layers", "width", "heads", "key_value_heads"),
    [
        ("meta-llama/Llama-3.2-3B", 3_212_749_824, 28, 3072, 24, 8),
        ("meta-llama/Meta-Llama-3-8B", 8_030_261_248, 32, 4096, 32, 8),
        ("LLaMA-7B", 6_738_415_616, 32, 4096, 32, 32),
        ("LLaMA-13B", 13_015_864_320, 40, 5120, 40, 40),
        ("BLOOMz-7B", 7_069_016_064, 30, 4096, 32, 32),
        ("GPT-j-6B", 6_050_882_784, 28, 4096, 16, 16),
    ],
)
def test_the_numbers_of_a_public_backbone_are_known(name, parameters, layers, width, heads, key_value_heads):
    card = known_backbone(name)
    assert card.name == name
    assert (card.parameters, card.layers, card.width) == (parameters, layers, width)
    assert (card.heads, card.key_value_heads, card.kind) == (heads, key_value_heads, "decoder")


@pytest.mark.parametrize("card", sorted(set(cards().values()), key=lambda card: card.name), ids=lambda card: card.name)
def test_the_numbers_of_a_card_agree_with_each_other(card):
    assert card.heads * card.head_width == card.width
    assert card.heads % card.key_value_heads == 0
    assert {shape.count for shape in card.linears} == {card.layers}
    inside = sum(shape.inputs * shape.outputs * shape.count for shape in card.linears)
    embeddings = card.vocabulary * card.width
    # Norms and biases are what is left: far less than a hundredth of the embeddings.
    copies = (card.parameters - inside) / embeddings
    assert copies == pytest.approx(round(copies), abs=0.01)
    assert round(copies) in (1, 2)


def test_a_llama_card_is_what_its_configuration_gives():
    config = {
        "model_type": "llama",
        "hidden_size": 3072,
        "num_attention_heads": 24,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "num_hidden_layers": 28,
        "intermediate_size": 8192,
        "vocab_size": 128256,
        "max_position_embeddings": 131072,
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
    }
    told, kept = describe(config, "meta-llama/Llama-3.2-3B"), known_backbone("meta-llama/Llama-3.2-3B")
    assert told.linears == kept.linears
    assert (told.context, told.vocabulary, told.feed_forward) == (kept.context, kept.vocabulary, kept.feed_forward)
    assert told.bytes_per_parameter == kept.bytes_per_parameter
    # The configuration leaves out the norms.
    assert told.parameters == pytest.approx(kept.parameters, rel=1e-4)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Llama-3.2-3B", "meta-llama/Llama-3.2-3B"),
        ("huggyllama/llama-7b", "LLaMA-7B"),
        ("llama_13b_hf", "LLaMA-13B"),
        ("bigscience/bloomz-7b1", "BLOOMz-7B"),
        ("EleutherAI/gpt-j-6B", "GPT-j-6B"),
    ],
)
def test_a_backbone_is_found_however_its_name_is_written(written, name):
    assert known_backbone(written, 1).name == name


@pytest.mark.parametrize("name", ["meta-llama/Llama-2-7b-hf", "Llama-3.2-3B-Instruct", "nobody/knows-this"])
def test_of_another_backbone_only_its_size_is_known(name):
    card = known_backbone(name, 7_000_000_000)
    assert (card.name, card.parameters, card.kind, card.architecture) == (name, 7_000_000_000, "decoder", "unknown")
    assert (card.layers, card.width, card.heads, card.vocabulary, card.context, card.linears) == (0, 0, 0, 0, 0, ())


def test_a_backbone_without_a_name_is_called_unknown():
    assert known_backbone("").name == "unknown"


def test_every_backbone_of_the_shipped_figures_has_a_card():
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        sizes = {row["backbone"]: int(row["backbone_params"]) for row in csv.DictReader(file)}
    assert len(sizes) == 6
    for name, parameters in sizes.items():
        card = known_backbone(name)
        assert card.architecture != "unknown"
        # Some sources round the size.
        assert card.parameters == pytest.approx(parameters, rel=0.01)
