"""What is in force of a bundle, and was before: rows, inside a transaction that is already open."""

from __future__ import annotations

import sqlite3

from gateway_core.store import rows
from gateway_core.store.configured import ARTIFACTS
from gateway_core.store.documents import encoded, superseded
from gateway_core.store.protocol import KEPT_INSTALLATIONS, Configuration, Earlier
from gateway_core.store.sqlite import changes
from gateway_core.store.sqlite.indexes import IndexSet
from gateway_core.types import Artifact, StoredObject

CHANGED = "UPDATE revision SET value = value + 1 WHERE name = 'configuration'"
_REVISION = "SELECT value FROM revision WHERE name = 'configuration'"
_RECORD = """
INSERT INTO installation (bundle, record) VALUES (?, ?)
ON CONFLICT (bundle) DO UPDATE SET record = excluded.record"""
_ARTIFACT = """
INSERT INTO artifact (bundle, position, kind, reference, version, path, body) VALUES (?, ?, ?, ?, ?, ?, ?)"""
_HELD = """
SELECT position, kind, reference, version, path, body FROM artifact WHERE bundle = ? ORDER BY position"""
_CLEAR = (
    "DELETE FROM history WHERE entity = ?1",
    "DELETE FROM counter WHERE entity = ?1 AND total = 0",
    "DELETE FROM sequence WHERE substr(name, 1, length(?1) + 1) = ?1 || '#'",
    "DELETE FROM mark WHERE substr(owner, 1, length(?1) + 1) = ?1 || '#'",
)
_POP = "DELETE FROM earlier WHERE number = (SELECT max(number) FROM earlier WHERE bundle = ?)"
_TRIM = """
DELETE FROM earlier WHERE bundle = ?1 AND number NOT IN
    (SELECT number FROM earlier WHERE bundle = ?1 ORDER BY number DESC LIMIT ?2)"""


def artifacts(connection: sqlite3.Connection) -> tuple[Artifact, ...]:
    """What is installed, in the order of installation."""
    return tuple(rows.artifact(row) for row in connection.execute(ARTIFACTS).fetchall())


def write(connection: sqlite3.Connection, known: IndexSet, wanted: Configuration) -> tuple[StoredObject, ...]:
    """Do all of it; raises ``VersionConflict`` when the expected revision is not in force."""
    if wanted.expect is not None and connection.execute(_REVISION).fetchone()[0] != wanted.expect:
        raise superseded()
    written = changes.write(connection, known, wanted.changes) if wanted.changes is not None else ()
    for text in _CLEAR:
        connection.executemany(text, [(entity,) for entity in wanted.clear])
    _keep(connection, wanted)
    bundle = wanted.bundle
    connection.execute("DELETE FROM artifact WHERE bundle = ?", (bundle,))
    if wanted.forgets:
        connection.execute("DELETE FROM installation WHERE bundle = ?", (bundle,))
        connection.execute("DELETE FROM earlier WHERE bundle = ?", (bundle,))
    else:
        connection.execute(_RECORD, (bundle, encoded(wanted.record)))
        values = rows.artifact_values(wanted.artifacts)
        connection.executemany(_ARTIFACT, [(bundle, *each) for each in values])
    connection.execute(CHANGED)
    return written


def _keep(connection: sqlite3.Connection, wanted: Configuration) -> None:
    """Do with the installation in force what the configuration says."""
    bundle = wanted.bundle
    if wanted.earlier is Earlier.POP:
        connection.execute(_POP, (bundle,))
    if wanted.earlier is Earlier.PUSH:
        found = connection.execute("SELECT record FROM installation WHERE bundle = ?", (bundle,)).fetchone()
        if found is not None:
            held = encoded(connection.execute(_HELD, (bundle,)).fetchall())
            values = (bundle, found[0], held)
            connection.execute("INSERT INTO earlier (bundle, record, artifacts) VALUES (?, ?, ?)", values)
            connection.execute(_TRIM, (bundle, KEPT_INSTALLATIONS))
