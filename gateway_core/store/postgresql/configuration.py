"""What is in force of a bundle, and was before: rows, in one transaction with objects."""

from __future__ import annotations

from gateway_core.store import rows
from gateway_core.store.configured import ARTIFACTS
from gateway_core.store.documents import encoded, superseded
from gateway_core.store.postgresql import changes
from gateway_core.store.postgresql.changes import Written
from gateway_core.store.postgresql.connections import Connection
from gateway_core.store.postgresql.indexes import IndexSet
from gateway_core.store.postgresql.revisions import announce
from gateway_core.store.protocol import KEPT_INSTALLATIONS, Changes, Configuration, Earlier
from gateway_core.types import Artifact

LOCK = "SELECT value FROM revision WHERE name = 'configuration' FOR UPDATE"
_RECORD = """
INSERT INTO installation (bundle, record) VALUES (%s, %s)
ON CONFLICT (bundle) DO UPDATE SET record = excluded.record"""
_ARTIFACT = """
INSERT INTO artifact (bundle, position, kind, reference, version, path, body)
VALUES (%s, %s, %s, %s, %s, %s, %s)"""
_HELD = "SELECT record FROM installation WHERE bundle = %s"
_ARTIFACTS_HELD = """
SELECT position, kind, reference, version, path, body FROM artifact WHERE bundle = %s ORDER BY position"""
_CLEAR = (
    "DELETE FROM history WHERE entity = %(entity)s",
    "DELETE FROM counter WHERE entity = %(entity)s AND total = 0",
    "DELETE FROM sequence WHERE starts_with(name, %(entity)s || '#')",
    "DELETE FROM mark WHERE starts_with(owner, %(entity)s || '#')",
)
_PUSH = "INSERT INTO earlier (bundle, record, artifacts) VALUES (%s, %s, %s)"
_POP = """
DELETE FROM earlier WHERE bundle = %(bundle)s
AND number = (SELECT max(number) FROM earlier WHERE bundle = %(bundle)s)"""
_TRIM = """
DELETE FROM earlier WHERE bundle = %(bundle)s AND number NOT IN
    (SELECT number FROM earlier WHERE bundle = %(bundle)s ORDER BY number DESC LIMIT %(kept)s)"""


def artifacts(connection: Connection) -> tuple[Artifact, ...]:
    """What is installed, in the order of installation."""
    return tuple(rows.artifact(row) for row in connection.execute(ARTIFACTS).fetchall())


def write(connection: Connection, known: IndexSet, wanted: Configuration) -> Written:
    """Begin a transaction and do all of it; raises ``VersionConflict`` when the expected revision is
    not in force. The caller commits, or rolls back."""
    # Objects first: the transaction begins there, and holds no lock on the configuration meanwhile.
    written = changes.write(connection, known, wanted.changes or Changes(""))
    # One at a time: what a change removes must be all that another one added.
    row = connection.execute(LOCK).fetchone()
    if wanted.expect is not None and (row is None or row[0] != wanted.expect):
        raise superseded()
    for entity in wanted.clear:
        for text in _CLEAR:
            connection.execute(text, {"entity": entity})
    _keep(connection, wanted)
    bundle = wanted.bundle
    connection.execute("DELETE FROM artifact WHERE bundle = %s", (bundle,))
    if wanted.forgets:
        connection.execute("DELETE FROM installation WHERE bundle = %s", (bundle,))
        connection.execute("DELETE FROM earlier WHERE bundle = %s", (bundle,))
    else:
        connection.execute(_RECORD, (bundle, encoded(wanted.record)))
        values = rows.artifact_values(wanted.artifacts)
        connection.cursor().executemany(_ARTIFACT, [(bundle, *each) for each in values])
    announce(connection)
    return written


def was_made(connection: Connection, wanted: Configuration) -> bool:
    """Whether a commit whose answer was lost took place: what is recorded of the bundle tells, as a
    record holds the moment of its installation."""
    row = connection.execute(_HELD, (wanted.bundle,)).fetchone()
    return row is None if wanted.forgets else row is not None and row[0] == encoded(wanted.record)


def _keep(connection: Connection, wanted: Configuration) -> None:
    """Do with the installation in force what the configuration says."""
    bundle = wanted.bundle
    if wanted.earlier is Earlier.POP:
        connection.execute(_POP, {"bundle": bundle})
    if wanted.earlier is Earlier.PUSH:
        found = connection.execute(_HELD, (bundle,)).fetchone()
        if found is not None:
            held = connection.execute(_ARTIFACTS_HELD, (bundle,)).fetchall()
            connection.execute(_PUSH, (bundle, found[0], encoded(held)))
            connection.execute(_TRIM, {"bundle": bundle, "kept": KEPT_INSTALLATIONS})
