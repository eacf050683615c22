"""Experiences in SQLite: the only truth, and only ever added to. Knows no vector search.

Every write is one transaction that is on the disk before `add` returns (WAL, synchronous=FULL), so that what was
acknowledged survives a kill and a power cut. Any number of processes may write; SQLite lines them up.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from knowledge.facets import LISTED
from knowledge.plain import from_json, to_json
from knowledge.records import (
    EVERYTHING,
    Filter,
    Remembered,
    Vector,
    domain_of,
    language_of,
    run_key_of,
    task_type_of,
)
from knowledge.schema import is_foreign, migrate
from metapeft_core.errors import StoreError
from metapeft_core.files import home
from metapeft_core.types import family_of

PATIENCE = 60.0
"""Seconds a writer waits for its turn."""
_COLUMNS = (
    "id, run_key, task, family, rows, task_type, domain, language, "
    "backbone, parameters, method, provenance, outcome, created, vector, record"
)
ADVICE = {
    "disk is full": "free some space and try again; what was stored before is safe",
    "disk I/O error": "the disk refused a write; what was stored before is safe, try again, or set PEFT_ADVISOR_HOME "
    "to a folder on another disk",
    "not a database": "it is no SQLite file; move it away and the shipped experiences are loaded into a new one",
    "malformed": "the file is damaged; restore it from a copy, or move it away and import an export",
    "locked": "another process has been writing for a minute; try again when it is done",
    "readonly": "the file may not be written; change its permissions or set PEFT_ADVISOR_HOME to a folder of yours",
}
_BOUNDS = {"parameters_at_least": "parameters >= ?", "parameters_at_most": "parameters <= ?"}


def store_path() -> Path:
    """Where the user's own store lies."""
    return home() / "experiences.sqlite"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an experience is, and which task vector is its."""

    sequence: int
    vector: str


class ExperienceStore:
    """All experiences, in the order in which they came."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._told("opened"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        try:
            with self._told("opened"):
                self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        if is_foreign(self._connection):
            raise StoreError(f"{self.path} is no store of experiences: it holds other tables; name another file")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        migrate(self._connection, self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @property
    def identity(self) -> str:
        """Drawn when the store was made: what was derived from it can tell it from another."""
        return str(self.note("identity"))

    def note(self, name: str) -> str | None:
        """What was written down under a name."""
        found = self._all("SELECT value FROM store WHERE name = ?", (name,))
        return str(found[0][0]) if found else None

    def write_note(self, name: str, value: str) -> None:
        """Write down a fact about the store as a whole; unlike experiences, notes can be replaced."""
        with self._told("written"):
            self._connection.execute("INSERT OR REPLACE INTO store VALUES (?, ?)", (name, value))

    def add(self, *memories: Remembered) -> int:
        """Keep them all or, when that fails, none; returns how many are new. An id that is known is left as it is."""
        with self._told("written"):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                added = sum(self._insert(memory) for memory in memories)
                self._connection.execute("COMMIT")
            except BaseException:
                self._rollback()
                raise
        return added

    def _insert(self, memory: Remembered) -> int:
        experience, vector = memory.experience, np.ascontiguousarray(memory.vector, dtype="<f4").tobytes()
        digest = hashlib.sha256(vector).hexdigest()[:32]
        self._connection.execute("INSERT OR IGNORE INTO vectors VALUES (?, ?)", (digest, vector))
        values = (
            *(experience.id, run_key_of(experience), experience.task, family_of(experience), experience.rows),
            *(task_type_of(experience), domain_of(experience), language_of(experience)),
            *(experience.backbone.name, experience.backbone.parameters, str(experience.method)),
            *(experience.provenance, experience.outcome, experience.created, digest, to_json(experience)),
        )
        marks = ", ".join("?" * len(values))
        # Only a known id is passed over; any other constraint that fails is a fault to be told.
        statement = f"INSERT INTO experiences ({_COLUMNS}) VALUES ({marks}) ON CONFLICT (id) DO NOTHING"
        return self._connection.execute(statement, values).rowcount

    def _rollback(self) -> None:
        # A full disk makes SQLite roll back by itself, and a second time is an error.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def select(
        self, wanted: Filter = EVERYTHING, *, limit: int = -1, newest_first: bool = False
    ) -> list[tuple[int, Remembered]]:
        """Experiences with their place in the sequence."""
        condition, values = _condition(wanted)
        order = "DESC" if newest_first else "ASC"
        return self._memories(f"WHERE {condition} ORDER BY sequence {order} LIMIT ?", (*values, limit))

    def get(self, start: str) -> Remembered:
        """The experience whose id is, or begins with, `start`."""
        found = self._memories(
            "WHERE id >= ?1 AND substr(id, 1, length(?1)) = ?1 ORDER BY length(id) LIMIT 2", (start,)
        )
        if not found or not start:
            raise StoreError(f"no experience begins with {start!r}: `advisor experiences list` shows their ids")
        if len(found) > 1 and found[0][1].experience.id != start:
            raise StoreError(f"several experiences begin with {start!r}: give more of the id")
        return found[0][1]

    def count(self, wanted: Filter = EVERYTHING) -> int:
        """How many there are."""
        condition, values = _condition(wanted)
        return int(self._one(f"SELECT count(*) FROM experiences e WHERE {condition}", values))

    def last(self) -> int:
        """The place of the newest experience in the sequence; 0 where there is none."""
        return int(self._one("SELECT coalesce(max(sequence), 0) FROM experiences"))

    def run_keys(self) -> set[str]:
        """The keys of all runs that are here, failed ones included."""
        return {row[0] for row in self._all("SELECT DISTINCT run_key FROM experiences")}

    def of_rows(self, rows: str) -> Remembered | None:
        """An experience on exactly these rows: its characteristics and vector need not be computed again."""
        found = self._memories("WHERE rows = ? AND rows <> '' LIMIT 1", (rows,))
        return found[0][1] if found else None

    def id_at(self, sequence: int) -> str | None:
        """The id of the experience at a place in the sequence."""
        found = self._all("SELECT id FROM experiences WHERE sequence = ?", (sequence,))
        return str(found[0][0]) if found else None

    def places(self, digests: Iterable[str], wanted: Filter = EVERYTHING) -> list[Place]:
        """Where the experiences with one of these task vectors are."""
        condition, values = _condition(wanted)
        rows = self._all(
            "SELECT sequence, e.vector FROM experiences e WHERE e.vector IN (SELECT value FROM json_each(?)) "
            f"AND {condition}",
            (json.dumps(list(digests)), *values),
        )
        return [Place(*row) for row in rows]

    def passing(self, wanted: Filter) -> list[str]:
        """The task vectors that have an experience that is wanted."""
        condition, values = _condition(wanted)
        rows = self._all(f"SELECT DISTINCT e.vector FROM experiences e WHERE {condition} ORDER BY e.vector", values)
        return [row[0] for row in rows]

    def at(self, sequences: Sequence[int]) -> list[Remembered]:
        """The experiences at these places, in the order asked for."""
        found = dict(
            self._memories("WHERE sequence IN (SELECT value FROM json_each(?))", (json.dumps(list(sequences)),))
        )
        return [found[sequence] for sequence in sequences]

    def vectors(self, digests: Iterable[str]) -> dict[str, Vector]:
        """Task vectors by their digests."""
        rows = self._all(
            "SELECT digest, vector FROM vectors WHERE digest IN (SELECT value FROM json_each(?))",
            (json.dumps(list(digests)),),
        )
        return {row[0]: _vector(row[1]) for row in rows}

    def facet_rows(self, after: int) -> dict[str, list[dict[str, Any]]]:
        """For every task vector with an experience after this place: what filters look at in all its experiences.

        Vectors come in the order in which they first came into the store.
        """
        rows = self._all(
            f"SELECT DISTINCT vector, parameters, {', '.join(LISTED)}, first FROM experiences "
            "JOIN (SELECT vector AS touched, min(sequence) AS first FROM experiences GROUP BY vector "
            "HAVING max(sequence) > ?) ON touched = vector ORDER BY first",
            (after,),
        )
        found: dict[str, list[dict[str, Any]]] = {}
        for digest, *values, _ in rows:
            found.setdefault(digest, []).append(dict(zip(("parameters", *LISTED), values, strict=True)))
        return found

    def check(self) -> None:
        """Read everything and say what is damaged."""
        found = [row[0] for row in self._all("PRAGMA integrity_check")]
        if found != ["ok"]:
            raise StoreError(f"{self.path} is damaged ({found[0]}): restore it from a copy, or import an export")

    def _memories(self, which: str, values: Iterable[object]) -> list[tuple[int, Remembered]]:
        """Whole experiences with their places; `which` is what follows the tables in SQL."""
        rows = self._all(
            f"SELECT sequence, record, v.vector FROM experiences e JOIN vectors v ON v.digest = e.vector {which}",
            values,
        )
        return [(sequence, Remembered(from_json(record), _vector(vector))) for sequence, record, vector in rows]

    def _one(self, statement: str, values: Iterable[object] = ()) -> Any:
        return self._all(statement, values)[0][0]

    def _all(self, statement: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        with self._told("read"):
            return self._connection.execute(statement, tuple(values)).fetchall()

    @contextmanager
    def _told(self, deed: str) -> Iterator[None]:
        """SQLite's faults in the user's words."""
        try:
            yield
        except (sqlite3.DatabaseError, OSError) as fault:
            raise StoreError(f"{self.path} cannot be {deed} ({fault}): {_advice(str(fault))}") from fault


def _advice(fault: str) -> str:
    for word, advice in ADVICE.items():
        if word in fault:
            return advice
    return "check that the folder can be written and that the disk has space"


def _vector(stored: bytes) -> Vector:
    return np.frombuffer(stored, dtype="<f4")


def _condition(wanted: Filter) -> tuple[str, list[str | int]]:
    given = wanted.given()
    parts = [_BOUNDS.get(name, f"e.{name} = ?") for name in given]
    return " AND ".join(parts) or "TRUE", list(given.values())
