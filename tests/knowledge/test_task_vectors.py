"""Task vectors come back from their file as they were, and no other file is taken for one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.shipped import read_shipped, shipped_files
from knowledge.task_vectors import FILE, read_task_vectors, write_task_vectors
from metapeft_core.errors import StoreError


def some(count: int = 5, seed: int = 0):
    table = np.random.default_rng(seed).normal(size=(count, 12)).astype(np.float32)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    return {f"{n:032x}": row for n, row in enumerate(table)}


def test_what_was_written_is_read(tmp_path: Path):
    vectors = some()
    write_task_vectors(vectors, "some embedding", tmp_path / "v.npz")
    found = read_task_vectors(tmp_path / "v.npz", "some embedding")
    assert list(found) == sorted(vectors)
    for digest, vector in vectors.items():
        assert found[digest].dtype == np.float32
        assert found[digest] == pytest.approx(vector, abs=1e-3)
        assert np.linalg.norm(found[digest]) == pytest.approx(1, abs=1e-6)


def test_the_same_vectors_make_the_same_file_whatever_their_order(tmp_path: Path):
    vectors = some()
    write_task_vectors(vectors, "x", tmp_path / "a.npz")
    write_task_vectors(dict(reversed(vectors.items())), "x", tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_vectors_of_another_embedding_are_refused(tmp_path: Path):
    write_task_vectors(some(), "an older one", tmp_path / "v.npz")
    with pytest.raises(StoreError, match="an older one"):
        read_task_vectors(tmp_path / "v.npz", "the one of today")


def test_what_was_read_cannot_be_changed(tmp_path: Path):
    write_task_vectors(some(), "x", tmp_path / "v.npz")
    with pytest.raises(TypeError):
        read_task_vectors(tmp_path / "v.npz")["new"] = np.zeros(12)  # type: ignore[index]


def test_a_file_that_is_not_there_is_told():
    with pytest.raises(StoreError, match="not here"):
        read_task_vectors(Path("/nowhere/task2vec.npz"))


@pytest.mark.parametrize("damage", ["empty", "text", "half", "other arrays", "not numbers", "too few"])
def test_a_damaged_file_is_told(tmp_path: Path, damage: str):
    path = tmp_path / "v.npz"
    write_task_vectors(some(), "x", path)
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "text":
        path.write_text("no archive at all")
    elif damage == "half":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif damage == "other arrays":
        np.savez(path, other=np.zeros(3))
    else:
        table = np.full((2, 3), np.nan) if damage == "not numbers" else np.zeros((1, 3))
        np.savez(path, made_with=np.array("x"), rows=np.array(["a", "b"]), vectors=table)
    with pytest.raises(StoreError, match=r"v\.npz"):
        read_task_vectors(path)


def test_nothing_cannot_be_written(tmp_path: Path):
    with pytest.raises(StoreError, match="no task vectors"):
        write_task_vectors({}, "x", tmp_path / "v.npz")


def test_every_measured_experience_that_ships_has_its_vector():
    vectors = read_task_vectors()
    rows = {memory.experience.rows for memory in read_shipped() if memory.experience.provenance == "measured"}
    assert rows
    assert rows <= vectors.keys()


def test_the_file_that_ships_is_no_file_of_experiences():
    assert FILE.is_file()
    assert FILE not in shipped_files()
