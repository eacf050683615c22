"""The reference side of the parity tests: real PEFT on real transformers models, and the same weights in ours."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np
import peft
import torch
import transformers

from metapeft_core.backbones.model import FrozenModel
from metapeft_core.methods.adapted import Adapted, Head
from metapeft_core.methods.interchange.peft_import import import_peft
from metapeft_core.methods.p_tuning import PTuningSettings
from metapeft_core.methods.prefix_tuning import PrefixTuningSettings

torch.set_num_threads(1)
NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
# Adam divides by the size of the gradient: with an epsilon of 1e-8, rounding noise would move both by whole steps.
LEARNING_RATE, BETAS, EPSILON, DECAY = 1e-3, (0.9, 0.999), 1e-6, 0.01


@dataclass(frozen=True)
class Batch:
    """Token ids padded on the right, their lengths, and a label a row."""

    ids: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray

    @property
    def mask(self) -> np.ndarray:
        return (np.arange(self.ids.shape[1])[None, :] < self.lengths[:, None]).astype(np.int64)


def make_batch(vocabulary: int, classes: int = 3, padded: bool = True, pad: int = 0, seed: int = 0) -> Batch:
    """Random texts; with `padded` their lengths differ."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(4, vocabulary, (4, 9))
    lengths = np.array([9, 4, 7, 2]) if padded else np.full(4, 9)
    ids[np.arange(9)[None, :] >= lengths[:, None]] = pad
    return Batch(ids, lengths, rng.integers(0, classes, 4))


def torch_model(auto: str, folder: Path, **options: Any) -> torch.nn.Module:
    """A transformers model in float32."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(transformers, auto).from_pretrained(folder, dtype=torch.float32, **options).eval()


def with_peft(base: torch.nn.Module, config: peft.PeftConfig) -> torch.nn.Module:
    """PEFT's model, its zeros drawn at random so that nothing hides behind them."""
    torch.manual_seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = peft.get_peft_model(base, config).eval()
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_B" in name or "lora_E" in name:
                value.normal_(0, 0.2)
            if "magnitude" in name:
                value.mul_(1 + 0.1 * torch.rand_like(value))
    return model


def in_ours(model: torch.nn.Module, backbone: FrozenModel, folder: Path) -> Adapted:
    """The same adapter in ours, by way of the folder that PEFT saves."""
    model.save_pretrained(str(folder))
    return import_peft(folder, backbone)


def encoder_network_in_ours(
    model: torch.nn.Module, backbone: FrozenModel, settings: PTuningSettings | PrefixTuningSettings, head: Head | None
) -> Adapted:
    """Virtual tokens with the network behind them, which PEFT never saves: copied tensor by tensor."""
    ours = Adapted(backbone, settings, head, seed=0)
    state = {k: mx.array(v.detach().numpy()) for k, v in model.prompt_encoder["default"].state_dict().items()}
    rename = prefix_names if isinstance(settings, PrefixTuningSettings) else p_tuning_names
    ours.adapter.load_tensors({rename(key): value for key, value in state.items()})
    if head is not None:
        own = classifier_state(model)
        ours.classifier.update({key: mx.array(value) for key, value in own.items()})
    return ours


def prefix_names(key: str) -> str:
    """Our name of a parameter of PEFT's PrefixEncoder."""
    return key.replace("embedding.weight", "rows").replace("transform.0", "first").replace("transform.2", "second")


def p_tuning_names(key: str) -> str:
    """Our name of a parameter of PEFT's PromptEncoder."""
    if key == "embedding.weight":
        return "rows"
    if key.startswith("mlp_head."):
        _, number, kind = key.split(".")
        return f"dense.{int(number) // 2}.{kind}"
    kind, _, place = key.removeprefix("lstm_head.").partition("_l")
    level, _, backwards = place.partition("_")
    names = {"weight_ih": "from_input", "weight_hh": "from_state", "bias_ih": "input_bias", "bias_hh": "state_bias"}
    return f"recurrent.{level}.{int(bool(backwards))}.{names[kind]}"


def classifier_state(model: torch.nn.Module) -> dict[str, np.ndarray]:
    """The trained classifier of a PEFT model."""
    return {
        name.rsplit(".", 1)[-1]: value.detach().numpy()
        for name, value in model.named_parameters()
        if ("classifier" in name or "score" in name) and "modules_to_save" in name
    }


def torch_inputs(batch: Batch) -> dict[str, torch.Tensor]:
    return {"input_ids": torch.tensor(batch.ids), "attention_mask": torch.tensor(batch.mask)}


def torch_logits(model: torch.nn.Module, batch: Batch) -> np.ndarray:
    with torch.no_grad():
        return model(**torch_inputs(batch)).logits.numpy()


def our_scores(model: Adapted, batch: Batch) -> np.ndarray:
    return np.array(model.classify(mx.array(batch.ids), mx.array(batch.lengths)))


def text_scores(model: Adapted, ids: np.ndarray) -> mx.array:
    """Scores over the vocabulary at every place of the text, virtual tokens left out."""
    states, virtual = model.hidden(mx.array(ids), None)
    return model.backbone.head(states[:, virtual:])


def our_vocabulary_scores(model: Adapted, batch: Batch) -> np.ndarray:
    """The same, for comparison with a causal model's logits."""
    return np.array(text_scores(model, batch.ids))


def generation_targets(batch: Batch) -> np.ndarray:
    """What is to be written: every token but each row's first, whose prediction rests on virtual tokens alone."""
    targets = np.where(batch.mask == 1, batch.ids, -100)
    targets[:, 0] = -100
    return targets


def torch_steps(model: torch.nn.Module, batch: Batch, labels: np.ndarray, steps: int) -> None:
    """AdamW on the mean cross-entropy, as PEFT's users train."""
    wanted = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(wanted, lr=LEARNING_RATE, betas=BETAS, eps=EPSILON, weight_decay=DECAY)
    model.train()
    for _ in range(steps):
        model(**torch_inputs(batch), labels=torch.tensor(labels)).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    model.eval()


def our_steps(model: Adapted, loss: Callable[[Adapted], mx.array], steps: int) -> None:
    """The same steps in ours."""
    optimiser = optim.AdamW(LEARNING_RATE, betas=list(BETAS), eps=EPSILON, weight_decay=DECAY, bias_correction=True)
    step = nn.value_and_grad(model, lambda: loss(model))
    model.train()
    for _ in range(steps):
        _, gradients = step()
        optimiser.update(model, gradients)
        mx.eval(model.parameters(), optimiser.state)
    model.eval()


def with_penalty(model: Adapted, loss: mx.array) -> mx.array:
    penalty = model.adapter.penalty()
    return loss if penalty is None else loss + penalty


def classification_loss(batch: Batch) -> Callable[[Adapted], mx.array]:
    def loss(model: Adapted) -> mx.array:
        scores = model.classify(mx.array(batch.ids), mx.array(batch.lengths))
        return with_penalty(model, nn.losses.cross_entropy(scores, mx.array(batch.labels), reduction="mean"))

    return loss


def generation_loss(batch: Batch) -> Callable[[Adapted], mx.array]:
    targets = generation_targets(batch)[:, 1:]
    rows, columns = np.nonzero(targets != -100)
    wanted = mx.array(targets[rows, columns])

    def loss(model: Adapted) -> mx.array:
        scores = text_scores(model, batch.ids)[mx.array(rows), mx.array(columns)]
        return with_penalty(model, nn.losses.cross_entropy(scores, wanted, reduction="mean"))

    return loss


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference between two arrays of one shape."""
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    return float(np.abs(ours - theirs).max())
