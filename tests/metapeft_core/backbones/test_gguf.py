"""A GGUF file becomes a folder with the same model in it, its rotary pairs put back in order."""

from __future__ import annotations

import json
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
from mlx.utils import tree_flatten
from mlx_lm.utils import load_model

from metapeft_core.backbones.gguf import NAMES, convert_gguf
from metapeft_core.backbones.load import load_backbone
from metapeft_core.errors import BackboneError

LETTERS = "abcdefghij 0123456789"
BYTES = {" ": "Ġ"}
SPECIAL = ["<|endoftext|>", "<|im_start|>"]


def facts(**changed: object) -> dict[str, object]:
    tokens = [*SPECIAL, *(BYTES.get(c, c) for c in LETTERS), "ab", "Ġc"]
    told: dict[str, object] = {
        "general.architecture": "llama",
        "llama.attention.head_count": mx.array(4),
        "llama.attention.head_count_kv": mx.array(2),
        "llama.embedding_length": mx.array(64),
        "llama.feed_forward_length": mx.array(96),
        "llama.block_count": mx.array(2),
        "llama.context_length": mx.array(64),
        "llama.attention.layer_norm_rms_epsilon": mx.array(1e-5),
        "llama.rope.freq_base": mx.array(10000.0),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.merges": ["a b", "Ġ c"],
        "tokenizer.ggml.token_type": mx.array([3, 3] + [1] * (len(tokens) - 2)),
        "tokenizer.ggml.bos_token_id": mx.array(1),
        "tokenizer.ggml.eos_token_id": mx.array(0),
        "tokenizer.ggml.padding_token_id": mx.array(0),
        "tokenizer.ggml.unknown_token_id": mx.array(0),
        "tokenizer.chat_template": "{{ messages }}",
    }
    return told | changed


def pairs_side_by_side(rows: mx.array, heads: int) -> mx.array:
    """llama.cpp's order, as its own converter writes it."""
    outputs, inputs = rows.shape
    return rows.reshape(heads, 2, outputs // heads // 2, inputs).swapaxes(1, 2).reshape(outputs, inputs)


def write_gguf(path: Path, folder: Path, **changed: object) -> None:
    """The tiny llama in GGUF, with llama.cpp's names and its order of query and key rows."""
    model, _ = load_model(folder)
    back = {ours: theirs for theirs, ours in NAMES.items()}
    tensors = {}
    for key, value in tree_flatten(model.parameters()):
        base = key.removesuffix(".weight")
        if base.startswith("model.layers."):
            _, _, block, rest = base.split(".", 3)
            if rest in ("self_attn.q_proj", "self_attn.k_proj"):
                value = pairs_side_by_side(value, 4 if rest.endswith("q_proj") else 2)
            tensors[f"blk.{block}.{back[rest]}.weight"] = value
        else:
            tensors[f"{back[base]}.weight"] = value[:25] if value.ndim > 1 else value
    mx.save_gguf(str(path), tensors, facts(**changed))


def test_the_converted_model_is_the_one_that_was_written(tiny_llama: Path, tmp_path: Path) -> None:
    write_gguf(tmp_path / "tiny.gguf", tiny_llama)
    ours = load_backbone(str(convert_gguf(tmp_path / "tiny.gguf", tmp_path / "folder")))
    original, _ = load_model(tiny_llama)
    ids = mx.array(np.random.default_rng(0).integers(0, 25, (2, 8)))
    # The folder keeps float16, which moves logits of this size by a few thousandths.
    assert mx.max(mx.abs(ours.head(ours(ids)) - original(ids)[..., :25])).item() < 0.02


def test_query_rows_left_in_llama_cpps_order_would_be_noticed(tiny_llama: Path, tmp_path: Path) -> None:
    write_gguf(tmp_path / "tiny.gguf", tiny_llama)
    convert_gguf(tmp_path / "tiny.gguf", tmp_path / "folder")
    converted = mx.load(str(tmp_path / "folder" / "model.safetensors"))
    original, _ = load_model(tiny_llama)
    for name, heads in (("q_proj", 4), ("k_proj", 2)):
        expected = getattr(original.model.layers[0].self_attn, name).weight
        found = converted[f"model.layers.0.self_attn.{name}.weight"].astype(mx.float32)
        assert mx.max(mx.abs(found - expected)).item() < 1e-3
        assert mx.max(mx.abs(pairs_side_by_side(found, heads) - expected)).item() > 0.1


def test_the_configuration_holds_the_files_numbers(tiny_llama: Path, tmp_path: Path) -> None:
    write_gguf(tmp_path / "tiny.gguf", tiny_llama)
    folder = convert_gguf(tmp_path / "tiny.gguf", tmp_path / "folder")
    config = json.loads((folder / "config.json").read_text())
    assert (config["hidden_size"], config["num_key_value_heads"], config["vocab_size"]) == (64, 2, 25)
    assert (config["bos_token_id"], config["eos_token_id"], config["rms_norm_eps"]) == (1, 0, 1e-5)
    assert config["tie_word_embeddings"] is False
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    assert (settings["eos_token"], settings["chat_template"]) == ("<|endoftext|>", "{{ messages }}")


def test_the_tokenizer_merges_splits_digits_and_knows_special_tokens(tiny_llama: Path, tmp_path: Path) -> None:
    write_gguf(tmp_path / "tiny.gguf", tiny_llama)
    tokens = load_backbone(str(convert_gguf(tmp_path / "tiny.gguf", tmp_path / "folder"))).tokens
    vocabulary = facts()["tokenizer.ggml.tokens"]
    assert isinstance(vocabulary, list)
    pieces = [[vocabulary[i] for i in row] for row in tokens.encode(["ab c12", "<|im_start|>a"])]
    assert pieces == [["ab", "Ġc", "1", "2"], ["<|im_start|>", "a"]]
    assert tokens.decode(tokens.encode(["ab c12"])[0]) == "ab c12"
    assert tokens.end == 0


def test_a_gguf_file_is_converted_once_and_found_again(
    tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEFT_ADVISOR_HOME", str(tmp_path / "home"))
    write_gguf(tmp_path / "tiny.gguf", tiny_llama)
    load_backbone(str(tmp_path / "tiny.gguf"))
    made = next((tmp_path / "home" / "models").glob("*/config.json"))
    written = made.stat().st_mtime_ns
    load_backbone(str(tmp_path / "tiny.gguf"))
    assert made.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"general.architecture": "mamba"}, "'mamba'"),
        ({"tokenizer.ggml.pre": "llama-bpe"}, "'llama-bpe'"),
        ({"tokenizer.ggml.model": "spm"}, "tokenizer style"),
    ],
)
def test_what_the_conversion_does_not_know_is_refused_and_nothing_is_left(
    changed: dict[str, object], word: str, tiny_llama: Path, tmp_path: Path
) -> None:
    write_gguf(tmp_path / "tiny.gguf", tiny_llama, **changed)
    with pytest.raises(BackboneError, match=word):
        convert_gguf(tmp_path / "tiny.gguf", tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.gguf"]


def test_a_file_that_is_no_gguf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"not a model")
    with pytest.raises(BackboneError, match="not a GGUF file"):
        convert_gguf(tmp_path / "x.gguf", tmp_path / "folder")
