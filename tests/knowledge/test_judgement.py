"""The judgement that ships is in step with the experiences that ship, and a user's own learns on from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from samples import unit_vector

from knowledge.base import KnowledgeBase
from knowledge.judgement import (
    AT_ONCE,
    SHIPPED,
    fresh,
    known_experiences,
    learn,
    open_judgement,
    own_folder,
    runs_of,
    teaches,
)
from knowledge.records import Remembered
from knowledge.shipped import read_shipped
from metapeft_core.errors import SelectionError
from metapeft_core.types import PEFTExperience

SHIP = [memory.experience for memory in read_shipped()]
MEASURED = [one for one in SHIP if one.provenance == "measured"]


@pytest.fixture(scope="module")
def supplied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has what ships."""
    place = tmp_path_factory.mktemp("supplied") / "experiences.sqlite"
    KnowledgeBase(place).close()
    return place


@pytest.fixture
def base(supplied: Path, tmp_path: Path) -> Iterator[KnowledgeBase]:
    shutil.copy(supplied, tmp_path / "experiences.sqlite")
    with KnowledgeBase(tmp_path / "experiences.sqlite") as known:
        yield known


def new_runs(count: int, **changes: object) -> list[PEFTExperience]:
    """Runs like those that ship, with other seeds."""
    good = [one for one in MEASURED if teaches(one) and "accuracy" in one.performance]
    return [replace(one, id=f"new-{n}", seed=1000 + n, **changes) for n, one in enumerate(good[:count])]


def keep(base: KnowledgeBase, runs: list[PEFTExperience]) -> None:
    assert base.remember([Remembered(run, unit_vector(n)) for n, run in enumerate(runs)]) == len(runs)


def test_the_judgement_that_ships_was_learned_from_the_runs_that_ship():
    # Fails when experiences were added: then the judgement has to be learned anew before they ship.
    assert runs_of(SHIPPED) == {one.id for one in SHIP if teaches(one)}


def test_with_nothing_new_the_one_that_ships_is_opened_and_nothing_is_written(base):
    found = open_judgement(base)
    assert found.behind == 0
    assert {run.id for run in found.system.buffer} == runs_of(SHIPPED)
    assert not own_folder(base).exists()


def test_published_figures_are_known_without_being_learned(base):
    found = open_judgement(base)
    assert {one.id for one in found.system.figures} == {one.id for one in SHIP if one.provenance == "published"}
    assert fresh(found.system, known_experiences(base)) == []


def test_a_few_new_runs_are_learned_at_once_and_kept(base):
    runs = new_runs(AT_ONCE)
    keep(base, runs)
    found = open_judgement(base)
    ids = {run.id for run in runs}
    assert found.behind == 0
    assert ids <= {run.id for run in found.system.buffer}
    assert runs_of(own_folder(base)) == runs_of(SHIPPED) | ids
    again = open_judgement(base)
    assert again.behind == 0
    assert {run.id for run in again.system.buffer} == {run.id for run in found.system.buffer}


def test_many_new_runs_are_counted_and_wait(base):
    keep(base, new_runs(AT_ONCE + 1))
    found = open_judgement(base)
    assert found.behind == AT_ONCE + 1
    assert {run.id for run in found.system.buffer} == runs_of(SHIPPED)
    assert not own_folder(base).exists()


def test_learning_goes_on_from_what_was_learned_before(base):
    first, second, *others = new_runs(AT_ONCE + 2)
    keep(base, [first])
    system = open_judgement(base).system
    keep_later = [second, *others]
    assert base.remember([Remembered(run, unit_vector(1)) for run in keep_later]) == len(keep_later)
    # The user's own knows one more than the one that ships.
    assert open_judgement(base).behind == len(keep_later)
    surprises = learn(base, system, keep_later)
    assert len(surprises) == len(keep_later)
    assert all(surprise > 0 for surprise in surprises)
    assert open_judgement(base).behind == 0


@pytest.mark.parametrize("harm", ["cut", "emptied", "no folder", "another store's"])
def test_a_damaged_judgement_gives_way_to_the_one_that_ships(base, harm: str):
    folder = own_folder(base)
    shutil.copytree(SHIPPED, folder)
    text = (folder / "learned.json").read_text()
    if harm == "cut":
        (folder / "learned.json").write_text(text[: len(text) // 2])
    if harm == "emptied":
        (folder / "learned.safetensors").write_bytes(b"")
    if harm == "no folder":
        shutil.rmtree(folder)
        folder.write_text("a file where a folder should be")
    if harm == "another store's":
        (folder / "learned.json").write_text(text.replace(MEASURED[0].id, "gone"))
    found = open_judgement(base)
    assert found.behind == 0
    assert {run.id for run in found.system.buffer} == runs_of(SHIPPED)
    if harm == "cut":
        with pytest.raises(SelectionError, match="learn anew"):
            runs_of(folder)
        keep(base, new_runs(1))
        assert open_judgement(base).behind == 0
        assert runs_of(folder) > runs_of(SHIPPED)


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "diverged", "performance": {}, "failure": "the loss grew without limit"},
        {"characteristics": None},
        {"performance": {"loss": 0.5}},
        {"provenance": "published"},
    ],
    ids=["failed", "not described", "not judged", "a figure"],
)
def test_what_teaches_nothing_is_not_waited_for(base, changes):
    runs = new_runs(AT_ONCE + 1, **changes)
    assert not any(teaches(run) for run in runs)
    keep(base, runs)
    assert open_judgement(base).behind == 0
    assert not own_folder(base).exists()


def test_a_users_own_outcome_teaches_as_a_measured_run_does():
    assert all(teaches(run) for run in new_runs(2, provenance="user"))


def test_each_store_has_a_judgement_of_its_own(base):
    other = base.store.path.with_name("other.sqlite")
    with KnowledgeBase(other) as second:
        assert own_folder(second) != own_folder(base)
        assert own_folder(second).parent == other.parent
