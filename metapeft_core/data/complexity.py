"""How hard a task is, from 0 to 1. Knows texts, vectors and labels of training rows; no model is fine-tuned for it."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from metapeft_core.data.words import type_token_ratio, words

FOLDS = 5
PENALTY = 1.0
GRAM_BUCKETS = 2048
CHARACTERS = 1500
CLASSES_WEIGHT = 0.1
MOST_CLASSES = 64
LONG_TARGET = 256

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def classification_complexity(
    texts: Sequence[str], vectors: npt.NDArray[np.float32], labels: Integers, seed: int = 0
) -> float:
    """0.9 x error left by a simple probe + 0.1 x log2(classes) / log2(64).

    The probe is kernel ridge regression on sentence vectors and hashed word and character n-grams together, judged by
    five-fold cross-validation. Its error is divided by the error of always guessing the largest class, and cut at 1:
    0 is a task that the probe solves, 1 one where it does no better than guessing. Length, imbalance and noise are
    not added: what they do to a task is already in that error.
    """
    classes = int(labels.max(initial=0)) + 1
    if classes < 2:
        return 0.0
    majority = float(np.bincount(labels).max()) / len(labels)
    error = 1.0 - _probe_accuracy(_kernel(texts, vectors), labels, classes, seed)
    left = min(1.0, error / max(1.0 - majority, 1.0 / len(labels)))
    many = min(1.0, math.log2(classes) / math.log2(MOST_CLASSES))
    return (1 - CLASSES_WEIGHT) * left + CLASSES_WEIGHT * many


def generation_complexity(prompts: Sequence[str], targets: Sequence[str], target_tokens: float) -> float:
    """0.5 x novelty + 0.3 x length + 0.2 x variety of the targets.

    Novelty is the mean share of a target's words that its prompt does not hold: copying is easy. Length is the
    logarithm of the mean target length in tokens over that of 256. Variety is the windowed type-token ratio: fixed
    phrases are easy. These weights are a judgement; no measured runs stand behind them yet.
    """
    novelty = [_novelty(prompt, target) for prompt, target in zip(prompts, targets, strict=True)]
    length = min(1.0, math.log2(1 + target_tokens) / math.log2(1 + LONG_TARGET))
    return 0.5 * float(np.mean(novelty)) + 0.3 * length + 0.2 * type_token_ratio(targets)


def _novelty(prompt: str, target: str) -> float:
    said = words(target)
    known = set(words(prompt))
    return sum(word not in known for word in said) / len(said) if said else 0.0


def _probe_accuracy(kernel: Floats, labels: Integers, classes: int, seed: int) -> float:
    folds = _folds(labels, classes, seed)
    wanted = np.eye(classes)[labels]
    right = 0
    for fold in range(FOLDS):
        held = folds == fold
        if not held.any() or held.all():
            continue
        known = ~held
        mean = wanted[known].mean(axis=0)
        weights = np.linalg.solve(
            kernel[np.ix_(known, known)] + PENALTY * np.eye(int(known.sum())), wanted[known] - mean
        )
        answers = (mean + kernel[np.ix_(held, known)] @ weights).argmax(axis=1)
        right += int((answers == labels[held]).sum())
    return right / len(labels)


def _folds(labels: Integers, classes: int, seed: int) -> Integers:
    """Folds in which every class has its share; a class starts at a random fold, so that small ones spread out."""
    generator = np.random.default_rng(seed)
    folds = np.zeros(len(labels), dtype=np.int64)
    for label in range(classes):
        members = generator.permutation(np.flatnonzero(labels == label))
        folds[members] = (np.arange(len(members)) + generator.integers(FOLDS)) % FOLDS
    return folds


def _kernel(texts: Sequence[str], vectors: npt.NDArray[np.float32]) -> Floats:
    meaning = vectors.astype(np.float64)
    wording = _hashed_grams(texts)
    return (_centred(meaning @ meaning.T) + _centred(wording @ wording.T)) / 2


def _centred(kernel: Floats) -> Floats:
    """Centred, and scaled to a mean diagonal of 1, so that two kernels weigh the same."""
    centred = kernel - kernel.mean(axis=0) - kernel.mean(axis=1)[:, None] + kernel.mean()
    return np.asarray(centred / max(float(np.trace(centred)) / len(centred), 1e-12))


def _hashed_grams(texts: Sequence[str]) -> Floats:
    """Words, pairs of words and three letters running, counted in hashed buckets and weighed down where common."""
    counts = np.zeros((len(texts), GRAM_BUCKETS))
    for row, text in zip(counts, texts, strict=True):
        for gram in _grams(text[:CHARACTERS].casefold()):
            # crc32 rather than hash(): Python's own is salted anew in every process.
            row[zlib.crc32(gram.encode("utf-8", "surrogatepass")) % GRAM_BUCKETS] += 1
    weighed = np.log1p(counts) * np.log1p(len(texts) / (1 + (counts > 0).sum(axis=0)))
    return np.asarray(weighed / np.maximum(np.linalg.norm(weighed, axis=1, keepdims=True), 1e-12))


def _grams(text: str) -> list[str]:
    single = words(text)
    pairs = [f"{first} {second}" for first, second in pairwise(single)]
    letters = f" {' '.join(text.split())} "
    return [*single, *pairs, *(letters[i : i + 3] for i in range(len(letters) - 2))]
