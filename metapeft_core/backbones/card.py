"""A configuration file becomes a `Backbone`: the numbers of a model. Knows shapes only; reads no weights.

The linear layers of a loaded model are counted on the model itself (`linear_shapes`); here they are told from the
configuration, so that cost can be predicted before anything is downloaded or read.
"""

from __future__ import annotations

from typing import Any

from metapeft_core.backbones.encoder import FAMILY
from metapeft_core.types import Backbone, LinearShape


def describe(config: dict[str, Any], name: str, layers: int | None = None) -> Backbone:
    """The numbers of a model, from its Hugging Face configuration."""
    text = config.get("text_config", config)
    encoder = text["model_type"] in FAMILY
    heads = int(_first(text, "num_attention_heads", "n_head"))
    width = int(_first(text, "hidden_size", "n_embd"))
    depth = layers or int(_first(text, "num_hidden_layers", "n_layer"))
    key_heads = int(text.get("num_key_value_heads") or heads)
    head_width = int(text.get("head_dim") or width // heads)
    feed_forward = int(_first(text, "intermediate_size", "n_inner", default=4 * width))
    vocabulary = int(text["vocab_size"])
    sizes = (width, heads * head_width, key_heads * head_width, feed_forward, depth)
    linears = _encoder_linears(*sizes) if encoder else _decoder_linears(str(text["model_type"]), *sizes)
    context = int(_first(text, "max_position_embeddings", "n_positions", default=2048))
    tied = bool(text.get("tie_word_embeddings", True)) or encoder
    embeddings = vocabulary * width * (1 if tied else 2) + (context * width if encoder else 0)
    return Backbone(
        name=name,
        architecture=str(text["model_type"]),
        kind="encoder" if encoder else "decoder",
        parameters=embeddings + sum(s.inputs * s.outputs * s.count for s in linears),
        layers=depth,
        width=width,
        feed_forward=feed_forward,
        heads=heads,
        key_value_heads=key_heads,
        head_width=head_width,
        vocabulary=vocabulary,
        context=context,
        linears=linears,
        bytes_per_parameter=_bytes_each(config),
    )


def _bytes_each(config: dict[str, Any]) -> float:
    """Bytes of a weight as the file holds it; a quantised group carries a scale and a bias of two bytes each."""
    packed = config.get("quantization") or config.get("quantization_config") or {}
    if "bits" in packed:
        return float(packed["bits"]) / 8 + 4 / float(packed.get("group_size", 64))
    kind = str(config.get("dtype") or config.get("torch_dtype") or "float32")
    return 4.0 if kind == "float32" else 2.0


def _first(config: dict[str, Any], *names: str, default: int | None = None) -> Any:
    for name in names:
        if config.get(name) is not None:
            return config[name]
    if default is None:
        raise KeyError(names[0])
    return default


def _encoder_linears(width: int, queries: int, keys: int, wide: int, depth: int) -> tuple[LinearShape, ...]:
    return (
        LinearShape("attention.self.query", width, queries, depth),
        LinearShape("attention.self.key", width, keys, depth),
        LinearShape("attention.self.value", width, keys, depth),
        LinearShape("attention.output.dense", queries, width, depth),
        LinearShape("intermediate.dense", width, wide, depth),
        LinearShape("output.dense", wide, width, depth),
    )


def _decoder_linears(
    architecture: str, width: int, queries: int, keys: int, wide: int, depth: int
) -> tuple[LinearShape, ...]:
    """Most architectures name their layers as llama does; these two do not, and compute several at once."""
    if architecture == "phi3":
        return (
            LinearShape("self_attn.qkv_proj", width, queries + 2 * keys, depth),
            LinearShape("self_attn.o_proj", queries, width, depth),
            LinearShape("mlp.gate_up_proj", width, 2 * wide, depth),
            LinearShape("mlp.down_proj", wide, width, depth),
        )
    if architecture == "gpt2":
        return (
            LinearShape("attn.c_attn", width, 3 * width, depth),
            LinearShape("attn.c_proj", width, width, depth),
            LinearShape("mlp.c_fc", width, wide, depth),
            LinearShape("mlp.c_proj", wide, width, depth),
        )
    return _llama_linears(width, queries, keys, wide, depth)


def _llama_linears(width: int, queries: int, keys: int, wide: int, depth: int) -> tuple[LinearShape, ...]:
    return (
        LinearShape("self_attn.q_proj", width, queries, depth),
        LinearShape("self_attn.k_proj", width, keys, depth),
        LinearShape("self_attn.v_proj", width, keys, depth),
        LinearShape("self_attn.o_proj", queries, width, depth),
        LinearShape("mlp.gate_proj", width, wide, depth),
        LinearShape("mlp.up_proj", width, wide, depth),
        LinearShape("mlp.down_proj", wide, width, depth),
    )
