"""What numbers are is learned from the lessons, the same from the same, and kept small."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file

from advisor.reading import roles as shipped
from advisor.tuning.conversations import Example
from advisor.tuning.roles import learn, lessons, lessons_of, main, matrix_of


@pytest.fixture(scope="module")
def taught():
    return list(lessons(1500, seed=5))


@pytest.fixture(scope="module")
def learned(taught):
    return learn(taught, seed=5)


def test_a_lesson_is_a_number_that_could_be_several_things():
    form = "act: recommend\ntask: topic\n40: rows\n7: classes\n"
    told = list(lessons_of(Example("question: 40 laws, 7 kinds, 8 GB\n", form)))
    assert [(lesson.number.text, lesson.role) for lesson in told] == [("40", "rows"), ("7", "classes")]
    assert list(lessons_of(Example("question: 40 laws\n", "act: other\n"))) == []


def test_what_was_taught_is_known(taught, learned):
    told = matrix_of(taught) @ learned.weights + learned.offsets
    right = [learned.roles[row.argmax()] == lesson.role for row, lesson in zip(told, taught, strict=True)]
    assert np.mean(right) > 0.95


def test_what_is_written_tells_what_was_learned_and_the_same_seed_the_same(tmp_path, monkeypatch):
    for name in ("one", "two"):
        main(["--out", str(tmp_path / name), "--lessons", "300", "--seed", "2"])
    one, two = (load_file(tmp_path / name) for name in ("one", "two"))
    assert all((one[key] == two[key]).all() for key in one)
    monkeypatch.setattr(shipped, "PLACE", tmp_path / "one")
    read, some = shipped.roles.__wrapped__(), list(lessons(300, seed=2))
    learned = learn(some, seed=2)
    told = matrix_of(some) @ learned.weights + learned.offsets
    for row, lesson in zip(told, some, strict=True):
        chances = read.of(lesson.number, lesson.question)
        sure = {role: row[learned.roles.index(role)] for role in chances if role in learned.roles}
        if sorted(sure.values())[-1] - sorted(sure.values())[-2] > 1:
            assert max(chances, key=lambda role: chances[role]) == max(sure, key=lambda role: sure[role])
