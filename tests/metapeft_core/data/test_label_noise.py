"""The noise estimate follows the labels that were really exchanged, and stays silent where nothing can be known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_sentences import mislabelled, sentences

from metapeft_core.backbones.sentence import embed_texts
from metapeft_core.data.noise import label_noise

SHARES = (0.05, 0.1, 0.15, 0.2)


def clusters(rows: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(classes, size=rows)
    vectors = generator.normal(size=(classes, 32))[labels] * 2 + generator.normal(size=(rows, 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels


def flipped(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    wrong = generator.permutation(len(labels))[: round(share * len(labels))]
    changed = labels.copy()
    classes = labels.max() + 1
    changed[wrong] = (labels[wrong] + generator.integers(1, classes, len(wrong))) % classes
    return changed


@settings(max_examples=25, deadline=None)
@given(share=st.sampled_from(SHARES), classes=st.integers(2, 8), seed=st.integers(0, 50))
def test_flipping_labels_of_an_easy_task_raises_the_estimate_by_as_much(share, classes, seed):
    vectors, labels = clusters(400, classes, seed)
    clean = label_noise(vectors, labels)
    noisy = label_noise(vectors, flipped(labels, share, seed))
    assert clean < 0.02
    assert noisy - clean == pytest.approx(share, abs=0.065)


@settings(max_examples=15, deadline=None)
@given(classes=st.integers(2, 8), seed=st.integers(0, 50))
def test_labels_that_have_nothing_to_do_with_the_texts_do_not_read_as_noise(classes, seed):
    vectors, _ = clusters(400, classes, seed)
    labels = np.random.default_rng(seed).integers(classes, size=400)
    assert label_noise(vectors, labels) < 0.1


def test_exchanged_labels_of_real_sentences_are_found():
    rows = sentences(240)
    vectors = embed_texts([row.text for row in rows])
    names = sorted({row.target for row in rows})

    def estimate(share: float) -> float:
        return label_noise(vectors, np.array([names.index(row.target) for row in mislabelled(rows, share)]))

    found = [estimate(share) for share in (0.0, *SHARES)]
    assert found[0] < 0.02
    assert found[1:] == pytest.approx(SHARES, abs=0.05)


def test_one_class_and_few_rows_have_no_noise_to_speak_of():
    vectors, labels = clusters(400, 3, 0)
    assert label_noise(vectors, np.zeros(400, dtype=np.int64)) == 0.0
    assert label_noise(vectors[:15], labels[:15]) == 0.0
