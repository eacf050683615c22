"""Our adapters with weights drawn at random, for tests of what becomes of them. Knows no other tool."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx
import numpy as np

from metapeft_core.backbones.load import load_backbone
from metapeft_core.backbones.model import FrozenModel
from metapeft_core.methods.adalora import AdaLoRA, AdaLoRASettings
from metapeft_core.methods.adapted import Adapted, Head
from metapeft_core.methods.adapter import Settings
from metapeft_core.methods.lora import LoRASettings
from metapeft_core.methods.p_tuning import PTuningSettings
from metapeft_core.methods.prefix_tuning import PrefixTuningSettings
from metapeft_core.methods.prompt_tuning import PromptTuningSettings

SETTINGS: dict[str, Settings] = {
    "lora": LoRASettings(4, 8.0),
    "lora rank-stabilised": LoRASettings(4, 8.0, rank_stabilised=True),
    "lora last layer": LoRASettings(4, 8.0, targets=("all",), layers=1),
    "lora feed-forward": LoRASettings(4, 8.0, targets=("feed_forward",)),
    "dora": LoRASettings(4, 8.0, targets=("attention",), dora=True),
    "adalora": AdaLoRASettings(5, 3, 12.0, interval=4),
    "prompt tuning": PromptTuningSettings(3),
    "prefix tuning": PrefixTuningSettings(3),
    "prefix tuning projected": PrefixTuningSettings(3, projection=True, projection_width=7),
    "p-tuning": PTuningSettings(3, "mlp", 9),
    "p-tuning lstm": PTuningSettings(3, "lstm", 9),
}


def drawn(backbone: FrozenModel | str | Path, settings: Settings, head: Head | None, seed: int = 3) -> Adapted:
    """An adapter none of whose parameters is zero; AdaLoRA has lost some of its ranks."""
    model = Adapted(
        backbone if isinstance(backbone, FrozenModel) else load_backbone(str(backbone)), settings, head, seed=0
    )
    rng = np.random.default_rng(seed)

    def near(value: mx.array) -> mx.array:
        return value + 0.1 * mx.array(rng.standard_normal(value.shape).astype(np.float32))

    model.adapter.load_tensors({key: near(value) for key, value in model.adapter.tensors().items()})
    if head is not None:
        model.classifier.update({key: near(value) for key, value in dict(model.classifier.parameters()).items()})
    if isinstance(model.adapter, AdaLoRA):
        ration(model.adapter, rng)
    model.eval()
    return model


def ration(adapter: AdaLoRA, rng: np.random.Generator) -> None:
    """Take triplets at random, all of them in the first layer."""
    kept = [[bool(rng.random() < 0.6) for _ in own] for own in adapter.kept]
    kept[0] = [False] * len(kept[0])
    adapter.remember({"kept": kept})
    for layer, flags in zip(adapter.layers, kept, strict=True):
        layer.lora_e = mx.where(mx.array(flags), layer.lora_e, 0.0)
