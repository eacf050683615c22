"""The index finds what is near, keeps up with the store, and comes back whatever is done to its folder."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from samples import lonely_memory, memory, unit_vector

from knowledge import index as index_module
from knowledge.image import CURRENT, read_image
from knowledge.index import TaskIndex
from knowledge.records import Filter, Remembered, Vector
from knowledge.store import ExperienceStore
from metapeft_core.types import PEFTMethod

COUNT = 400


@pytest.fixture
def store(tmp_path: Path):
    with ExperienceStore(tmp_path / "experiences.sqlite") as opened:
        opened.add(*(memory(n) for n in range(COUNT)))
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def near(number: int) -> Vector:
    """Close to a task's vector, and not the same."""
    mixed = unit_vector(number) + 0.5 * unit_vector(10_000 + number)
    return mixed / np.float32(np.linalg.norm(mixed))


def top_ten(store: ExperienceStore, folder: Path, wanted: Filter | None = None) -> list[tuple[str, float]]:
    with TaskIndex(store, folder) as index:
        found = index.nearest(near(3), 10, wanted or Filter())
    return [(neighbour.memory.experience.id, round(neighbour.similarity, 5)) for neighbour in found]


def by_hand(store: ExperienceStore, vector: Vector, count: int, wanted: Filter) -> list[str]:
    found = store.select(wanted)
    alike = [(-float(memory.vector @ vector), place, memory.experience.id) for place, memory in found]
    return [id_ for *_, id_ in sorted(alike, key=lambda entry: (round(entry[0], 5), entry[1]))[:count]]


FILTERS = [
    Filter(),
    Filter(method=PEFTMethod.LORA),
    Filter(method=PEFTMethod.P_TUNING, language="sl", parameters_at_least=20_000_000),
    Filter(task_type="nli", parameters_at_most=20_000_000),
    Filter(task="task-19"),
    Filter(provenance="published"),
    Filter(outcome="completed", backbone="minilm"),
]


@pytest.mark.parametrize("wanted", FILTERS, ids=lambda wanted: "-".join(map(str, wanted.given().values())) or "all")
@pytest.mark.parametrize("count", [1, 10, 75, COUNT])
@pytest.mark.parametrize(("few", "rare"), [(4096, 0.1), (0, 0.0), (0, 2.0)], ids=["each", "near", "chroma"])
def test_it_finds_what_comparing_all_vectors_finds(store, folder, wanted, count: int, few, rare, monkeypatch):
    monkeypatch.setattr(index_module, "FEW", few)
    monkeypatch.setattr(index_module, "RARE", rare)
    with TaskIndex(store, folder) as index:
        found = [neighbour.memory.experience.id for neighbour in index.nearest(near(3), count, wanted)]
    assert found == by_hand(store, near(3), count, wanted)


def test_similarity_is_the_cosine(store, folder):
    with TaskIndex(store, folder) as index:
        for neighbour in index.nearest(near(3), COUNT):
            assert neighbour.similarity == pytest.approx(float(neighbour.memory.vector @ near(3)), abs=1e-5)


def test_an_empty_store_has_no_neighbours(tmp_path: Path):
    with ExperienceStore(tmp_path / "empty.sqlite") as empty, TaskIndex(empty, tmp_path / "index") as index:
        assert index.nearest(unit_vector(1), 10) == []
        empty.add(memory(1))
        assert len(index.nearest(unit_vector(1), 10)) == 1
        assert index.nearest(unit_vector(1), 0) == []


def test_it_catches_up_with_what_came_since_new_tasks_and_old_ones(store, folder):
    with TaskIndex(store, folder) as index:
        assert index.nearest(unit_vector(500), 1)[0].similarity < 0.5
        store.add(
            lonely_memory(500), memory(3, id="new-1", method=PEFTMethod.LORA, backbone=memory(2).experience.backbone)
        )
        assert index.nearest(unit_vector(500), 1)[0].memory.experience.task == "task-500"
        found = index.nearest(unit_vector(0), COUNT, Filter(task="task-0", method=PEFTMethod.LORA))
        assert "new-1" in {neighbour.memory.experience.id for neighbour in found}
    # Another process finds the published index as new as this one left it.
    image = read_image(folder)
    assert image is not None
    assert image.facts["last"] == store.last()


def test_a_new_property_of_an_old_task_is_filtered_by(store, folder):
    wanted = Filter(method=PEFTMethod.LORA, language="xx")
    with TaskIndex(store, folder) as index:
        assert index.nearest(unit_vector(0), 3, wanted) == []
        changed = memory(7, id="other", method=PEFTMethod.LORA, characteristics=None, stated={"language": "xx"})
        store.add(Remembered(changed.experience, unit_vector(19)))
        assert [n.memory.experience.id for n in index.nearest(unit_vector(0), 3, wanted)] == ["other"]


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")


def delete_everything(folder: Path) -> None:
    shutil.rmtree(folder)


def delete_the_image(folder: Path) -> None:
    shutil.rmtree(next(folder.glob("image-*")))


def truncate_each(folder: Path) -> None:
    for path in files_of(folder):
        with path.open("r+b") as opened:
            opened.truncate(path.stat().st_size // 2)


def empty_each(folder: Path) -> None:
    for path in files_of(folder):
        path.write_bytes(b"")


def fill_with_random_bytes(folder: Path) -> None:
    for path in files_of(folder):
        path.write_bytes(random.Random(0).randbytes(path.stat().st_size))


def flip_one_byte_of_the_graph(folder: Path) -> None:
    path = max(files_of(folder), key=lambda path: path.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


def put_a_file_where_the_image_was(folder: Path) -> None:
    image = next(folder.glob("image-*"))
    shutil.rmtree(image)
    image.write_text("not a folder")


def point_out_of_the_folder(folder: Path) -> None:
    (folder / CURRENT).write_text('{"folder": "../../..", "files": {}, "facts": {}}')


DAMAGES = [
    delete_everything,
    delete_the_image,
    truncate_each,
    empty_each,
    fill_with_random_bytes,
    flip_one_byte_of_the_graph,
    put_a_file_where_the_image_was,
    point_out_of_the_folder,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_folder_is_rebuilt_and_the_same_ten_are_nearest(store, folder, damage: Callable[[Path], None]):
    before = [top_ten(store, folder, wanted) for wanted in FILTERS]
    damage(folder)
    assert read_image(folder) is None
    assert [top_ten(store, folder, wanted) for wanted in FILTERS] == before
    assert read_image(folder) is not None


def test_damage_done_while_it_is_open_does_not_disturb_it(store, folder):
    before = top_ten(store, folder)
    with TaskIndex(store, folder) as index:
        index.refresh()
        for image in folder.glob("image-*"):
            shutil.rmtree(image)
        found = index.nearest(near(3), 10)
    assert [(n.memory.experience.id, round(n.similarity, 5)) for n in found] == before


@pytest.mark.parametrize("number", range(12))
def test_any_single_damaged_file_is_noticed(store, folder, number: int):
    top_ten(store, folder)
    chance = random.Random(number)
    path = chance.choice(files_of(folder))
    content = bytearray(path.read_bytes()) or bytearray(b"x")
    place = chance.randrange(len(content))
    content[place : place + 512] = chance.randbytes(len(content[place : place + 512]))
    path.write_bytes(bytes(content))
    before = by_hand(store, near(3), 10, Filter())
    assert [id_ for id_, _ in top_ten(store, folder)] == before


def test_the_index_of_another_store_is_not_believed(store, folder, tmp_path: Path):
    top_ten(store, folder)
    with ExperienceStore(tmp_path / "other.sqlite") as other:
        other.add(*(lonely_memory(n) for n in range(1000, 1000 + COUNT)))
        with TaskIndex(other, folder) as index:
            assert index.nearest(unit_vector(1005), 1)[0].memory.experience.task == "task-1005"


def test_an_index_newer_than_its_store_is_not_believed(store, folder, tmp_path: Path):
    copy = tmp_path / "copy.sqlite"
    store._connection.execute(f"VACUUM INTO '{copy}'")
    store.add(lonely_memory(900))
    top_ten(store, folder)
    with ExperienceStore(copy) as restored:
        restored.add(lonely_memory(901))
        with TaskIndex(restored, folder) as index:
            assert index.nearest(unit_vector(901), 1)[0].memory.experience.task == "task-901"
            assert len(index.nearest(unit_vector(901), 2 * COUNT)) == COUNT + 1


def test_an_index_grown_step_by_step_answers_as_one_built_at_once(store, tmp_path: Path):
    with ExperienceStore(tmp_path / "slow.sqlite") as slow, TaskIndex(slow, tmp_path / "slow") as index:
        for start in range(0, COUNT, 50):
            slow.add(*(memory(n) for n in range(start, start + 50)))
            index.refresh()
        grown = [(n.memory.experience.id, round(n.similarity, 5)) for n in index.nearest(near(3), 10)]
    assert grown == top_ten(store, tmp_path / "fresh")


def test_while_another_process_keeps_the_lock_it_uses_an_index_of_its_own(store, folder, monkeypatch):
    monkeypatch.setattr(index_module, "LOCK_SECONDS", 0.1)
    folder.mkdir()
    with FileLock(folder / "lock"):
        assert [id_ for id_, _ in top_ten(store, folder)] == by_hand(store, near(3), 10, Filter())
        assert read_image(folder) is None


def test_rebuilding_is_possible_at_any_time(store, folder):
    with TaskIndex(store, folder) as index:
        assert index.rebuild() == COUNT // 20
        assert index.rebuild() == COUNT // 20
        assert len(index.nearest(near(3), 10)) == 10


def test_private_copies_go_with_their_process_or_with_the_next_opening(store, folder):
    with TaskIndex(store, folder) as index:
        index.refresh()
        assert len(list(folder.glob("open-*"))) == 1
    assert not list(folder.glob("open-*"))
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    (folder / f"open-{dead.stdout.strip()}-abc").mkdir()
    with TaskIndex(store, folder) as index:
        index.refresh()
        assert len(list(folder.glob("open-*"))) == 1


def test_a_damaged_index_of_thousands_is_rebuilt_to_the_same_answers(tmp_path: Path):
    with ExperienceStore(tmp_path / "large.sqlite") as large:
        large.add(*(lonely_memory(n) for n in range(4000)))
        folder = tmp_path / "index"
        before = top_ten(large, folder)
        fill_with_random_bytes(folder)
        assert top_ten(large, folder) == before
