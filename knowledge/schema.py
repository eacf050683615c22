"""The tables of the store and how older ones become newer ones. Knows SQL and nothing else."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable

from metapeft_core.errors import StoreError

APPLICATION = 0x50454654
"""Stands in the file's header ("PEFT"), so that another program's SQLite file is not taken for a store."""

_TABLES = """
CREATE TABLE store (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE vectors (digest TEXT PRIMARY KEY, vector BLOB NOT NULL) STRICT;
CREATE TABLE experiences (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    run_key TEXT NOT NULL,
    task TEXT NOT NULL,
    family TEXT NOT NULL,
    rows TEXT NOT NULL,
    task_type TEXT NOT NULL,
    domain TEXT NOT NULL,
    language TEXT NOT NULL,
    backbone TEXT NOT NULL,
    parameters INTEGER NOT NULL,
    method TEXT NOT NULL,
    provenance TEXT NOT NULL CHECK (provenance IN ('measured', 'published', 'user')),
    outcome TEXT NOT NULL,
    created TEXT NOT NULL,
    vector TEXT NOT NULL REFERENCES vectors (digest),
    record TEXT NOT NULL
) STRICT;
CREATE INDEX experiences_by_run ON experiences (run_key);
CREATE INDEX experiences_by_rows ON experiences (rows);
CREATE INDEX experiences_by_vector ON experiences (vector);
"""
_APPEND_ONLY = tuple(
    f"CREATE TRIGGER {table}_are_not_{word} BEFORE {verb} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, '{table} are only ever added'); END"
    for table in ("vectors", "experiences")
    for verb, word in (("UPDATE", "changed"), ("DELETE", "removed"))
)


def _first(connection: sqlite3.Connection) -> None:
    # One by one: executescript would commit the transaction that the migration is to happen in.
    for statement in (*_TABLES.split(";\n"), *_APPEND_ONLY):
        if statement.strip():
            connection.execute(statement)
    connection.execute("INSERT INTO store VALUES ('identity', ?)", (uuid.uuid4().hex,))


def _second(connection: sqlite3.Connection) -> None:
    """All that filters look at, in one place: without it a filter reads every record to its end."""
    connection.execute(
        "CREATE INDEX experiences_by_filter ON experiences (vector, method, provenance, parameters, task_type, "
        "language, domain, backbone, outcome, family, task)"
    )


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_first, _second)
"""The n-th makes version n + 1 of version n; what has been released is never edited, only followed by another."""


def migrate(connection: sqlite3.Connection, path: object) -> None:
    """Bring the tables to the newest version, in one transaction that either happens or does not."""
    version = _version(connection)
    if version == len(MIGRATIONS):
        return
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{path} was written by a newer advisor (format {version}, this one knows {len(MIGRATIONS)}): "
            "upgrade with pip install --upgrade peft-advisor"
        )
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it while this one waited for the lock.
        for step in MIGRATIONS[_version(connection) :]:
            step(connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def is_foreign(connection: sqlite3.Connection) -> bool:
    """Whether the file holds another program's tables."""
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return bool(tables) and mark != APPLICATION


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
