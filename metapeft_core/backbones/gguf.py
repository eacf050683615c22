"""A llama-family GGUF file becomes a folder that mlx-lm and transformers load. Knows nothing of where the file is from.

GGUF files keep the query and key rows in llama.cpp's order (rotary pairs side by side); the folder has them in Hugging
Face's (halves), and weights unpacked to float16, which holds every value of the 4- and 5-bit formats to 3e-4 of itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlx.core as mx
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from metapeft_core.errors import BackboneError
from metapeft_core.files import replaced_folder

NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_norm": "input_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "ffn_norm": "post_attention_layernorm",
}
CONTROL_TOKEN = 3
"""The token type that GGUF gives to special tokens."""


def convert_gguf(source: Path, target: Path) -> Path:
    """Write the folder `target` from the file `source`; it appears whole or not at all."""
    try:
        loaded: Any = mx.load(str(source), return_metadata=True)
        weights, facts = loaded
    except Exception as fault:
        raise BackboneError(f"{source} is not a GGUF file that MLX reads ({fault}): fetch it again") from fault
    architecture = facts.get("general.architecture")
    if architecture != "llama":
        raise BackboneError(f"{source} holds the architecture {architecture!r}; only llama is converted")
    config = _config(facts, tied="output.weight" not in weights)
    tensors = _tensors(weights, config["num_attention_heads"], config["num_key_value_heads"])
    with replaced_folder(target) as folder:
        mx.save_safetensors(str(folder / "model.safetensors"), tensors, metadata={"format": "mlx"})
        (folder / "config.json").write_text(json.dumps(config, indent=2))
        tokenizer = _tokenizer(facts)
        tokenizer.save(str(folder / "tokenizer.json"))
        (folder / "tokenizer_config.json").write_text(json.dumps(_tokenizer_config(facts), indent=2))
    return target


def _number(facts: dict[str, Any], key: str) -> int:
    return int(facts[key].item())


def _config(facts: dict[str, Any], tied: bool) -> dict[str, Any]:
    heads = _number(facts, "llama.attention.head_count")
    width = _number(facts, "llama.embedding_length")
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": width,
        "intermediate_size": _number(facts, "llama.feed_forward_length"),
        "num_hidden_layers": _number(facts, "llama.block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": _number(facts, "llama.attention.head_count_kv"),
        "head_dim": width // heads,
        "rms_norm_eps": round(float(facts["llama.attention.layer_norm_rms_epsilon"].item()), 12),
        "vocab_size": len(facts["tokenizer.ggml.tokens"]),
        "max_position_embeddings": _number(facts, "llama.context_length"),
        "rope_theta": float(facts["llama.rope.freq_base"].item()),
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": tied,
        "bos_token_id": _number(facts, "tokenizer.ggml.bos_token_id"),
        "eos_token_id": _number(facts, "tokenizer.ggml.eos_token_id"),
        "pad_token_id": _number(facts, "tokenizer.ggml.padding_token_id"),
        "torch_dtype": "float16",
    }


def _tensors(weights: dict[str, mx.array], heads: int, key_heads: int) -> dict[str, mx.array]:
    tensors = {}
    for name, value in weights.items():
        base, _, kind = name.rpartition(".")
        if kind != "weight":
            continue
        if f"{base}.scales" in weights:
            scales, biases = weights[f"{base}.scales"], weights[f"{base}.biases"]
            bits = value.shape[-1] * 32 // (scales.shape[-1] * 32)
            value = mx.dequantize(value, scales, biases, group_size=32, bits=bits)
        role = base.rsplit(".", 1)[-1]
        if role in ("attn_q", "attn_k"):
            value = _halves(value, heads if role == "attn_q" else key_heads)
        prefix = f"model.layers.{base.split('.')[1]}." if base.startswith("blk.") else ""
        tensors[f"{prefix}{NAMES[role]}.weight"] = value.astype(mx.float16) if value.ndim > 1 else value
    return tensors


def _halves(rows: mx.array, heads: int) -> mx.array:
    """Undo llama.cpp's order of the rotary pairs."""
    outputs, inputs = rows.shape
    return rows.reshape(heads, outputs // heads // 2, 2, inputs).swapaxes(1, 2).reshape(outputs, inputs)


def _tokenizer(facts: dict[str, Any]) -> Tokenizer:
    tokens: list[str] = facts["tokenizer.ggml.tokens"]
    merges = [tuple(pair.split(" ", 1)) for pair in facts["tokenizer.ggml.merges"]]
    kinds = facts["tokenizer.ggml.token_type"].tolist()
    style = facts.get("tokenizer.ggml.pre", "")
    if facts.get("tokenizer.ggml.model") != "gpt2" or style != "smollm":
        raise BackboneError(f"the tokenizer style {style!r} of this GGUF file is not known; only smollm's is rebuilt")
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [t for t, kind in zip(tokens, kinds, strict=True) if kind == CONTROL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    return tokenizer


def _tokenizer_config(facts: dict[str, Any]) -> dict[str, Any]:
    tokens: list[str] = facts["tokenizer.ggml.tokens"]
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": tokens[_number(facts, "tokenizer.ggml.bos_token_id")],
        "eos_token": tokens[_number(facts, "tokenizer.ggml.eos_token_id")],
        "pad_token": tokens[_number(facts, "tokenizer.ggml.padding_token_id")],
        "unk_token": tokens[_number(facts, "tokenizer.ggml.unknown_token_id")],
        "model_max_length": _number(facts, "llama.context_length"),
        "chat_template": facts.get("tokenizer.chat_template"),
    }
