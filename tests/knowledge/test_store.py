"""The store keeps what it is given, as it was given, and says what it cannot do."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import experience, memory, unit_vector

from knowledge.plain import from_json, to_json
from knowledge.records import Filter, Remembered
from knowledge.schema import MIGRATIONS
from knowledge.store import ExperienceStore
from metapeft_core.errors import StoreError
from metapeft_core.types import CurvePoint, PEFTMethod


@pytest.fixture
def store(tmp_path: Path):
    with ExperienceStore(tmp_path / "experiences.sqlite") as opened:
        yield opened


def test_an_experience_comes_back_as_it_was_given(store: ExperienceStore):
    given_ = memory(3)
    assert store.add(given_) == 1
    found = store.get(given_.experience.id)
    assert found.experience == given_.experience
    assert found.vector.tobytes() == given_.vector.tobytes()
    assert isinstance(found.experience.hyperparameters["targets"], tuple)
    assert found.experience.hyperparameters["dora"] is False


NUMBERS = st.floats(allow_nan=False) | st.integers(-(2**40), 2**40)
SETTINGS = st.text(max_size=20) | NUMBERS | st.booleans() | st.none() | st.lists(st.text(max_size=5)).map(tuple)


@settings(max_examples=150, deadline=None)
@given(
    hyperparameters=st.dictionaries(st.text(max_size=10), SETTINGS, max_size=5),
    performance=st.dictionaries(st.text(max_size=10), st.floats(allow_nan=False), max_size=4),
    words=st.text(max_size=30),
)
def test_json_loses_nothing_of_any_experience(hyperparameters, performance, words):
    told = experience(1, hyperparameters=hyperparameters, performance=performance, failure=words, task=words)
    found = from_json(to_json(told))
    assert found == told
    for name, value in hyperparameters.items():
        assert type(found.hyperparameters[name]) is type(value)


def test_a_loss_that_is_no_number_stays_none():
    told = experience(1, curve=(CurvePoint(1, 0.1, math.nan, -math.inf, {}),))
    point = from_json(to_json(told)).curve[0]
    assert math.isnan(point.train_loss)
    assert point.valid_loss == -math.inf


def test_what_is_there_twice_is_kept_once_and_the_first_stays(store: ExperienceStore):
    store.add(memory(3))
    assert store.add(memory(3, task="another"), memory(4)) == 1
    assert store.count() == 2
    assert store.get(memory(3).experience.id).experience.task == "task-0"


def test_several_are_kept_together_or_not_at_all(store: ExperienceStore):
    bad = memory(2, provenance="invented")
    with pytest.raises(StoreError, match="cannot be written"):
        store.add(memory(1), bad)
    assert store.count() == 0
    assert store.add(memory(1)) == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE experiences SET task = 'x'", "DELETE FROM experiences", "DELETE FROM vectors"]
)
def test_nothing_is_changed_or_removed_even_by_hand(store: ExperienceStore, statement: str):
    store.add(memory(1))
    with sqlite3.connect(store.path) as by_hand, pytest.raises(sqlite3.IntegrityError, match="only ever added"):
        by_hand.execute(statement)
    assert store.count() == 1


def test_filters_choose_by_every_property(store: ExperienceStore):
    store.add(*(memory(n) for n in range(200)))
    every = [found.experience for _, found in store.select()]
    assert len(every) == 200
    for wanted, holds in [
        (Filter(method=PEFTMethod.LORA), lambda e: e.method == "lora"),
        (Filter(task_type="topic", language="de"), lambda e: e.characteristics.task_type == "topic"),
        (Filter(parameters_at_most=20_000_000), lambda e: e.backbone.name == "minilm:3"),
        (Filter(parameters_at_least=20_000_000), lambda e: e.backbone.name == "minilm"),
        (Filter(family="family-1", outcome="completed"), lambda e: e.family == "family-1"),
        (Filter(provenance="published"), lambda e: False),
    ]:
        found = {memory.experience.id for _, memory in store.select(wanted)}
        meant = {e.id for e in every if holds(e)}
        if wanted.language:
            meant = {e.id for e in every if e.id in meant and e.characteristics.language == wanted.language}
        assert found == meant
        assert store.count(wanted) == len(meant)


def test_an_id_is_found_by_its_beginning_when_that_is_enough(store: ExperienceStore):
    store.add(memory(1, id="abcd1234-0001"), memory(2, id="abcd9999-0002"), memory(3, id="abcd"))
    assert store.get("abcd1").experience.method == memory(1).experience.method
    assert store.get("abcd").experience.id == "abcd"
    with pytest.raises(StoreError, match="several experiences begin with 'abc'"):
        store.get("abc")
    for unknown in ("zzz", "", "%"):
        with pytest.raises(StoreError, match="no experience begins with"):
            store.get(unknown)


def test_a_task_of_which_nothing_is_told_is_a_family_of_its_own(store: ExperienceStore):
    store.add(memory(1, family="", characteristics=None, stated={"task_type": "math_reasoning"}))
    assert store.count(Filter(family="task-0", task_type="math_reasoning", language="unknown")) == 1


def test_rows_seen_before_need_not_be_described_again(store: ExperienceStore):
    store.add(memory(1), memory(21, rows=""))
    found = store.of_rows("rows-0")
    assert found is not None
    assert found.experience.id == memory(1).experience.id
    assert store.of_rows("rows-77") is None
    assert store.of_rows("") is None


def test_a_vector_of_another_width_or_length_is_refused():
    for vector in (np.ones(3, dtype=np.float32), 2 * unit_vector(1)):
        with pytest.raises(StoreError, match="384 numbers of length 1"):
            Remembered(experience(1), vector)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path):
    path = tmp_path / "notes.txt"
    path.write_text("my notes " * 1000)
    with pytest.raises(StoreError, match=r"notes\.txt cannot be opened .*no SQLite file"):
        ExperienceStore(path)
    assert path.read_text().startswith("my notes")


def test_the_database_of_another_program_is_left_alone(tmp_path: Path):
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE experiences (id TEXT)")
    with pytest.raises(StoreError, match="holds other tables"):
        ExperienceStore(path)


def test_the_store_of_a_newer_advisor_is_left_alone(store: ExperienceStore):
    store.add(memory(1))
    with sqlite3.connect(store.path) as newer:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StoreError, match=r"written by a newer advisor .*pip install --upgrade"):
        ExperienceStore(store.path)


def test_a_migration_happens_whole_or_not_at_all(store: ExperienceStore, monkeypatch):
    store.add(memory(1))

    def add_column(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE experiences ADD COLUMN note TEXT NOT NULL DEFAULT ''")

    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (x)")
        raise sqlite3.OperationalError("interrupted")

    import knowledge.schema

    monkeypatch.setattr(knowledge.schema, "MIGRATIONS", (*MIGRATIONS, add_column, fail))
    with pytest.raises(StoreError, match="interrupted"):
        ExperienceStore(store.path)
    monkeypatch.setattr(knowledge.schema, "MIGRATIONS", (*MIGRATIONS, add_column))
    with ExperienceStore(store.path) as migrated:
        assert migrated.add(memory(2)) == 1
        assert migrated.count() == 2
    with sqlite3.connect(store.path) as by_hand:
        assert by_hand.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS) + 1
        assert not by_hand.execute("SELECT name FROM sqlite_master WHERE name = 'half'").fetchall()


def test_every_store_has_an_identity_of_its_own(tmp_path: Path):
    with ExperienceStore(tmp_path / "a.sqlite") as a, ExperienceStore(tmp_path / "b.sqlite") as b:
        assert a.identity != b.identity
    with ExperienceStore(tmp_path / "a.sqlite") as again:
        assert again.identity == a_identity(tmp_path)


def a_identity(folder: Path) -> str:
    with sqlite3.connect(folder / "a.sqlite") as by_hand:
        return by_hand.execute("SELECT value FROM store WHERE name = 'identity'").fetchone()[0]


def test_a_page_of_rubbish_is_found_by_the_check(store: ExperienceStore):
    store.add(*(memory(n) for n in range(200)))
    store.check()
    store.close()
    content = bytearray(store.path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4096] = b"\x55" * 4096
    store.path.write_bytes(bytes(content))
    with pytest.raises(StoreError, match="damaged"), ExperienceStore(store.path) as opened:
        opened.check()
