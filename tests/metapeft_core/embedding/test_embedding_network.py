"""Tasks on which methods behave alike come to lie together, better with every experience; nothing else decides."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import BinaryIO

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from made_worlds import NOISE, World, held_out, made

from metapeft_core.embedding import train as training_module
from metapeft_core.embedding.features import FEATURES
from metapeft_core.embedding.network import TaskEmbedder, TaskEmbeddingNetwork
from metapeft_core.embedding.train import TRAINING, EmbeddingTraining
from metapeft_core.errors import SettingsError

NONE = EmbeddingTraining(steps=0)


def halves(seed: int, learned: int = 120) -> tuple[World, World]:
    """Instances to learn from, and 80 of groups that have none among these."""
    world = made(learned + 120, seed)
    groups = np.array(world.groups)
    unseen = groups < 15
    to_learn = np.flatnonzero(~unseen)[:learned]
    kept = np.zeros(len(groups), bool)
    kept[to_learn] = True
    return world.part(kept), world.part(unseen)


def learn(world: World, seed: int = 0, training: EmbeddingTraining = TRAINING) -> TaskEmbedder:
    return TaskEmbedder.fitted(world.tasks, world.scores, NOISE, world.groups, seed=seed, training=training)


def numbers(embedder: TaskEmbedder) -> list[np.ndarray]:
    return [np.asarray(part) for layer in embedder.network.layers for part in (layer.weight, layer.bias)]


def test_ten_features_become_128_numbers_of_length_one():
    network = TaskEmbeddingNetwork(0)
    assert [layer.weight.shape for layer in network.layers] == [(64, 10), (128, 64), (128, 128)]
    found = network.embed(np.random.default_rng(0).normal(size=(7, 10)))
    assert found.shape == (7, 128)
    assert found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert network.embed(np.zeros((0, 10))).shape == (0, 128)


def test_features_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=f"lines of {len(FEATURES)} numbers"):
        TaskEmbeddingNetwork(0).embed(np.zeros((3, 9)))


@pytest.mark.parametrize("seed", [1, 2])
def test_on_tasks_never_seen_it_beats_raw_features_and_a_network_without_training(seed: int):
    known, unseen = halves(seed)
    trained, empty = learn(known, seed), learn(known, seed, NONE)
    ours = held_out(unseen, trained.embed(unseen.tasks))
    assert ours > 0.5
    assert ours > held_out(unseen, trained.features(unseen.tasks)) + 0.2
    assert ours > held_out(unseen, empty.embed(unseen.tasks)) + 0.2


def test_it_improves_as_experiences_arrive():
    before, after = [], []
    for seed in range(3):
        known, unseen = halves(seed, learned=150)
        few = known.part(np.arange(150) < 15)
        young = learn(few, seed)
        grown = young
        for count in (50, 100, 150):
            now = known.part(np.arange(150) < count)
            grown = grown.improved(now.tasks, now.scores, NOISE, now.groups, seed=seed)
        before.append(held_out(unseen, young.embed(unseen.tasks)))
        after.append(held_out(unseen, grown.embed(unseen.tasks)))
    assert np.mean(after) > np.mean(before) + 0.1


def test_an_improved_one_leaves_the_former_and_its_scales_as_they_were():
    known, _ = halves(0, learned=40)
    former = learn(known)
    kept = numbers(former)
    later = former.improved(known.tasks, known.scores, NOISE, known.groups)
    assert later.extractor == former.extractor
    assert all(np.array_equal(a, b) for a, b in zip(kept, numbers(former), strict=True))
    assert not all(np.allclose(a, b) for a, b in zip(kept, numbers(later), strict=True))


def test_the_seed_alone_decides_and_the_common_generator_is_left_alone():
    known, _ = halves(0, learned=30)
    mx.random.seed(5)
    expected = mx.random.uniform(shape=(3,)).tolist()
    first = learn(known, seed=3)
    mx.random.seed(5)
    again, other = learn(known, seed=3), learn(known, seed=4)
    assert mx.random.uniform(shape=(3,)).tolist() == expected
    assert np.array_equal(first.embed(known.tasks), again.embed(known.tasks))
    assert not np.allclose(first.embed(known.tasks), other.embed(known.tasks))


def test_holes_in_the_table_are_no_trouble():
    known, unseen = halves(3)
    chance = np.random.default_rng(0)
    scores = np.where(chance.random(known.scores.shape) < 0.3, np.nan, known.scores)
    holed = learn(dataclasses.replace(known, scores=scores))
    assert np.isfinite(holed.embed(unseen.tasks)).all()
    assert held_out(unseen, holed.embed(unseen.tasks)) > held_out(unseen, holed.features(unseen.tasks)) + 0.1


def nothing_shared(world: World) -> World:
    """Each instance has tried one candidate."""
    alone = np.arange(5)[None, :] == np.arange(len(world.tasks))[:, None] % 5
    return dataclasses.replace(world, scores=np.where(alone, world.scores, np.nan))


def one_group(world: World) -> World:
    return dataclasses.replace(world, groups=[0] * len(world.tasks))


@pytest.mark.parametrize("spoil", [nothing_shared, one_group, lambda world: world.part(np.arange(20) < 1)])
def test_where_no_two_instances_can_be_compared_nothing_is_learned(spoil: Callable[[World], World]):
    known = spoil(halves(0, learned=20)[0])
    assert all(np.array_equal(a, b) for a, b in zip(numbers(learn(known)), numbers(learn(known, 0, NONE)), strict=True))


def test_an_instance_without_comparable_scores_changes_nothing():
    known, _ = halves(0, learned=30)
    scores = known.scores.copy()
    scores[-1] = np.nan
    lone = dataclasses.replace(known, scores=scores, groups=[*known.groups[:-1], 999])
    network = TaskEmbeddingNetwork(0)
    features = learn(lone, 0, NONE).features(lone.tasks)
    quiet = EmbeddingTraining(steps=5, feature_noise=0.0)
    training_module.train(network, features, lone.scores, NOISE, lone.groups, training=quiet)
    other = TaskEmbeddingNetwork(0)
    training_module.train(other, features[:-1], lone.scores[:-1], NOISE, lone.groups[:-1], training=quiet)
    assert np.allclose(network.embed(features), other.embed(features), atol=1e-4)


def test_more_instances_than_fit_a_step_are_drawn_by_chance(monkeypatch):
    known, unseen = halves(1)
    monkeypatch.setattr(training_module, "BATCH", 32)
    drawn = learn(known)
    assert held_out(unseen, drawn.embed(unseen.tasks)) > held_out(unseen, drawn.features(unseen.tasks)) + 0.05


def test_tables_of_different_lengths_are_refused():
    known, _ = halves(0, learned=10)
    with pytest.raises(ValueError, match="10 lines of features and 9 of scores"):
        TaskEmbedder.fitted(known.tasks, known.scores[:9], NOISE)


def test_what_was_saved_comes_back(tmp_path):
    known, unseen = halves(0, learned=20)
    ours = learn(known)
    path = tmp_path / "deep" / "embedding.safetensors"
    ours.save(path)
    again = TaskEmbedder.load(path)
    assert again.extractor == ours.extractor
    assert np.array_equal(again.embed(unseen.tasks), ours.embed(unseen.tasks))
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_save_that_fails_leaves_the_former_file(tmp_path, monkeypatch):
    known, _ = halves(0, learned=20)
    path = tmp_path / "embedding.safetensors"
    learn(known).save(path)
    whole = path.read_bytes()

    def torn(file: BinaryIO, *_: object, **__: object) -> None:
        file.write(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(mx, "save_safetensors", torn)
    with pytest.raises(OSError, match="no space"):
        learn(known, seed=1).save(path)
    assert path.read_bytes() == whole
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_files_that_hold_something_else_are_refused_with_what_to_do(tmp_path):
    torn, foreign, narrow = (tmp_path / f"{name}.safetensors" for name in ("torn", "foreign", "narrow"))
    torn.write_bytes(b"nonsense")
    mx.save_safetensors(str(foreign), dict(nn.Linear(2, 2).parameters()))
    facts = {"format": "1", "extractor": learn(halves(0, 20)[0]).extractor.to_json()}
    mx.save_safetensors(str(narrow), {"layers.0.weight": mx.zeros((3, 3))}, metadata=facts)
    for path in (torn, foreign, narrow, tmp_path / "missing.safetensors"):
        with pytest.raises(SettingsError, match=r"holds no task embedding .* train it again"):
            TaskEmbedder.load(path)
