"""What holds for every method on every backbone: counts told beforehand, clean detaching, seeds, merging, saving."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlx.utils import tree_flatten
from our_adapters import SETTINGS, drawn
from reference_peft import difference, make_batch, our_scores, our_vocabulary_scores

from metapeft_core.backbones.load import load_backbone
from metapeft_core.backbones.model import FrozenModel
from metapeft_core.errors import SettingsError
from metapeft_core.methods.adalora import AdaLoRASettings
from metapeft_core.methods.adapted import Adapted, Head, default_pooling
from metapeft_core.methods.adapter import Settings
from metapeft_core.methods.lora import LoRASettings
from metapeft_core.methods.p_tuning import PTuningSettings
from metapeft_core.methods.prefix_tuning import PrefixTuningSettings
from metapeft_core.methods.prompt_tuning import PromptTuningSettings
from metapeft_core.methods.registry import make_settings, setting_values
from metapeft_core.methods.targets import GROUPS, ROLES, role_of
from metapeft_core.types import PEFTMethod

EVERY = pytest.mark.parametrize("chosen", SETTINGS.values(), ids=SETTINGS.keys())
targets = st.lists(st.sampled_from([*ROLES, *GROUPS]), min_size=1, max_size=3, unique=True).map(tuple)
layers = st.sampled_from([None, 1, 2])
counts = st.integers(1, 5)
ANY_SETTINGS = st.one_of(
    st.builds(
        LoRASettings, st.integers(1, 16), st.floats(1, 64), st.just(0.0), targets, st.booleans(), st.booleans()
    ).flatmap(lambda own: layers.map(lambda count: dataclasses.replace(own, layers=count))),
    st.builds(AdaLoRASettings, st.integers(4, 9), st.integers(1, 4), st.just(8.0), st.just(0.0), targets, layers),
    st.builds(PromptTuningSettings, counts, st.sampled_from(["random", "vocabulary"])),
    st.builds(PrefixTuningSettings, counts, st.booleans(), st.sampled_from([None, 3, 8])),
    st.builds(PTuningSettings, counts, st.sampled_from(["mlp", "lstm"]), st.sampled_from([None, 6]), st.integers(1, 3)),
)


@pytest.fixture(scope="module")
def backbones(tiny_llama: Path, tiny_roberta: Path) -> dict[str, FrozenModel]:
    names = {"llama": str(tiny_llama), "roberta": str(tiny_roberta), "minilm": "minilm:2"}
    return {key: load_backbone(name) for key, name in names.items()}


def state_of(model: FrozenModel) -> dict[str, mx.array]:
    return dict(tree_flatten(model.parameters()))


def assert_same_state(before: dict[str, mx.array], after: dict[str, mx.array]) -> None:
    assert before.keys() == after.keys()
    assert all(mx.array_equal(before[key], after[key]) for key in before)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=ANY_SETTINGS, which=st.sampled_from(["llama", "roberta", "minilm"]), classes=st.sampled_from([None, 2, 5])
)
def test_the_count_told_beforehand_is_the_real_one(
    chosen: Settings, which: str, classes: int | None, backbones: dict[str, FrozenModel]
) -> None:
    backbone = backbones[which]
    head = None if classes is None else Head(classes, default_pooling(backbone.card))
    model = Adapted(backbone, chosen, head, seed=0)
    try:
        told = chosen.trainable(backbone.card) + (head.trainable(backbone.card) if head else 0)
        assert model.trainable_count() == told
    finally:
        model.detach()


@EVERY
@pytest.mark.parametrize("which", ["llama", "minilm"])
def test_detaching_restores_the_backbone_bit_for_bit(
    chosen: Settings, which: str, backbones: dict[str, FrozenModel]
) -> None:
    backbone = backbones[which]
    ids = mx.array(make_batch(96).ids)
    before, states = state_of(backbone), np.array(backbone(ids))
    model = drawn(backbone, chosen, None)
    assert difference(np.array(model.hidden(ids, None)[0])[:, -9:], states) > 1e-3
    model.detach()
    assert_same_state(before, state_of(backbone))
    assert difference(np.array(backbone(ids)), states) == 0


@pytest.mark.parametrize("name", ["lora", "dora", "adalora"])
def test_a_new_adapter_changes_nothing_before_it_is_trained(name: str, backbones: dict[str, FrozenModel]) -> None:
    backbone = backbones["llama"]
    ids = mx.array(make_batch(96).ids)
    before = np.array(backbone(ids))
    model = Adapted(backbone, SETTINGS[name], None, seed=0)
    after = np.array(model.hidden(ids, None)[0])
    model.detach()
    assert difference(before, after) < 1e-5


@EVERY
def test_equal_seeds_draw_equal_adapters_and_others_do_not(chosen: Settings, backbones: dict[str, FrozenModel]) -> None:
    backbone = backbones["minilm"]
    drawn_by = []
    for seed in (1, 1, 2):
        model = Adapted(backbone, chosen, Head(3, "mean"), seed)
        drawn_by.append(dict(tree_flatten(model.parameters())))
        model.detach()
    first, again, other = drawn_by
    assert_same_state(first, again)
    assert not all(mx.array_equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", ["lora", "lora rank-stabilised", "lora last layer", "dora", "adalora"])
@pytest.mark.parametrize("which", ["llama", "minilm"])
def test_a_merged_model_computes_what_its_adapter_did(name: str, which: str, tiny_llama: Path) -> None:
    backbone = load_backbone(str(tiny_llama) if which == "llama" else "minilm:2")
    ids = mx.array(make_batch(96).ids)
    model = drawn(backbone, SETTINGS[name], None)
    adapted = np.array(model.hidden(ids, None)[0])
    model.adapter.merge()
    assert all(isinstance(module, nn.Linear) for _, _, module in backbone.block_linears())
    assert difference(adapted, np.array(backbone(ids))) < 1e-4


@pytest.mark.parametrize("name", ["lora", "dora", "adalora"])
def test_merging_into_a_quantised_layer_quantises_again(name: str, tiny_llama: Path) -> None:
    backbone = load_backbone(str(tiny_llama))
    for block, place, linear in list(backbone.block_linears()):
        backbone.replace_linear(block, place, nn.QuantizedLinear.from_linear(linear, group_size=32, bits=8))
    backbone.freeze()
    ids = mx.array(make_batch(96).ids)
    model = drawn(backbone, SETTINGS[name], None)
    adapted = np.array(model.hidden(ids, None)[0])
    model.adapter.merge()
    assert all(isinstance(module, nn.QuantizedLinear) for _, _, module in backbone.block_linears())
    frozen = np.array(load_backbone(str(tiny_llama))(ids))
    moved, rounded = difference(adapted, frozen), difference(adapted, np.array(backbone(ids)))
    # Eight bits of a group round to a few thousandths; the adapter itself moves the states by far more.
    assert rounded < moved / 5


@pytest.mark.parametrize("name", ["prompt tuning", "prefix tuning", "p-tuning"])
def test_virtual_tokens_cannot_be_merged(name: str, backbones: dict[str, FrozenModel]) -> None:
    model = drawn(backbones["llama"], SETTINGS[name], None)
    with pytest.raises(SettingsError, match="cannot be merged"):
        model.adapter.merge()


REFUSED: list[tuple[Settings, str]] = [
    (LoRASettings(33, targets=("key",)), "choose 1 to 32"),
    (LoRASettings(0), "rank is 0"),
    (LoRASettings(4, 0.0), "alpha"),
    (LoRASettings(4, dropout=1.0), "dropout"),
    (LoRASettings(4, targets=()), "targets is empty"),
    (LoRASettings(4, targets=("nonsense",)), "'nonsense' is no layer"),
    (LoRASettings(4, layers=3), "has 2 blocks"),
    (LoRASettings(4, layers=0), "has 2 blocks"),
    (AdaLoRASettings(33, 2, targets=("value",)), "choose 1 to 32"),
    (AdaLoRASettings(4, 5), "target_rank is 5"),
    (AdaLoRASettings(4, 2, alpha=-1.0), "alpha"),
    (AdaLoRASettings(4, 2, interval=0), "interval"),
    (AdaLoRASettings(4, 2, beta1=1.0), "beta1"),
    (AdaLoRASettings(4, 2, orthogonality=-0.1), "orthogonality"),
    (PromptTuningSettings(0), "virtual_tokens is 0"),
    (PromptTuningSettings(64), "no room for text in the 64 tokens"),
    (PromptTuningSettings(4, "text", " "), "describe the task"),
    (PromptTuningSettings(4, "magic"), "magic"),  # type: ignore[arg-type]
    (PrefixTuningSettings(64), "no room for text"),
    (PrefixTuningSettings(4, True, 0), "projection_width"),
    (PTuningSettings(64), "no room for text"),
    (PTuningSettings(4, "gru"), "gru"),  # type: ignore[arg-type]
    (PTuningSettings(4, "mlp", 0), "encoder_width"),
    (PTuningSettings(4, "lstm", 8, 0), "encoder_layers"),
    (PTuningSettings(4, encoder_dropout=1.5), "dropout"),
]


@pytest.mark.parametrize(("chosen", "word"), REFUSED, ids=[f"{s.method}: {word}" for s, word in REFUSED])
def test_settings_that_cannot_work_are_refused_in_one_sentence(
    chosen: Settings, word: str, backbones: dict[str, FrozenModel]
) -> None:
    before = state_of(backbones["llama"])
    with pytest.raises(SettingsError, match=word) as refusal:
        Adapted(backbones["llama"], chosen, None, seed=0)
    assert "\n" not in str(refusal.value)
    assert_same_state(before, state_of(backbones["llama"]))


def test_a_pooling_that_sees_nothing_of_the_text_is_refused(backbones: dict[str, FrozenModel]) -> None:
    with pytest.raises(SettingsError, match="choose last"):
        Adapted(backbones["llama"], SETTINGS["lora"], Head(2, "mean"), seed=0)
    with pytest.raises(SettingsError, match="choose mean or first"):
        Adapted(backbones["minilm"], SETTINGS["lora"], Head(2, "last"), seed=0)


def test_padding_never_reaches_the_scores(backbones: dict[str, FrozenModel]) -> None:
    for which, pooling in (("llama", "last"), ("minilm", "mean"), ("minilm", "first")):
        model = drawn(backbones[which], SETTINGS["prefix tuning"], Head(3, pooling))
        batch = make_batch(96)
        together = our_scores(model, batch)
        for row, length in enumerate(batch.lengths):
            alone = np.array(model.classify(mx.array(batch.ids[row : row + 1, :length]), None))
            assert difference(alone[0], together[row]) < 1e-4
        model.detach()


def test_prompts_begin_as_their_settings_say(backbones: dict[str, FrozenModel]) -> None:
    backbone = backbones["llama"]
    table = np.array(backbone.word_embedding())
    from_words = Adapted(backbone, PromptTuningSettings(5, "vocabulary"), None, seed=0).adapter.prompt()
    for row in np.array(from_words):
        assert (np.abs(table - row).max(axis=1) == 0).any()
    ids = backbone.tokens.encode(["w1 w2 w3"])[0]
    from_text = Adapted(backbone, PromptTuningSettings(5, "text", "w1 w2 w3"), None, seed=0).adapter.prompt()
    assert difference(np.array(from_text), table[(ids * 2)[:5]]) == 0
    at_random = Adapted(backbone, PromptTuningSettings(5, "random"), None, seed=0).adapter.prompt()
    assert not any((np.abs(table - row).max(axis=1) == 0).any() for row in np.array(at_random))


def test_dropout_acts_while_training_and_not_after(backbones: dict[str, FrozenModel]) -> None:
    model = drawn(backbones["llama"], LoRASettings(4, 8.0, dropout=0.5), None)
    batch = make_batch(96)
    model.train()
    first, second = our_vocabulary_scores(model, batch), our_vocabulary_scores(model, batch)
    assert difference(first, second) > 1e-3
    model.eval()
    assert difference(our_vocabulary_scores(model, batch), our_vocabulary_scores(model, batch)) == 0
    model.detach()


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("self_attn.q_proj", "query"),
        ("attention.self.value", "value"),
        ("attention.output.dense", "output"),
        ("output.dense", "feed_forward"),
        ("self_attn.qkv_proj", "query"),
        ("mlp.down_proj", "feed_forward"),
        ("rotary", None),
    ],
)
def test_a_layer_has_its_role_by_its_name(name: str, role: str | None) -> None:
    assert role_of(name) == role


@EVERY
def test_settings_pass_through_plain_values_unchanged(chosen: Settings) -> None:
    assert make_settings(chosen.method, setting_values(chosen)) == chosen


@pytest.mark.parametrize(
    ("method", "values", "word"),
    [
        ("magic", {}, "is no method"),
        ("lora", {"ranks": 4}, "is no setting of lora"),
        ("lora", {"rank": "many"}, "rank of lora is 'many'"),
        (PEFTMethod.P_TUNING, {"encoder": "gru"}, "encoder of p_tuning"),
    ],
)
def test_plain_values_that_make_no_settings_are_refused(method: str, values: dict[str, object], word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        make_settings(method, values)
