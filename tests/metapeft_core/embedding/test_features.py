"""Ten features, comparable between tasks, the same after they were kept as text."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import characteristics

from metapeft_core.embedding.features import FARTHEST, FEATURES, TaskFeatureExtractor, measured
from metapeft_core.types import Spread, TaskCharacteristics

TASKS = [characteristics(n) for n in range(40)]


def test_there_are_ten_and_each_has_a_name():
    assert len(FEATURES) == len(set(FEATURES)) == 10
    assert measured(TASKS[0]).shape == (10,)


def test_over_the_tasks_they_were_fitted_on_each_has_middle_0_and_spread_1():
    extractor = TaskFeatureExtractor.fitted(TASKS)
    table = np.stack([extractor.extract(task) for task in TASKS])
    varied = measured_table().std(axis=0) > 1e-6
    assert varied.sum() >= 4
    assert np.allclose(table.mean(axis=0), 0, atol=1e-9)
    assert np.allclose(table.std(axis=0)[varied], 1, atol=1e-9)
    assert np.allclose(table[:, ~varied], 0)


def measured_table():
    return np.stack([measured(task) for task in TASKS])


def test_four_times_the_rows_are_the_same_step_wherever_one_starts():
    rows = [dataclasses.replace(TASKS[0], dataset_size=size) for size in (64, 256, 1024)]
    steps = np.diff([measured(task)[FEATURES.index("rows")] for task in rows])
    assert steps[0] == pytest.approx(steps[1], rel=0.02)


def test_a_generation_is_described_by_the_length_of_its_answers():
    short, long = (
        dataclasses.replace(
            TASKS[0], objective="generation", classes=0, target_length=Spread(1, mean, mean, 2 * mean, 3 * mean)
        )
        for mean in (5.0, 50.0)
    )
    place = FEATURES.index("answers")
    assert measured(long)[place] > measured(short)[place] + 2


@given(
    size=st.integers(1, 10**9),
    vocabulary=st.integers(0, 10**9),
    classes=st.integers(0, 10**6),
    length=st.floats(0, 1e7),
    share=st.floats(0, 1),
)
def test_whatever_the_task_its_features_are_bounded_numbers(size, vocabulary, classes, length, share):
    task: TaskCharacteristics = dataclasses.replace(
        TASKS[0],
        dataset_size=size,
        vocabulary_size=vocabulary,
        classes=classes,
        sequence_length=Spread(0, length, length, 2 * length, 3 * length),
        class_balance=share,
        label_noise=share,
        complexity_score=1 - share,
    )
    found = TaskFeatureExtractor.fitted(TASKS).extract(task)
    assert np.isfinite(found).all()
    assert np.abs(found).max() <= FARTHEST


def test_an_extractor_comes_back_from_its_text_and_one_of_other_features_is_refused():
    extractor = TaskFeatureExtractor.fitted(TASKS)
    assert TaskFeatureExtractor.from_json(extractor.to_json()) == extractor
    with pytest.raises(ValueError, match=r"the features were .*ranks.* and are now rows"):
        TaskFeatureExtractor.from_json(extractor.to_json().replace('"rows"', '"ranks"'))


def test_nothing_cannot_be_fitted_to():
    with pytest.raises(ValueError, match="no tasks"):
        TaskFeatureExtractor.fitted([])
