"""The complexity score is bounded and rises with what makes tasks hard."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_sentences import mislabelled, sentences, task_of

from metapeft_core.backbones.sentence import embed_texts
from metapeft_core.data.characterize import characterize
from metapeft_core.data.complexity import classification_complexity, generation_complexity
from metapeft_core.data.readers import read_task

ROWS = sentences(160)


@pytest.fixture(scope="module")
def vectors():
    return embed_texts([row.text for row in ROWS])


def score(rows, vectors) -> float:
    names = sorted({row.target for row in rows})
    return classification_complexity(
        [row.text for row in rows], vectors, np.array([names.index(row.target) for row in rows])
    )


def test_clear_subjects_are_easy_and_random_labels_are_hard(vectors):
    assert score(ROWS, vectors) < 0.1
    assert score(mislabelled(ROWS, 0.99), vectors) > 0.8


def test_the_score_rises_with_every_share_of_wrong_labels(vectors):
    scores = [score(mislabelled(ROWS, share), vectors) for share in (0.0, 0.15, 0.3, 0.5)]
    assert scores == sorted(scores)
    assert scores[-1] - scores[0] > 0.3


def test_of_two_tasks_that_are_both_solved_the_one_with_more_classes_is_harder():
    few, many = np.repeat(np.arange(2), 60), np.repeat(np.arange(8), 15)
    texts = [f"word{label} again{label}" for label in many]
    there = np.eye(8, dtype=np.float32)[many]
    assert classification_complexity(texts, there, many) > classification_complexity(texts, there, few)


def test_always_guessing_right_by_majority_is_no_ease():
    labels = np.array([0] * 95 + [1] * 5)
    vectors = np.random.default_rng(0).normal(size=(100, 16)).astype(np.float32)
    assert classification_complexity(["same"] * 100, vectors, labels) > 0.85


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(2, 40), classes=st.integers(1, 8), seed=st.integers(0, 99))
def test_the_score_stays_between_0_and_1_whatever_the_rows(rows, classes, seed):
    generator = np.random.default_rng(seed)
    labels = generator.integers(classes, size=rows)
    vectors = generator.normal(size=(rows, 8)).astype(np.float32)
    assert 0.0 <= classification_complexity([str(i) for i in range(rows)], vectors, labels) <= 1.0


def test_the_score_is_the_same_for_the_same_seed(vectors):
    assert score(ROWS, vectors) == score(ROWS, vectors)


def test_writing_something_new_is_harder_than_copying():
    prompts = [f"the {row.text}" for row in ROWS]
    copied = generation_complexity(prompts, prompts, 10)
    written = generation_complexity(prompts, [row.text for row in sentences(160, seed=9)][::-1], 10)
    assert 0.0 <= copied < written <= 1.0
    assert generation_complexity(prompts, prompts, 200) > copied


@pytest.mark.shared
def test_the_score_orders_shared_tasks_of_known_difficulty():
    folder = Path(os.environ.get("PEFT_ADVISOR_TASKS", ""))
    if not (folder / "manifest.json").exists():
        pytest.skip("set PEFT_ADVISOR_TASKS to the folder of the tasks")
    assert json.loads((folder / "manifest.json").read_text())
    found = [
        characterize(read_task(folder / f"{name}.jsonl.gz").take(300, seed=0)).complexity_score
        for name in ("snips_intent", "vader_tweets", "strategyqa")
    ]
    assert found == sorted(found)
    assert found[-1] - found[0] > 0.4


def test_the_whole_way_from_rows_to_score_sees_the_difference():
    easy = characterize(task_of(ROWS)).complexity_score
    hard = characterize(task_of(mislabelled(ROWS, 0.6))).complexity_score
    assert easy + 0.3 < hard
