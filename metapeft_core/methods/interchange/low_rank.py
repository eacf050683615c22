"""Low-rank corrections layer by layer, the form in which they pass from one tool to another. Knows no file format.

Whatever a tool calls its matrices, a layer gains `scale * (x a) b`, and DoRA's magnitude where there is one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import mlx.core as mx

from metapeft_core.backbones.model import FrozenModel, linear_dims
from metapeft_core.errors import InterchangeError
from metapeft_core.methods.adalora import AdaLoRA, AdaLoRASettings
from metapeft_core.methods.adapted import Adapted, Head
from metapeft_core.methods.inside_linears import LinearAdapter
from metapeft_core.methods.interchange.places import Place, settings_places
from metapeft_core.methods.lora import LoRASettings


@dataclass(frozen=True, slots=True)
class Correction:
    """One layer's: `a` is (inputs, rank), `b` (rank, outputs), the magnitude (outputs,)."""

    a: mx.array
    b: mx.array
    scale: float
    magnitude: mx.array | None = None

    @property
    def rank(self) -> int:
        """How many columns `a` has."""
        return int(self.a.shape[1])


def corrections_of(model: Adapted) -> dict[Place, Correction]:
    """What a LoRA adapter adds to every layer it sits in."""
    settings, adapter = model.settings, model.adapter
    assert isinstance(settings, LoRASettings)
    assert isinstance(adapter, LinearAdapter)
    return {
        place: Correction(layer.lora_a, layer.lora_b, settings.scale, layer.get("magnitude"))
        for place, layer in zip(adapter.places, adapter.layers, strict=True)
    }


def corrections_of_adalora(model: Adapted) -> dict[Place, Correction]:
    """AdaLoRA's corrections as plain LoRA's: the singular values multiplied in, all layers of the widest kept rank."""
    settings, adapter = model.settings, model.adapter
    assert isinstance(settings, AdaLoRASettings)
    assert isinstance(adapter, AdaLoRA)
    kept = [[i for i, keep in enumerate(flags) if keep] for flags in adapter.kept]
    rank = max(1, *(len(own) for own in kept))
    found = {}
    for place, layer, own in zip(adapter.places, adapter.layers, kept, strict=True):
        a = padded((layer.lora_a * layer.lora_e)[:, mx.array(own, dtype=mx.int32)], rank, axis=1)
        b = padded(layer.lora_b[mx.array(own, dtype=mx.int32)], rank, axis=0)
        found[place] = Correction(a, b, float(layer.scale))
    return found


def padded(matrix: mx.array, rank: int, axis: int) -> mx.array:
    """The matrix with zeros up to the rank, which change nothing."""
    widths = [(0, 0), (0, 0)]
    widths[axis] = (0, rank - matrix.shape[axis])
    return mx.pad(matrix, widths)


def require_fitting(model: FrozenModel, found: Mapping[Place, Correction]) -> None:
    """Refuse corrections of layers that the backbone lacks or that have another shape there."""
    if not found:
        raise InterchangeError("the adapter holds no low-rank matrices: is it the file of another method?")
    known = {(block, name): linear_dims(module) for block, name, module in model.block_linears()}
    for (block, name), one in found.items():
        shape = known.get((block, name))
        if shape is None:
            raise InterchangeError(
                f"the adapter changes {name} of block {block}, which {model.card.name} does not have: "
                "give the backbone it was trained on"
            )
        if (one.a.shape[0], one.b.shape[1]) != shape or one.b.shape[0] != one.rank:
            raise InterchangeError(
                f"the adapter's matrices for {name} of block {block} are {one.a.shape} and {one.b.shape}, and the "
                f"layer of {model.card.name} is {shape[0]} by {shape[1]}: give the backbone it was trained on"
            )


def adapted_by(
    backbone: FrozenModel,
    found: Mapping[Place, Correction],
    head: Head | None,
    dropout: float = 0.0,
    rank_stabilised: bool = False,
) -> Adapted:
    """The backbone with these corrections as a LoRA adapter.

    Ranks that differ are filled up with zeros and scales that differ are multiplied into `b`, so that one rank and
    one scale hold for all; what is computed stays the same.
    """
    require_fitting(backbone, found)
    targets, layers = settings_places(backbone, found)
    dora = {one.magnitude is not None for one in found.values()}
    if len(dora) > 1:
        raise InterchangeError("some layers of the adapter have a DoRA magnitude and some have none: export it again")
    rank = max(one.rank for one in found.values())
    scale = max(one.scale for one in found.values())
    alpha = round(scale * (math.sqrt(rank) if rank_stabilised else rank), 9)
    settings = LoRASettings(rank, alpha, dropout, targets, rank_stabilised, dora.pop(), layers)
    model = Adapted(backbone, settings, head, seed=0)
    model.adapter.load_tensors(_tensors(found, rank, settings.scale))
    return model


def _tensors(found: Mapping[Place, Correction], rank: int, scale: float) -> dict[str, mx.array]:
    tensors = {}
    for (block, name), one in found.items():
        tensors[f"{block}.{name}.lora_a"] = padded(one.a.astype(mx.float32), rank, axis=1)
        ratio = one.scale / scale
        b = one.b.astype(mx.float32)
        # Multiplying by a ratio that is one but for rounding would change the last bit for nothing.
        tensors[f"{block}.{name}.lora_b"] = padded(b if abs(ratio - 1) < 1e-9 else b * ratio, rank, axis=0)
        if one.magnitude is not None:
            tensors[f"{block}.{name}.magnitude"] = one.magnitude.astype(mx.float32)
    return tensors
