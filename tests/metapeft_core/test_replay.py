"""Experiences drawn again: what may be drawn, how often, with which weight, and what makes room for what."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from metapeft_core.replay import FIRST_SURPRISE, ExperienceBuffer
from metapeft_core.types import Backbone, PEFTExperience, PEFTMethod

BACKBONE = Backbone("tiny", "bert", "encoder", 1, 1, 1, 1, 1, 1, 1, 1, 1)
NEVER_BY_CHANCE = 1e-4
"""A fair draw looks this unlikely once in ten thousand seeds, and seeds here are fixed."""
SURPRISES = [0.0, 0.2, 0.5, 1.0, 4.0]
hows = st.sampled_from(["uniform", "prioritised", "balanced"])
surprises = st.floats(0, allow_nan=False, allow_infinity=False)
entries = st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abcd"), st.none() | surprises), min_size=1)


def experience(name, family="", task="task"):
    return PEFTExperience(
        id=str(name),
        task=task,
        characteristics=None,
        backbone=BACKBONE,
        method=PEFTMethod.LORA,
        hyperparameters={},
        performance={},
        outcome="completed",
        training_seconds=1.0,
        peak_memory_bytes=1,
        trainable_parameters=1,
        steps=1,
        seed=0,
        curve=(),
        provenance="measured",
        created="2026-01-01T00:00:00+00:00",
        family=family,
    )


def filled(rows, **settings):
    """A buffer of (name, family, surprise)."""
    buffer = ExperienceBuffer(**settings)
    for name, family, surprise in rows:
        buffer.add(experience(name, family), surprise)
    return buffer


def surprising(**settings):
    return filled([(i, "", surprise) for i, surprise in enumerate(SURPRISES)], **settings)


def looks_fair(drawn, shares):
    """Whether how often each was drawn can come from these shares."""
    counts = Counter(drawn)
    expected = np.asarray(shares) / np.sum(shares) * len(drawn)
    return chisquare([counts[str(i)] for i in range(len(shares))], expected).pvalue > NEVER_BY_CHANCE


@given(entries, hows, st.integers(1, 60), st.integers(0, 9))
def test_a_draw_holds_as_many_of_what_is_there_as_were_asked_for(rows, how, count, seed):
    buffer = filled(rows)
    draw = buffer.draw(count, how, np.random.default_rng(seed))
    assert len(draw.experiences) == len(draw.ids) == len(draw.weights) == count
    assert all(identifier in buffer for identifier in draw.ids)
    assert draw.ids == tuple(drawn.id for drawn in draw.experiences)


@given(entries, st.sampled_from(["uniform", "prioritised"]), st.integers(1, 60), st.integers(0, 9))
def test_nothing_is_drawn_twice_while_there_is_enough(rows, how, count, seed):
    buffer = filled(rows)
    drawn = buffer.draw(count, how, np.random.default_rng(seed)).ids
    if count <= len(buffer):
        assert len(set(drawn)) == count


@given(entries, hows, st.integers(1, 60), st.integers(0, 9))
def test_weights_are_above_0_and_the_greatest_is_1(rows, how, count, seed):
    weights = filled(rows).draw(count, how, np.random.default_rng(seed)).weights
    assert weights.min() > 0
    assert weights.max() == 1
    if how != "prioritised":
        assert weights.min() == 1


@given(entries, hows, st.integers(1, 60), st.integers(0, 9))
def test_the_same_generator_draws_the_same(rows, how, count, seed):
    first, again = (filled(rows).draw(count, how, np.random.default_rng(seed)) for _ in range(2))
    assert first.ids == again.ids
    assert np.array_equal(first.weights, again.weights)


@given(st.lists(surprises, min_size=2, max_size=8), st.integers(0, 9))
def test_weights_undo_the_probabilities_to_the_power_of_beta(told, seed):
    buffer = filled([(i, "", surprise) for i, surprise in enumerate(told)], alpha=0.5, beta=0.7, epsilon=0.1)
    draw = buffer.draw(len(told), "prioritised", np.random.default_rng(seed))
    shares = np.sqrt(np.array([told[int(i)] for i in draw.ids]) + 0.1)
    wanted = (len(told) * shares / shares.sum()) ** -0.7
    assert draw.weights == pytest.approx(wanted / wanted.max())


@pytest.mark.parametrize("count", [1, 3])
def test_uniform_draws_are_uniform(count):
    buffer, generator = surprising(), np.random.default_rng(0)
    drawn = [i for _ in range(2000) for i in buffer.draw(count, "uniform", generator).ids]
    assert looks_fair(drawn, np.ones(5))


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0])
def test_prioritised_draws_follow_the_surprise_to_the_power_of_alpha(alpha):
    buffer, shares = surprising(alpha=alpha, epsilon=0.05), (np.array(SURPRISES) + 0.05) ** alpha
    # Without replacement the first of a draw, with replacement all of it.
    generator = np.random.default_rng(1)
    assert looks_fair([buffer.draw(3, "prioritised", generator).ids[0] for _ in range(4000)], shares)
    assert looks_fair(buffer.draw(20_000, "prioritised", generator).ids, shares)


def test_the_second_of_a_draw_follows_the_surprise_of_those_that_are_left():
    buffer, shares = surprising(alpha=1.0, epsilon=0.05), np.array(SURPRISES) + 0.05
    generator = np.random.default_rng(2)
    pairs = [buffer.draw(2, "prioritised", generator).ids for _ in range(8000)]
    after_last = [second for first, second in pairs if first == "4"]
    assert looks_fair(after_last, shares[:4])


def test_with_beta_1_the_weighted_mean_of_a_prioritised_draw_is_that_of_all():
    buffer = surprising(alpha=1.0, beta=1.0, epsilon=0.1)
    draw = buffer.draw(100_000, "prioritised", np.random.default_rng(3))
    numbers = np.array([int(i) for i in draw.ids])
    assert np.mean(numbers) > 3
    assert np.average(numbers, weights=draw.weights) == pytest.approx(2.0, abs=0.02)


def test_balanced_draws_choose_a_family_first_and_then_one_of_its_own():
    families = "aaaaaabbc"
    buffer = filled([(i, family, float(i)) for i, family in enumerate(families)])
    drawn = buffer.draw(9000, "balanced", np.random.default_rng(4)).ids
    assert looks_fair(drawn, [1 / families.count(family) for family in families])


def test_a_task_without_a_family_is_one_of_its_own():
    buffer = ExperienceBuffer()
    for name, family, task in [("1", "", "x"), ("2", "", "y"), ("3", "x", "z")]:
        buffer.add(experience(name, family, task))
    assert buffer.families() == {"x": 2, "y": 1}


def test_what_comes_without_a_surprise_gets_the_greatest_there_has_been():
    buffer = ExperienceBuffer()
    buffer.add(experience("first"))
    assert buffer.surprise_of("first") == FIRST_SURPRISE
    buffer.surprised({"first": 7.0})
    buffer.surprised({"first": 0.5})
    buffer.add(experience("second"))
    assert buffer.surprise_of("second") == 7.0


@pytest.mark.parametrize("seed", range(5))
def test_what_is_new_is_soon_drawn(seed):
    buffer = filled([(i, "", 0.1) for i in range(200)], alpha=1.0)
    buffer.surprised({"7": 50.0})
    buffer.surprised({"7": 0.1})
    buffer.add(experience("new"))
    drawn = buffer.draw(8, "prioritised", np.random.default_rng(seed)).ids
    assert "new" in drawn


def test_a_known_id_is_not_added_again_and_changes_nothing():
    buffer = ExperienceBuffer()
    assert buffer.add(experience("x", "a"), 2.0)
    assert not buffer.add(experience("x", "b"), 9.0)
    assert [held.family for held in buffer] == ["a"]
    assert buffer.surprise_of("x") == 2.0
    assert buffer.families() == {"a": 1}
    buffer.add(experience("y"))
    assert buffer.surprise_of("y") == 2.0


@given(entries, st.integers(1, 12))
def test_a_full_buffer_keeps_what_came_last_and_no_family_goes_while_another_has_several(rows, capacity):
    buffer = ExperienceBuffer(capacity)
    for name, family, surprise in rows:
        before = buffer.families()
        added = buffer.add(experience(name, family), surprise)
        after = buffer.families()
        assert str(name) in buffer
        assert len(buffer) == sum(after.values()) <= capacity
        if before.keys() - after.keys():
            assert added
            assert max(after.values()) == 1
    assert buffer.families() == Counter(held.family for held in buffer)


@pytest.mark.parametrize(
    ("rows", "gone"),
    [
        ([("1", "a", 3.0), ("2", "a", 1.0), ("3", "b", 0.0), ("4", "c", 2.0)], "2"),
        ([("1", "a", 1.0), ("2", "a", 1.0), ("3", "b", 0.0), ("4", "c", 2.0)], "1"),
        ([("1", "a", 3.0), ("2", "b", 1.0), ("3", "c", 2.0), ("4", "d", 0.0)], "2"),
        ([("1", "a", 0.0), ("2", "b", 2.0), ("3", "b", 1.0), ("4", "b", 0.5)], "3"),
    ],
    ids=["the least surprising", "the oldest", "of families as large the least surprising", "not the newest"],
)
def test_room_is_made_in_the_largest_family(rows, gone):
    buffer = filled(rows, capacity=3)
    assert {held.id for held in buffer} == {"1", "2", "3", "4"} - {gone}


def test_the_surprise_of_what_has_made_room_is_passed_over():
    buffer = filled([("1", "a", 1.0), ("2", "a", 2.0)], capacity=1)
    buffer.surprised({"1": 5.0, "2": 0.3})
    assert [(held.id, buffer.surprise_of(held.id)) for held in buffer] == [("2", 0.3)]


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_a_surprise_that_is_no_number_from_0_upwards_is_refused_and_nothing_changes(value):
    buffer = filled([("1", "a", 1.0), ("2", "a", 2.0)])
    with pytest.raises(ValueError, match=f"the surprise of 3 is {value}"):
        buffer.add(experience("3"), value)
    with pytest.raises(ValueError, match=f"the surprise of 2 is {value}"):
        buffer.surprised({"1": 9.0, "2": value})
    assert "3" not in buffer
    assert [buffer.surprise_of(held.id) for held in buffer] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: ExperienceBuffer(0), "capacity is 0"),
        (lambda: ExperienceBuffer(alpha=-1), "alpha is -1"),
        (lambda: ExperienceBuffer(beta=1.5), "beta is 1.5"),
        (lambda: ExperienceBuffer(epsilon=0.0), r"epsilon is 0\.0"),
        (lambda: ExperienceBuffer(epsilon=float("nan")), "epsilon is nan"),
        (lambda: ExperienceBuffer().draw(2, "uniform", np.random.default_rng(0)), "nothing to draw 2 from"),
        (lambda: surprising().draw(0, "uniform", np.random.default_rng(0)), "count is 0"),
        (lambda: surprising().draw(1, "often", np.random.default_rng(0)), "how is 'often'"),
        (lambda: surprising().surprised({"99": 1.0}), "99 has never been added"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_value(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        wrong()
