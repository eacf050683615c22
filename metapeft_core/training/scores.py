"""Accuracy, macro-F1 and ROUGE-L. Knows predictions and references, no model."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

WORD = re.compile(r"[a-z0-9]+")


def accuracy(predicted: npt.NDArray[np.int64], truth: npt.NDArray[np.int64]) -> float:
    """Share of rows whose label is right."""
    return float(np.mean(predicted == truth))


def macro_f1(predicted: npt.NDArray[np.int64], truth: npt.NDArray[np.int64]) -> float:
    """F1 of every class that occurs in either, averaged without weights."""
    scores = []
    for label in np.union1d(predicted, truth):
        hit = int(np.sum((predicted == label) & (truth == label)))
        scores.append(2 * hit / (int(np.sum(predicted == label)) + int(np.sum(truth == label))))
    return float(np.mean(scores))


def rouge_l(written: Sequence[str], wanted: Sequence[str]) -> float:
    """F-measure of the longest common subsequence of words, averaged over the rows.

    Words are found as Google's rouge-score finds them (lower case, letters and digits) where the text has any;
    scripts without such words are compared character by character.
    """
    return float(np.mean([_rouge_of_one(w, t) for w, t in zip(written, wanted, strict=True)])) if written else 0.0


def _rouge_of_one(written: str, wanted: str) -> float:
    left, right = _words(written, wanted)
    common = _longest_common(left, right)
    return 2 * common / (len(left) + len(right)) if common else 0.0


def _words(written: str, wanted: str) -> tuple[list[str], list[str]]:
    right = WORD.findall(wanted.lower())
    if right:
        return WORD.findall(written.lower()), right
    return [c for c in written if not c.isspace()], [c for c in wanted if not c.isspace()]


def _longest_common(left: Sequence[str], right: Sequence[str]) -> int:
    row = [0] * (len(right) + 1)
    for a in left:
        diagonal = 0
        for j, b in enumerate(right, start=1):
            diagonal, row[j] = row[j], diagonal + 1 if a == b else max(row[j], row[j - 1])
    return row[-1]
