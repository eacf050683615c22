"""Hunches are learned from the lessons, the same from the same, and kept small."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file
from scipy.special import expit

from advisor.reading.hunches import KEYS, LEFT_OUT
from advisor.tuning.conversations import Example
from advisor.tuning.hunches import features_of, kept, learn, lesson_of, lessons, matrix_of, save, telling

FEW = 2, 2


@pytest.fixture(scope="module")
def taught():
    return list(lessons(700, seed=5))


@pytest.fixture(scope="module")
def learned(taught):
    return learn(taught, features_of([lesson.question for lesson in taught], FEW), seed=5)


def test_a_lesson_says_what_the_small_model_is_taught():
    prompt = "question: and on 40 laws?\nbefore: lora, topic\ndata: yes\n"
    lesson = lesson_of(Example(prompt, "act: refine\ndomain: legal\n40: rows\n"))
    assert (lesson.question, lesson.after_one, lesson.with_data) == ("and on 40 laws?", True, True)
    assert lesson.told == {"act": "refine", "task": LEFT_OUT, "domain": "legal"}


def test_what_was_taught_is_known(taught, learned):
    told = matrix_of(learned.features, taught) @ learned.weights + learned.offsets
    acts = learned.values["act"]
    right = [acts[row[: len(acts)].argmax()] == lesson.told["act"] for row, lesson in zip(told, taught, strict=True)]
    assert np.mean(right) > 0.95


def test_a_gram_that_stands_in_few_lessons_is_not_known(taught):
    questions = [lesson.question for lesson in taught]
    many, few = (features_of(questions, (least, least)) for least in (2, 20))
    assert set(few.words.tolist()) < set(many.words.tolist())
    assert set(few.letters.tolist()) < set(many.letters.tolist())
    assert few.rarity.max() < many.rarity.max()


def test_every_question_weighs_one_of_each_kind(taught, learned):
    places, much = learned.features.of(taught[0].question, True, False)
    words = places < len(learned.features.words)
    letters = ~words & (places < len(learned.features.rarity))
    assert np.linalg.norm(much[words]) == pytest.approx(1)
    assert np.linalg.norm(much[letters]) == pytest.approx(1)
    assert places[-1] == len(learned.features.rarity)


def test_the_features_that_tell_most_are_kept(learned):
    fewer = kept(learned, 300)
    assert len(fewer.words) + len(fewer.letters) == len(fewer.rarity) == 300
    told = telling(learned)[:-2]
    numbers = np.concatenate((learned.features.words, learned.features.letters))
    assert set(numbers[np.argsort(-told)[:300]].tolist()) == {*fewer.words.tolist(), *fewer.letters.tolist()}


def test_every_line_has_the_same_say_in_what_is_kept(learned):
    acts = len(learned.values["act"])
    many = replace(learned, weights=np.concatenate((learned.weights[:, :acts], learned.weights[:, acts:] * 9), axis=1))
    assert telling(many) == pytest.approx(telling(learned))
    assert telling(learned).sum() == pytest.approx(len(KEYS))


def test_what_is_written_is_what_was_learned(taught, learned, tmp_path, monkeypatch):
    from advisor.reading import hunches as shipped

    save(learned, tmp_path / "hunches.safetensors")
    monkeypatch.setattr(shipped, "PLACE", tmp_path / "hunches.safetensors")
    read = shipped.hunches.__wrapped__()
    assert {key: list(read.values[key]) for key in KEYS} == learned.values
    told = matrix_of(learned.features, taught[:50]) @ learned.weights + learned.offsets
    for row, lesson in zip(told, taught[:50], strict=True):
        found = read.of(lesson.question, lesson.after_one, lesson.with_data)
        chances = expit(row[: len(read.values["act"])])
        assert list(found["act"].values()) == pytest.approx(list(chances / chances.sum()), abs=0.03)


def test_the_same_seed_writes_the_same_file(tmp_path):
    for name in ("one", "two"):
        some = list(lessons(150, seed=2))
        save(learn(some, features_of([lesson.question for lesson in some], FEW), seed=2), tmp_path / name)
    one, two = (load_file(tmp_path / name) for name in ("one", "two"))
    assert all((one[key] == two[key]).all() for key in one)
