"""Fisher information is what the slow way gives; task vectors say which tasks are alike and nothing of their size."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import mlx.core as mx
import numpy as np
import pytest
from mlx.utils import tree_flatten

from metapeft_core.backbones.load import load_backbone
from metapeft_core.data.task import Example, Task
from metapeft_core.embedding import fisher as fisher_file
from metapeft_core.embedding.fisher import GAINED, fisher, mean_states, places
from metapeft_core.embedding.probe import Probe, _scores
from metapeft_core.embedding.task2vec import PROBE, Task2VecEmbedding
from metapeft_core.errors import DataError, SettingsError

SUBJECTS = {
    "weather": ("the rain", "a storm", "the snow", "warm sunshine", "thick fog", "the cold wind"),
    "kitchen": ("the soup", "fresh bread", "a sharp knife", "the oven", "grilled fish", "the salad"),
    "music": ("the violin", "a slow song", "the orchestra", "her voice", "the drummer", "an old record"),
    "sports": ("the goalkeeper", "a late penalty", "the marathon", "our coach", "the referee", "the final"),
}
PLACES = ("this morning", "in the village", "after dark", "all week", "near the station", "once again")
GOOD, BAD = ("pleased us", "was wonderful", "made me happy"), ("annoyed us", "was terrible", "ruined the day")
SMALL = Task2VecEmbedding(rows=16, tokens=16)
TEXTS = SMALL.text_numbers
"""Numbers of the texts' half; the labels' come after."""


def sentences(subjects: Sequence[str], ends: Sequence[str]) -> list[str]:
    return [
        f"{SUBJECTS[name][i]} {end} {place}" for name in subjects for i in range(6) for end in ends for place in PLACES
    ]


def rows(texts: Sequence[str], labels: Sequence[str]) -> tuple[Example, ...]:
    chance = np.random.default_rng(len(texts))
    order = chance.permutation(len(texts))
    return tuple(Example(texts[i], labels[i]) for i in order)


def task(train: Sequence[Example], name: str = "some", objective="classification") -> Task:
    labels = tuple(sorted({row.target for row in train})) if objective == "classification" else ()
    return Task(name, objective, tuple(train), (), (), labels)


def topics(first: str, second: str) -> Task:
    a, b = (sentences([name], GOOD + BAD) for name in (first, second))
    return task(rows(a + b, [first] * len(a) + [second] * len(b)))


def sentiment(*subjects: str) -> Task:
    good, bad = sentences(subjects, GOOD), sentences(subjects, BAD)
    return task(rows(good + bad, ["good"] * len(good) + ["bad"] * len(bad)))


def part(whole: Task, start: int, count: int) -> Task:
    return dataclasses.replace(whole, train=whole.train[start : start + count])


IDS = [[101, 2023, 2003, 1037, 3231, 102], [101, 7592, 102], [101, 2178, 6251, 2007, 2062, 2616, 1999, 2009, 102]]


def test_gains_give_what_a_pass_a_row_over_the_weights_gives():
    model = load_backbone(PROBE)
    directions = np.random.default_rng(0).normal(size=(len(IDS), model.card.width))
    found, states = fisher(model, IDS, directions)
    slow = np.mean([by_weights(model, row, d) for row, d in zip(IDS, directions, strict=True)], axis=0)
    assert found == pytest.approx(slow, rel=1e-3, abs=1e-6 * slow.max())
    assert states == pytest.approx(mean_states(model, IDS), abs=1e-5)


def by_weights(model, row: list[int], direction):
    """A unit's weights and bias times their gradients, squared: the row alone, unpadded."""
    linears = [linear for _, name, linear in model.block_linears() if name in GAINED]
    held = [(linear.weight, linear.bias) for linear in linears]

    def pulled(parameters):
        for linear, (weight, bias) in zip(linears, parameters, strict=True):
            linear.weight, linear.bias = weight, bias
        return mx.sum(model(mx.array([row]))[0].mean(axis=0) * mx.array(direction.astype(np.float32)))

    gradients = mx.grad(pulled)(held)
    for linear, (weight, bias) in zip(linears, held, strict=True):
        linear.weight, linear.bias = weight, bias
    sums = [(w * dw).sum(axis=1) + b * db for (w, b), (dw, db) in zip(held, gradients, strict=True)]
    return np.concatenate([np.array(s, dtype=np.float64) for s in sums]) ** 2


def test_a_gain_on_a_key_would_say_what_the_one_on_the_query_says(monkeypatch):
    model = load_backbone(PROBE)
    directions = np.random.default_rng(0).normal(size=(len(IDS), model.card.width))
    monkeypatch.setattr(fisher_file, "GAINED", ("attention.self.query", "attention.self.key"))
    found, _ = fisher(model, IDS, directions)
    by_name = {(place.block, place.name): found[place.units] for place in places(model)}
    for block in range(3):
        query = by_name[block, "attention.self.query"]
        assert by_name[block, "attention.self.key"] == pytest.approx(query, rel=1e-2, abs=1e-4 * query.max())


def test_the_model_is_afterwards_what_it_was_even_when_a_pass_fails(monkeypatch):
    model = load_backbone(PROBE)
    modules = [(block, name, id(linear)) for block, name, linear in model.block_linears()]
    weights = {name: np.array(value) for name, value in tree_flatten(model.parameters())}
    states = mean_states(model, IDS)
    fisher(model, IDS, np.ones((len(IDS), model.card.width)))
    monkeypatch.setattr(fisher_file, "_means", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fisher(model, IDS, np.ones((len(IDS), model.card.width)))
    monkeypatch.undo()
    assert modules == [(block, name, id(linear)) for block, name, linear in model.block_linears()]
    left = dict(tree_flatten(model.parameters()))
    assert left.keys() == weights.keys()
    assert all(np.array_equal(np.array(left[name]), value) for name, value in weights.items())
    assert np.array_equal(mean_states(model, IDS), states)


def test_random_scores_have_the_covariance_of_drawn_labels():
    p = np.array([[0.7, 0.05, 0.25], [0.2, 0.5, 0.3], [1 - 2e-9, 1e-9, 1e-9]])
    every = [np.array(signs) for signs in itertools.product([-1.0, 1.0], repeat=3)]
    drawn = np.stack([_scores(p, np.tile(signs, (3, 1))) for signs in every])
    covariance = np.mean(drawn[..., :, None] * drawn[..., None, :], axis=0)
    wanted = np.stack([np.diag(row) - np.outer(row, row) for row in p])
    assert covariance == pytest.approx(wanted, abs=1e-9)
    assert drawn.sum(axis=-1) == pytest.approx(0, abs=1e-9)


def test_with_two_classes_the_squared_score_is_no_matter_of_chance():
    p = np.array([[0.7, 0.3], [0.5, 0.5]])
    for signs in itertools.product([-1.0, 1.0], repeat=2):
        assert _scores(p, np.tile(signs, (2, 1))) ** 2 == pytest.approx(np.repeat([[0.21], [0.25]], 2, axis=1))


def test_the_probe_is_the_logistic_regression_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    chance = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 20)
    states = np.eye(3, 8)[labels] + 0.6 * chance.normal(size=(60, 8))
    probe = Probe.on(states)
    _, foretold = probe._logistic(np.eye(3)[labels])
    # It sums losses where ours takes their mean, and its C is the inverse of the penalty.
    peer = LogisticRegression(C=1 / (0.01 * 60), tol=1e-8, max_iter=5000).fit(probe.states, labels)
    assert foretold == pytest.approx(peer.predict_proba(probe.states), abs=2e-3)


def test_a_vector_has_length_1_and_its_stated_dimension():
    vector = SMALL.embed(topics("weather", "kitchen"))
    assert vector.shape == (SMALL.dimension,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_the_same_rows_give_the_same_vector_in_any_order_and_under_any_name():
    whole = topics("weather", "music")
    first = SMALL.embed(whole)
    assert np.array_equal(first, SMALL.embed(whole))
    turned = dataclasses.replace(whole, name="other", train=tuple(reversed(whole.train)))
    assert np.array_equal(first, SMALL.embed(turned))


def test_what_the_classes_are_called_does_not_matter():
    whole = part(topics("weather", "music"), 0, 32)
    called = {"weather": "b", "music": "a"}
    other = task([dataclasses.replace(row, target=called[row.target]) for row in whole.train])
    assert SMALL.embed(other) == pytest.approx(SMALL.embed(whole), abs=1e-4)


def test_rows_that_are_there_twice_change_nothing():
    few = part(topics("weather", "music"), 0, 8)
    twice = dataclasses.replace(few, train=few.train * 2)
    assert SMALL.embed(twice) == pytest.approx(SMALL.embed(few), abs=1e-4)


def test_another_seed_draws_other_rows_and_stays_near():
    whole = topics("weather", "music")
    first, second = SMALL.embed(whole), dataclasses.replace(SMALL, seed=1).embed(whole)
    assert 0.5 < first @ second < 0.999


def test_two_samples_of_a_task_are_nearer_than_other_tasks():
    wholes = [topics("weather", "kitchen"), topics("music", "sports"), sentiment("weather", "kitchen")]
    first, second = ([SMALL.embed(part(whole, start, 16)) for whole in wholes] for start in (0, 16))
    alike = np.stack(first) @ np.stack(second).T
    assert (alike.argmax(axis=1) == np.arange(3)).all()
    assert (alike.argmax(axis=0) == np.arange(3)).all()


def test_the_labels_of_the_same_texts_make_a_difference():
    by_topic = topics("weather", "kitchen")
    moods = [dataclasses.replace(r, target="good" if any(e in r.text for e in GOOD) else "bad") for r in by_topic.train]
    topic, mood = (SMALL.embed(part(whole, 0, 16)) for whole in (by_topic, task(moods)))
    assert topic[:TEXTS] / np.linalg.norm(topic[:TEXTS]) == pytest.approx(mood[:TEXTS] / np.linalg.norm(mood[:TEXTS]))
    assert topic[TEXTS:] @ mood[TEXTS:] < 0.8 * np.linalg.norm(topic[TEXTS:]) * np.linalg.norm(mood[TEXTS:])


def test_a_task_of_two_rows_has_a_vector():
    vector = SMALL.embed(task([Example("the rain", "weather"), Example("the soup", "kitchen")]))
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    "train",
    [
        [Example("the rain", "weather")],
        [Example("the rain", "weather"), Example("a storm", "weather")],
        [Example("the same", "a"), Example("the same", "b")],
        [Example("", "a"), Example("", "b")],
    ],
    ids=["one row", "one class", "one text", "no text"],
)
def test_where_there_is_nothing_to_tell_apart_labels_add_nothing(train: list[Example]):
    vector = SMALL.embed(task(train))
    assert np.linalg.norm(vector[:TEXTS]) == pytest.approx(1, abs=1e-5)
    assert not vector[TEXTS:].any()


@pytest.mark.parametrize(
    "text", ["", " \n\t", "日本語のテキスト", "🙂🙃" * 500, "\ud800 half", "\x00\x07", "a" * 100_000]
)
def test_any_text_can_be_read(text: str):
    vector = SMALL.embed(task([Example(text, "odd"), Example("the rain", "even"), Example("a storm", "even")]))
    assert np.isfinite(vector).all()


def test_more_classes_than_rows_are_drawn_are_no_trouble():
    many = task([Example(f"{text} {n}", f"class {n}") for n, text in enumerate(sentences(["music"], GOOD))])
    assert np.isfinite(SMALL.embed(many)).all()


def test_a_generation_is_told_by_its_answers():
    prompts = sentences(["weather", "music"], GOOD)
    chosen = [prompts[i] for i in np.random.default_rng(0).permutation(len(prompts))[:32]]
    subject = {text: "an evening of opera" if text in prompts[108:] else "a wet grey sky" for text in chosen}
    place = {text: "trains and buses" if "station" in text or "village" in text else "years ago" for text in chosen}
    first, second = (
        [
            SMALL.embed(task([Example(text, of[text]) for text in chosen[s::2]], objective="generation"))[TEXTS:]
            for of in (subject, place)
        ]
        for s in (0, 1)
    )
    alike = np.stack(first) @ np.stack(second).T
    assert (alike.argmax(axis=1) == [0, 1]).all()


def test_bare_text_is_read_as_what_it_is():
    told = sentences(["music"], GOOD)[:12]
    bare = SMALL.embed(task([Example("", text) for text in told], objective="generation"))
    read = SMALL.embed(task([Example(text, text) for text in told], objective="generation"))
    assert np.array_equal(bare, read)


def test_no_rows_and_no_settings_that_read_nothing():
    with pytest.raises(DataError, match="no training rows"):
        SMALL.embed(task([]))
    with pytest.raises(SettingsError, match="0 rows"):
        Task2VecEmbedding(rows=0)
    with pytest.raises(SettingsError, match="2 tokens"):
        Task2VecEmbedding(tokens=2)


def test_what_is_comparable_has_one_fingerprint():
    assert Task2VecEmbedding().fingerprint == Task2VecEmbedding().fingerprint
    assert Task2VecEmbedding().fingerprint != SMALL.fingerprint
