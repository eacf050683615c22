"""Small models that the tests of the core share. Knows how to make them, not what is tested on them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import metapeft_core  # noqa: F401 - chooses the BLAS before anything imports mlx
from metapeft_core.backbones.packages import minilm_folder, smollm2_folder, smollm2_is_here

WORDS = 96


def write_tokenizer(folder: Path) -> None:
    """A tokenizer whose words are w0, w1, ... behind four special tokens."""
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

    special = ["<pad>", "<s>", "</s>", "<unk>"]
    vocabulary = {token: number for number, token in enumerate([*special, *(f"w{i}" for i in range(WORDS - 4))])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>", "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def write_tiny(folder: Path, model_class: str, config_class: str, **numbers: object) -> Path:
    """A random model of transformers, saved with weights large enough that a wrong one shows."""
    import torch
    import transformers

    torch.manual_seed(0)
    shared = {"vocab_size": WORDS, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    config = getattr(transformers, config_class)(**(shared | {"initializer_range": 0.1} | numbers))
    model = getattr(transformers, model_class)(config).eval()
    model.save_pretrained(folder)
    write_tokenizer(folder)
    return folder


DECODER_NUMBERS = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
}


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a random llama with grouped-query attention."""
    return write_tiny(tmp_path_factory.mktemp("llama"), "LlamaForCausalLM", "LlamaConfig", **DECODER_NUMBERS)


GPT2 = {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 64}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 500.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
GEMMA3 = {
    "head_dim": 16,
    "sliding_window": 4,
    "sliding_window_pattern": 2,
    "layer_types": ["sliding_attention", "full_attention"],
}
ARCHITECTURES = {
    "llama": ("LlamaForCausalLM", "LlamaConfig", DECODER_NUMBERS),
    "llama 3": ("LlamaForCausalLM", "LlamaConfig", DECODER_NUMBERS | {"rope_parameters": LLAMA3_ROPE}),
    "qwen2": ("Qwen2ForCausalLM", "Qwen2Config", DECODER_NUMBERS),
    "qwen3": ("Qwen3ForCausalLM", "Qwen3Config", DECODER_NUMBERS | {"head_dim": 24}),
    "gemma2": ("Gemma2ForCausalLM", "Gemma2Config", DECODER_NUMBERS | {"head_dim": 16}),
    "gemma3": ("Gemma3ForCausalLM", "Gemma3TextConfig", DECODER_NUMBERS | GEMMA3),
    "phi3": ("Phi3ForCausalLM", "Phi3Config", DECODER_NUMBERS),
    "gpt2": ("GPT2LMHeadModel", "GPT2Config", GPT2),
}


@pytest.fixture(scope="session", params=ARCHITECTURES)
def tiny_decoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a random decoder of every architecture in turn."""
    model_class, config_class, numbers = ARCHITECTURES[request.param]
    folder = write_tiny(tmp_path_factory.mktemp("decoder"), model_class, config_class, **numbers)
    if request.param == "gpt2":
        _name_as_openai_did(folder / "model.safetensors")
    return folder


def _name_as_openai_did(weights: Path) -> None:
    """GPT-2's files on the hub name their tensors without the outer model, and mlx-lm reads no others."""
    from safetensors.numpy import load_file, save_file

    plain = {key.removeprefix("transformer."): value for key, value in load_file(weights).items()}
    save_file(plain, weights, metadata={"format": "pt"})


@pytest.fixture(scope="session")
def tiny_roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a random RoBERTa with a pooler."""
    numbers = DECODER_NUMBERS | {"pad_token_id": 1, "bos_token_id": 0, "type_vocab_size": 1}
    numbers.pop("num_key_value_heads")
    return write_tiny(tmp_path_factory.mktemp("roberta"), "RobertaModel", "RobertaConfig", **numbers)


@pytest.fixture(scope="session")
def minilm() -> Path:
    """The folder of all-MiniLM-L6-v2."""
    return minilm_folder()


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The folder of SmolLM2, where it has been fetched."""
    if not smollm2_is_here():
        pytest.skip("SmolLM2-135M-Instruct is not here: run `advisor fetch smollm2` once")
    return smollm2_folder()
