"""What a method makes of a backbone's shape: longer texts, more keys, how far back gradients reach. Knows no cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

from metapeft_core.methods.adalora import AdaLoRASettings
from metapeft_core.methods.adapted import Pooling
from metapeft_core.methods.adapter import Settings
from metapeft_core.methods.lora import LoRASettings
from metapeft_core.methods.p_tuning import PTuningSettings
from metapeft_core.methods.prefix_tuning import PrefixTuningSettings
from metapeft_core.methods.prompt_tuning import PromptTuningSettings
from metapeft_core.methods.targets import role_of, targeted_shapes
from metapeft_core.types import Backbone, LinearShape


@dataclass(frozen=True, slots=True)
class Geometry:
    """A backbone under a method, as the counts that memory and time follow from."""

    layers: int
    width: int
    feed_forward: int
    heads: int
    attention_width: int
    key_width: int
    vocabulary: int
    weights: int
    """Parameters of the frozen model."""
    linear_weights: int
    """Those inside the blocks' linear layers, over all blocks."""
    trainable: int
    arrays: int
    """How many arrays the trainable numbers are spread over."""
    depth: int
    """Blocks, counted from the last, that gradients pass through."""
    idle: float = 0.0
    """Share of the last block that is left out because only the first position is asked for."""
    prompt_rows: int = 0
    prefix_rows: int = 0
    kept_inputs: int = 0
    """Inputs of adapted layers that are kept for their gradients only, summed over all blocks, a token."""
    dropped_inputs: int = 0
    """The same for inputs with dropout."""
    rescaled_outputs: int = 0
    """Outputs that DoRA rescales, a token."""
    rescaled_weights: int = 0
    """Weights whose rows DoRA measures in every step."""
    low_rank: int = 0
    """Weights of all low-rank products."""
    adapted: int = 0
    """How many linear layers are adapted."""
    remembered: int = 0
    """Trainable numbers whose importance AdaLoRA keeps."""
    recurrent_steps: int = 0
    """Steps of P-tuning's LSTM, one after another."""
    network: int = 0
    """Weights that P-tuning's or prefix tuning's network multiplies its rows with, times its rows."""


FIRST_ONLY = 0.85
"""Share of a block's work that is saved where only keys and values of all positions are needed."""


def geometry(backbone: Backbone, settings: Settings, classes: int, pooling: Pooling | None = None) -> Geometry:
    """The counts of a backbone under a method, with a classifier where there are classes."""
    plain = Geometry(
        layers=backbone.layers,
        width=backbone.width,
        feed_forward=backbone.feed_forward,
        heads=backbone.heads,
        attention_width=backbone.heads * backbone.head_width,
        key_width=backbone.key_value_heads * backbone.head_width,
        vocabulary=backbone.vocabulary,
        weights=backbone.parameters,
        linear_weights=sum(s.inputs * s.outputs * s.count for s in backbone.linears),
        trainable=settings.trainable(backbone) + classes * (backbone.width + 1),
        arrays=2,
        depth=backbone.layers,
        idle=FIRST_ONLY if pooling == "first" else 0.0,
    )
    if isinstance(settings, LoRASettings | AdaLoRASettings):
        return _inside_linears(plain, backbone, settings)
    return _before_the_text(plain, backbone, settings)


def _inside_linears(plain: Geometry, backbone: Backbone, settings: LoRASettings | AdaLoRASettings) -> Geometry:
    shapes = targeted_shapes(backbone, settings.targets, settings.layers)
    depth = settings.layers or backbone.layers
    adapted = sum(s.count for s in shapes)
    rank = settings.rank if isinstance(settings, LoRASettings) else settings.initial_rank
    dora = isinstance(settings, LoRASettings) and settings.dora
    weights = sum(s.inputs * s.outputs * s.count for s in shapes)
    per_layer = 2 if isinstance(settings, LoRASettings) else 3
    return replace(
        plain,
        arrays=plain.arrays + adapted * (per_layer + (1 if dora else 0)),
        depth=depth,
        # With dropout every layer keeps its own thinned copy of its input instead of the shared one.
        kept_inputs=rank * adapted if settings.dropout else _kept_inputs(shapes, rank),
        dropped_inputs=sum(s.inputs * s.count for s in shapes) if settings.dropout else 0,
        rescaled_outputs=sum(s.outputs * s.count for s in shapes) if dora else 0,
        rescaled_weights=weights if dora else 0,
        low_rank=sum(rank * (s.inputs + s.outputs) * s.count for s in shapes),
        adapted=adapted,
        remembered=plain.trainable if isinstance(settings, AdaLoRASettings) else 0,
    )


def _kept_inputs(shapes: tuple[LinearShape, ...], rank: int) -> int:
    # Layers that read the same input share it; what each makes of it at the low rank is its own.
    distinct: dict[tuple[str, int], int] = {}
    for shape in shapes:
        role = role_of(shape.name) or "query"
        distinct["query" if role in ("key", "value") else role, shape.inputs] = shape.inputs * shape.count
    return sum(distinct.values()) + rank * sum(shape.count for shape in shapes)


def _before_the_text(plain: Geometry, backbone: Backbone, settings: Settings) -> Geometry:
    if isinstance(settings, PromptTuningSettings):
        return replace(plain, arrays=plain.arrays + 1, prompt_rows=settings.virtual_tokens)
    if isinstance(settings, PTuningSettings):
        lstm = settings.encoder == "lstm"
        rows = settings.virtual_tokens
        return replace(
            plain,
            arrays=plain.arrays + 1 + (4 + 8 * settings.encoder_layers if lstm else 6),
            prompt_rows=rows,
            recurrent_steps=2 * rows * settings.encoder_layers if lstm else 0,
            network=rows * (settings.trainable(backbone) - rows * backbone.width),
        )
    assert isinstance(settings, PrefixTuningSettings)
    rows = settings.virtual_tokens
    network = rows * settings.trainable(backbone) if settings.projection else 0
    return replace(plain, arrays=plain.arrays + (5 if settings.projection else 1), prefix_rows=rows, network=network)
