"""The Task2Vec vectors that ship, by the digest of the rows they were made from. Knows no text and makes no vector.

They lie beside the shipped experiences, whose `rows` are the same digests: what was measured on some rows and what
those rows ask of a frozen encoder are found by one key. `python -m benchmarks.task2vec` makes the file.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from knowledge.records import Vector
from knowledge.shipped import FOLDER
from metapeft_core.errors import StoreError
from metapeft_core.files import replaced_file

FILE = FOLDER / "task2vec.npz"
PARTS = ("made_with", "rows", "vectors")


def read_task_vectors(path: Path = FILE, made_with: str | None = None) -> Mapping[str, Vector]:
    """Vectors of length 1 by rows digest. Where `made_with` is given, those of another embedding are refused."""
    try:
        with np.load(path, allow_pickle=False) as file:
            said, rows, vectors = (file[part] for part in PARTS)
    except FileNotFoundError as fault:
        raise StoreError(f"{path} is not here: make it with `python -m benchmarks.task2vec FOLDER`") from fault
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as fault:
        raise StoreError(
            f"{path} holds no task vectors ({fault}): put the shipped file back, or make it anew"
        ) from fault
    if made_with is not None and str(said) != made_with:
        raise StoreError(f"{path} was made with {said}, and the vectors asked for are of {made_with}: make it anew")
    if vectors.ndim != 2 or len(rows) != len(vectors) or not np.isfinite(vectors).all():
        raise StoreError(f"{path} holds {len(rows)} digests and an array {vectors.shape}: put the shipped file back")
    whole = vectors.astype(np.float32)
    whole /= np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-12)
    return MappingProxyType(dict(zip(map(str, rows.tolist()), whole, strict=True)))


def write_task_vectors(vectors: Mapping[str, Vector], made_with: str, path: Path = FILE) -> None:
    """Write them in half precision, ordered by digest: the same vectors make the same file."""
    if not vectors:
        raise StoreError(f"there are no task vectors to write to {path}: give at least one")
    rows = sorted(vectors)
    table = np.stack([vectors[row] for row in rows]).astype(np.float16)
    with replaced_file(path) as fresh, fresh.open("wb") as file:
        np.savez_compressed(file, made_with=np.array(made_with), rows=np.array(rows), vectors=table)
