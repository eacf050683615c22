"""A backbone's name becomes a frozen model on this machine. Knows packages, folders and the hub; trains nothing.

Names: `minilm` (all-MiniLM-L6-v2), `minilm:3` (its first three layers), `smollm2`, the path of a folder with
`config.json` and safetensors, the path of a llama-family `.gguf`, or a hub id such as `mlx-community/Qwen3-4B-4bit`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_flatten, tree_map, tree_unflatten

from metapeft_core import runtime
from metapeft_core.backbones.card import describe
from metapeft_core.backbones.decoder import Decoder
from metapeft_core.backbones.encoder import FAMILY, Encoder, EncoderShape
from metapeft_core.backbones.gguf import convert_gguf
from metapeft_core.backbones.model import FrozenModel, linear_shapes
from metapeft_core.backbones.older_config import older_words
from metapeft_core.backbones.packages import MINILM, SMOLLM2, minilm_folder, smollm2_folder, smollm2_is_here
from metapeft_core.backbones.tokens import read_tokens
from metapeft_core.backbones.well_known import well_known
from metapeft_core.errors import BackboneError
from metapeft_core.files import home
from metapeft_core.types import Backbone


def load_backbone(name: str) -> FrozenModel:
    """Load a frozen model by name, in the dtype this machine computes fastest in."""
    place, layers = _parse(name)
    folder = _folder(place)
    config = read_config(folder)
    if config.get("model_type") in FAMILY:
        return _load_encoder(folder, config, name, layers)
    if layers is not None:
        raise BackboneError(f"{name}: only encoders are cut to their first layers; leave out ':{layers}'")
    return _load_decoder(folder, config, name)


def describe_backbone(name: str) -> Backbone:
    """The numbers of a backbone without reading, or downloading, its weights; of a public model without any network."""
    place, layers = _parse(name)
    known = None if place in (MINILM, SMOLLM2) or Path(place).expanduser().exists() else well_known(place)
    if known is not None and layers is None:
        # A nickname would mean nothing to other tools, which want the name on the hub.
        return replace(known, name=name) if "/" in name else known
    return describe(read_config(_folder(place, wanted=["config.json"])), name, layers)


def model_folder(name: str) -> Path:
    """The folder of a model's files, downloaded if need be."""
    return _folder(_parse(name)[0])


def _parse(name: str) -> tuple[str, int | None]:
    place, colon, depth = name.rpartition(":")
    if not colon or not depth.isdigit():
        return name, None
    return place, int(depth)


MODEL_FILES = ["*.json", "*.safetensors", "tokenizer.model", "*.jinja"]


def _folder(place: str, wanted: list[str] = MODEL_FILES) -> Path:
    if place == MINILM:
        return minilm_folder()
    if place == SMOLLM2:
        if not smollm2_is_here():
            raise BackboneError("SmolLM2-135M-Instruct has not been fetched yet: run `advisor fetch smollm2`")
        return smollm2_folder()
    path = Path(place).expanduser()
    if path.is_dir():
        return path
    if path.suffix == ".gguf" and path.is_file():
        target = home() / "models" / f"{path.stem}-{path.stat().st_size}"
        return target if target.exists() else convert_gguf(path, target)
    return _from_hub(_name_on_hub(place), wanted)


def _name_on_hub(place: str) -> str:
    """Where a public model that is called by a nickname is found; one that is packed otherwise has no such name."""
    known = None if "/" in place else well_known(place)
    plain = None if known is None else well_known(known.name)
    if known is None or plain is None or known.bytes_per_parameter != plain.bytes_per_parameter:
        return place
    return known.name


def _from_hub(identifier: str, wanted: list[str]) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        return Path(snapshot_download(identifier, allow_patterns=wanted))
    except HFValidationError as fault:
        raise BackboneError(f"{identifier} is neither a folder nor a hub id such as owner/model") from fault
    except Exception as fault:
        raise BackboneError(
            f"could not get {identifier} from the hub ({type(fault).__name__}): check the name and the network, "
            "or give the path of a local folder"
        ) from fault


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a model folder."""
    try:
        config = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError) as fault:
        raise BackboneError(f"{folder} has no readable config.json ({fault}): is it a model folder?") from fault
    if not isinstance(config, dict) or "model_type" not in config:
        raise BackboneError(f"{folder}/config.json names no model_type: is it a model folder?")
    return config


def _load_encoder(folder: Path, config: dict[str, Any], name: str, layers: int | None) -> FrozenModel:
    shape = EncoderShape.from_config(config, layers)
    weights = {_plain(key, config["model_type"]): value for key, value in _safetensors(folder).items()}
    model = Encoder(shape, pooler="pooler.dense.weight" in weights)
    wanted = set(dict(tree_flatten(model.parameters())))
    missing = sorted(wanted - weights.keys())
    if missing:
        raise BackboneError(f"{folder} lacks {len(missing)} tensors of its architecture, {missing[0]} among them")
    dtype = runtime.compute_dtype()
    model.load_weights([(key, value.astype(dtype)) for key, value in weights.items() if key in wanted])
    model.tokens = read_tokens(folder, end=None, pad=int(config.get("pad_token_id") or 0))
    return _finished(model, describe(config, name, shape.layers))


def _plain(key: str, model_type: str) -> str:
    return key.removeprefix("roberta." if "roberta" in model_type else "bert.")


def _safetensors(folder: Path) -> dict[str, mx.array]:
    files = sorted(folder.glob("model*.safetensors"))
    if not files:
        raise BackboneError(f"{folder} has no model*.safetensors; convert other weight formats to safetensors first")
    weights: dict[str, mx.array] = {}
    for file in files:
        loaded = mx.load(str(file))
        assert isinstance(loaded, dict)
        weights.update(loaded)
    return weights


def _load_decoder(folder: Path, config: Mapping[str, Any], name: str) -> FrozenModel:
    # mlx-lm brings transformers with it, which takes seconds: imported only when a decoder is wanted.
    from mlx_lm.utils import load_model

    try:
        inner, _ = load_model(folder, lazy=True, model_config=older_words(config))
    except (ValueError, FileNotFoundError, KeyError, TypeError) as fault:
        reason = " ".join(str(fault).split())
        raise BackboneError(f"mlx-lm cannot load {name}: {reason[:300]}") from fault
    if runtime.current().device == "cpu":
        _to_float32(inner)
    model = Decoder(inner)
    ends = [*_ids(config), *_ids(_generation_config(folder))]
    pad = int(config.get("pad_token_id") or 0)
    model.tokens = read_tokens(folder, end=ends[0] if ends else None, pad=pad, ends=frozenset(ends))
    return _finished(model, describe(dict(config), name))


def _ids(config: Mapping[str, Any]) -> list[int]:
    """The ids that end a text, of which there may be one, several or none."""
    told = config.get("eos_token_id")
    return [int(each) for each in (told if isinstance(told, list) else [told]) if each is not None]


def _generation_config(folder: Path) -> Mapping[str, Any]:
    """What the model's makers say of writing with it; it may name ends of its own."""
    try:
        found = json.loads((folder / "generation_config.json").read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _to_float32(model: nn.Module) -> None:
    """Half precision and quantised products are a hundred times slower on the CPU than float32."""
    replaced = []
    for path, module in model.named_modules():
        if isinstance(module, nn.QuantizedLinear | nn.QuantizedEmbedding):
            replaced.append((path, _dequantised(module)))
    if replaced:
        model.update_modules(tree_unflatten(replaced))
    model.update(
        tree_map(lambda p: p.astype(mx.float32) if mx.issubdtype(p.dtype, mx.floating) else p, model.parameters())
    )


def _dequantised(module: nn.Module) -> nn.Module:
    weight = mx.dequantize(
        module.weight, module.scales, module.get("biases"), module.group_size, module.bits, module.mode
    )
    if isinstance(module, nn.QuantizedEmbedding):
        plain: nn.Module = nn.Embedding(1, 1)
    else:
        plain = nn.Linear(1, 1, bias="bias" in module)
        if "bias" in module:
            plain.bias = module.bias
    plain.weight = weight
    return plain


def _finished(model: FrozenModel, card: Backbone) -> FrozenModel:
    mx.eval(model.parameters())
    held = sum(value.nbytes for value in dict(tree_flatten(model.parameters())).values())
    count = _count(model)
    model.card = replace(card, parameters=count, linears=linear_shapes(model), bytes_per_parameter=held / count)
    model.freeze()
    model.eval()
    return model


def _count(model: nn.Module) -> int:
    """Weights as the architecture counts them, packed ones unpacked and their scales left out."""
    total = 0
    for _, module in model.named_modules():
        bits = getattr(module, "bits", None)
        own = {key: value for key, value in module.items() if isinstance(value, mx.array)}
        if bits is None:
            total += sum(value.size for value in own.values())
        else:
            total += own["weight"].size * 32 // int(bits) + (own["bias"].size if "bias" in own else 0)
    return total
