"""Which layers an adapter sits in, as our targets, as PEFT's suffixes and as mlx-lm's keys. Knows names, no weights."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from metapeft_core.backbones.encoder import Encoder
from metapeft_core.backbones.model import FrozenModel
from metapeft_core.errors import InterchangeError
from metapeft_core.methods.targets import ROLES, matches, role_of, targeted_linears
from metapeft_core.types import Backbone

Place = tuple[int, str]
"""A block's number, and a layer's name within the block."""

HUB_BLOCKS = {("gpt2", "model.h"): "transformer.h", ("gpt_neox", "model.h"): "gpt_neox.layers"}
"""Architectures whose blocks mlx-lm keeps under another name than transformers does."""


def layer_names(model: FrozenModel) -> set[str]:
    """The names that linear layers have within the blocks."""
    return {name for _, name, _ in model.block_linears()}


def hub_block_path(model: FrozenModel, classifies: bool) -> str:
    """Where transformers keeps the blocks: inside the bare encoder or its classifier, or inside the causal model."""
    if isinstance(model, Encoder):
        family = "bert" if model.card.architecture == "bert" else "roberta"
        return f"{family}.{model.block_path}" if classifies else model.block_path
    own = model.block_path
    known = HUB_BLOCKS.get((model.card.architecture, own))
    if known is None and own != "model.layers":
        raise InterchangeError(
            f"{model.card.name} keeps its blocks under {own!r}, and how transformers names them is not known here: "
            "merge the adapter instead, or export it to mlx-lm"
        )
    return known or own


def peft_suffixes(card: Backbone, chosen: Collection[str]) -> list[str]:
    """The shortest endings by which PEFT finds the chosen layers in every block, and no other layer."""
    others = {shape.name for shape in card.linears} - set(chosen)
    return sorted({suffix for name in chosen for suffix in _suffixes(card, name, others)})


def _suffixes(card: Backbone, name: str, others: Collection[str]) -> list[str]:
    parts = name.split(".")
    # In BERT the last word is often `dense`, which the pooler outside the blocks is called too.
    shortest = 0 if card.kind == "encoder" else len(parts) - 1
    for start in range(shortest, -1, -1):
        suffix = ".".join(parts[start:])
        if not any(other == suffix or other.endswith(f".{suffix}") for other in others):
            return [suffix]
    # The feed-forward `output.dense` of BERT ends like `attention.output.dense`: only its block number tells it apart.
    return [f"{block}.{name}" for block in range(card.layers)]


def settings_places(model: FrozenModel, places: Iterable[Place]) -> tuple[tuple[str, ...], int | None]:
    """The targets and the number of last blocks that mean exactly these places; refuses where none do."""
    wanted = set(places)
    names = {name for _, name in wanted}
    first = min(block for block, _ in wanted)
    layers = None if first == 0 else model.card.layers - first
    targets = _by_role(names, layer_names(model))
    if {(block, name) for block, name, _ in targeted_linears(model, targets, layers)} != wanted:
        blocks = sorted({block for block, _ in wanted})
        raise InterchangeError(
            f"the adapter sits in {', '.join(sorted(names))} of the blocks {blocks}, and only the same layers of the "
            f"last so many of the {model.card.layers} blocks can be adapted here: merge it with its own tool instead"
        )
    return targets, layers


def _by_role(names: set[str], known: set[str]) -> tuple[str, ...]:
    """Roles where a role means exactly layers that are wanted, layers' own names for the rest."""
    roles = [r for r in ROLES if (own := {n for n in known if role_of(n) == r}) and own <= names]
    rest = sorted(name for name in names if role_of(name) not in roles)
    return (*roles, *rest)


def chosen_names(names: Iterable[str], targets: tuple[str, ...]) -> list[str]:
    """The names among these that the targets mean, sorted."""
    return sorted({name for name in names if matches(name, targets)})
