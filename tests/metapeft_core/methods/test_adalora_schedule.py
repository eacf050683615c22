"""AdaLoRA over a whole training: the same ranks survive in the same layers as with PEFT."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np
import peft
import pytest
import torch
from reference_peft import (
    Batch,
    classification_loss,
    difference,
    in_ours,
    make_batch,
    our_scores,
    torch_inputs,
    torch_logits,
    torch_model,
    with_peft,
)

from metapeft_core.backbones.load import load_backbone
from metapeft_core.errors import SettingsError
from metapeft_core.methods.adalora import AdaLoRA, AdaLoRASettings
from metapeft_core.methods.adapted import Adapted, Head
from metapeft_core.methods.rank_budget import RankSchedule, masks_within

STEPS, RATE, EPSILON = 30, 1e-3, 1e-6
LAST_JUDGED = 20
"""The last step before the budget becomes final; at the next one importance is used and judged no more."""


@dataclass(frozen=True)
class Trained:
    """Both sides after the same training, and what they kept."""

    reference: torch.nn.Module
    ours: Adapted
    batch: Batch
    their_history: list[dict[str, list[bool]] | None]
    our_history: list[dict[str, list[bool]]]
    their_importance: dict[str, np.ndarray]
    our_importance: dict[str, np.ndarray]


def train_theirs(
    model: torch.nn.Module, batches: list[Batch], importance: dict[str, np.ndarray]
) -> list[dict[str, list[bool]] | None]:
    """The order that PEFT documents: backward, step, allocate, zero."""
    wanted = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(wanted, lr=RATE, eps=EPSILON, weight_decay=0.0)
    history = []
    model.train()
    for step, batch in enumerate(batches, start=1):
        model(**torch_inputs(batch), labels=torch.tensor(batch.labels)).loss.backward()
        optimiser.step()
        model.base_model.update_and_allocate(step)
        optimiser.zero_grad()
        pattern = model.peft_config["default"].rank_pattern
        if step == LAST_JUDGED:
            importance.update(their_importance(model))
        history.append(None if pattern is None else {place_of(k): v for k, v in pattern.items()})
    model.eval()
    return history


def their_importance(model: torch.nn.Module) -> dict[str, np.ndarray]:
    """What PEFT has judged so far, under our names and in our shapes."""
    judge, found = model.base_model.rankallocator, {}
    for word, values in (("mean", judge.exp_avg_ipt), ("doubt", judge.exp_avg_unc)):
        for name, value in values.items():
            place, _, matrix = name.removesuffix(".default").split("layers.")[1].rpartition(".")
            own = value.numpy()
            found[f"{word}/{place}.{matrix.lower()}"] = own[:, 0] if matrix == "lora_E" else own.T
    return found


def place_of(name: str) -> str:
    """Ours for PEFT's `model.layers.0.self_attn.q_proj.lora_E.default`."""
    return name.split("layers.")[1].split(".lora_E")[0]


def train_ours(model: Adapted, batches: list[Batch]) -> list[dict[str, list[bool]]]:
    adapter = model.adapter
    assert isinstance(adapter, AdaLoRA)
    optimiser = optim.AdamW(RATE, betas=[0.9, 0.999], eps=EPSILON, weight_decay=0.0, bias_correction=True)
    adapter.plan(len(batches))
    names = [f"{block}.{name}" for block, name in adapter.places]
    history = []
    model.train()
    for step, batch in enumerate(batches, start=1):
        loss = classification_loss(batch)
        _, gradients = nn.value_and_grad(model, lambda loss=loss: loss(model))()
        optimiser.update(model, gradients)
        layers = gradients["adapter"]["layers"]
        named = {f"{n}.{key}": g for n, own in zip(names, layers, strict=True) for key, g in own.items()}
        adapter.after_step(step, {key: value for key, value in named.items() if key in adapter.tensors()})
        mx.eval(model.parameters(), optimiser.state)
        history.append(dict(zip(names, [list(kept) for kept in adapter.kept], strict=True)))
    model.eval()
    return history


@pytest.fixture(scope="module")
def trained(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    config = peft.AdaLoraConfig(
        task_type="SEQ_CLS",
        target_modules=["q_proj", "v_proj", "up_proj"],
        init_r=6,
        target_r=3,
        lora_alpha=12,
        total_step=STEPS,
        tinit=3,
        tfinal=9,
        deltaT=2,
    )
    base = torch_model("AutoModelForSequenceClassification", tiny_llama, num_labels=3)
    reference = with_peft(base, config)
    ours = in_ours(reference, load_backbone(str(tiny_llama)), tmp_path_factory.mktemp("start"))
    ours.classifier.update({"weight": mx.array(base.score.modules_to_save["default"].weight.detach().numpy())})
    batches = [make_batch(96, seed=step) for step in range(STEPS)]
    judged: dict[str, np.ndarray] = {}
    theirs, own = train_theirs(reference, batches, judged), train_ours(ours, batches)
    # Ours are those of the end: had anything been judged after the last rationing, they would have moved on.
    internals = {key: np.array(value) for key, value in ours.adapter.internals().items()}
    return Trained(reference, ours, batches[0], theirs, own, judged, internals)


def test_importance_is_judged_as_peft_judges_it_and_not_after_the_last_rationing(trained: Trained) -> None:
    assert trained.our_importance.keys() == trained.their_importance.keys()
    for key, theirs in trained.their_importance.items():
        assert difference(trained.our_importance[key], theirs) < 1e-3 * np.abs(theirs).max(), key


def test_the_ranks_kept_are_those_that_peft_keeps(trained: Trained) -> None:
    adapter = trained.ours.adapter
    assert isinstance(adapter, AdaLoRA)
    counts = {sum(kept) for kept in adapter.kept}
    assert len(counts) > 1, "all layers kept the same rank: nothing was rationed"
    assert sum(sum(kept) for kept in adapter.kept) == 3 * len(adapter.kept)
    assert trained.our_history[-1] == trained.their_history[-1]


def test_the_ranks_agree_at_every_step_on_the_way(trained: Trained) -> None:
    for step, (ours, theirs) in enumerate(zip(trained.our_history, trained.their_history, strict=True), start=1):
        expected = theirs if theirs is not None else {name: [True] * 6 for name in ours}
        assert ours == expected, f"after step {step}"


def test_the_logits_agree_after_the_whole_schedule(trained: Trained) -> None:
    theirs = torch_logits(trained.reference, trained.batch)
    assert difference(our_scores(trained.ours, trained.batch), theirs) < 1e-4


def test_what_was_taken_stays_at_zero_to_the_end(trained: Trained) -> None:
    adapter = trained.ours.adapter
    assert isinstance(adapter, AdaLoRA)
    for layer, kept in zip(adapter.layers, adapter.kept, strict=True):
        values = np.array(layer.lora_e)
        assert (values[~np.array(kept)] == 0).all()
        assert (values[np.array(kept)] != 0).all()


def test_the_trained_folder_of_peft_is_read_with_its_ranks(trained: Trained, tiny_llama: Path, tmp_path: Path) -> None:
    again = in_ours(trained.reference, load_backbone(str(tiny_llama)), tmp_path)
    assert isinstance(again.adapter, AdaLoRA)
    assert isinstance(trained.ours.adapter, AdaLoRA)
    assert again.adapter.kept == trained.ours.adapter.kept
    assert difference(our_scores(again, trained.batch), torch_logits(trained.reference, trained.batch)) < 1e-4


def test_the_budget_falls_from_all_triplets_to_the_target() -> None:
    schedule = RankSchedule.shared(100, 0.1, 0.2, 5, initial=60, target=20)
    budgets = [schedule.budget(step) for step in range(1, 101)]
    assert budgets[9] == 60
    assert budgets[79] == 20
    assert budgets == sorted(budgets, reverse=True)
    assert [step for step in range(1, 101) if schedule.rations_at(step)] == list(range(15, 85, 5))


def test_a_budget_larger_than_all_triplets_takes_nothing() -> None:
    assert masks_within([np.array([1.0, 2.0], dtype=np.float32)], 5) == [[True, True]]


def test_a_step_before_the_plan_is_refused(tiny_llama: Path) -> None:
    model = Adapted(load_backbone(str(tiny_llama)), AdaLoRASettings(4, 2), None, seed=0)
    with pytest.raises(RuntimeError, match="plan"):
        model.adapter.after_step(1, {})


def test_a_schedule_without_room_for_rationing_is_refused(tiny_llama: Path) -> None:
    with pytest.raises(SettingsError, match="leave no steps"):
        AdaLoRASettings(4, 2, warmup_share=0.5, final_share=0.5).check(load_backbone(str(tiny_llama)).card)


def test_training_can_go_on_from_what_was_remembered(tiny_llama: Path) -> None:
    """Importance is part of the state: without it a resumed training would ration by other scores."""
    batches = [make_batch(96, seed=step) for step in range(4)]
    model = Adapted(load_backbone(str(tiny_llama)), AdaLoRASettings(4, 2), Head(3, "last"), seed=0)
    train_ours(model, batches)
    kept, internals = model.adapter.facts(), model.adapter.internals()
    again = Adapted(load_backbone(str(tiny_llama)), AdaLoRASettings(4, 2), Head(3, "last"), seed=1)
    again.adapter.remember(kept)
    again.adapter.restore_internals(internals)
    restored = again.adapter.internals()
    assert restored.keys() == internals.keys()
    assert internals
    assert all(mx.array_equal(restored[key], value) for key, value in internals.items())
    assert again.adapter.facts() == kept
