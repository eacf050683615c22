"""Which linear layers an adapter goes into. Knows names and shapes of layers, not what is put there.

Targets are roles that mean the same in every architecture (`query`, `key`, `value`, `output`, `feed_forward`,
`attention`, `all`), or a layer's own name as Hugging Face writes it (`q_proj`, `attention.output.dense`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import mlx.nn as nn

from metapeft_core.backbones.model import FrozenModel
from metapeft_core.errors import SettingsError
from metapeft_core.types import Backbone, LinearShape

FUSED = ("qkv_proj", "query_key_value", "c_attn", "Wqkv", "wqkv")
ROLES: dict[str, tuple[str, ...]] = {
    "query": ("q_proj", "self.query", "wq", "q_lin"),
    "key": ("k_proj", "self.key", "wk", "k_lin"),
    "value": ("v_proj", "self.value", "wv", "v_lin"),
    "output": (
        "o_proj",
        "attention.output.dense",
        "wo",
        "out_proj",
        "self_attn.dense",
        "attn.c_proj",
        "attention.dense",
    ),
    "feed_forward": (
        *("gate_proj", "up_proj", "down_proj", "gate_up_proj", "intermediate.dense", "output.dense", "fc1", "fc2"),
        *("w1", "w2", "w3", "c_fc", "mlp.c_proj", "dense_h_to_4h", "dense_4h_to_h"),
    ),
}
GROUPS: dict[str, tuple[str, ...]] = {
    "attention": ("query", "key", "value", "output"),
    "all": ("query", "key", "value", "output", "feed_forward"),
}


@cache
def role_of(name: str) -> str | None:
    """The role of a layer by its name within its block."""
    # Attention's own output ends like the feed-forward one in BERT, so the longer name is tried first.
    for role in ("output", "query", "key", "value", "feed_forward"):
        if any(_is_named(name, own) for own in ROLES[role]):
            return role
    if any(_is_named(name, own) for own in FUSED):
        return "query"
    return None


def _is_named(name: str, target: str) -> bool:
    return name == target or name.endswith(f".{target}")


def matches(name: str, targets: Sequence[str]) -> bool:
    """Whether a layer is meant by any of the targets."""
    roles = {role for target in targets for role in GROUPS.get(target, (target,))}
    if role_of(name) in roles:
        return True
    # A fused layer computes queries, keys and values at once: to ask for one is to ask for it.
    if any(_is_named(name, own) for own in FUSED) and roles & {"query", "key", "value"}:
        return True
    return any(_is_named(name, target) for target in targets if target not in ROLES and target not in GROUPS)


def targeted_shapes(backbone: Backbone, targets: Sequence[str], layers: int | None) -> tuple[LinearShape, ...]:
    """The shapes an adapter would meet; refuses targets that meet none."""
    if layers is not None and not 1 <= layers <= backbone.layers:
        raise SettingsError(
            f"layers is {layers}: {backbone.name} has {backbone.layers} blocks, choose 1 to {backbone.layers}"
        )
    for target in targets:
        if not any(matches(shape.name, (target,)) for shape in backbone.linears):
            known = ", ".join(sorted({shape.name for shape in backbone.linears}))
            raise SettingsError(
                f"the target {target!r} is no layer of {backbone.name}: use {', '.join((*ROLES, *GROUPS))}, or {known}"
            )
    if not targets:
        raise SettingsError("targets is empty: name at least one, for example query and value")
    chosen = (shape for shape in backbone.linears if matches(shape.name, targets))
    share = 1.0 if layers is None else layers / backbone.layers
    return tuple(LinearShape(shape.name, shape.inputs, shape.outputs, round(shape.count * share)) for shape in chosen)


def targeted_linears(
    model: FrozenModel, targets: Sequence[str], layers: int | None
) -> Iterator[tuple[int, str, nn.Module]]:
    """The layers of a model that an adapter goes into: block number, name within the block, layer."""
    first = 0 if layers is None else model.card.layers - layers
    for block, name, module in list(model.block_linears()):
        if block >= first and matches(name, targets):
            yield block, name, module
