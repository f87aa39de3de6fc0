"""Marks in a table."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gateway_core.store.documents import encoded
from gateway_core.store.sqlite.outbox import Reading, Writing

_READ = "SELECT name, value FROM mark WHERE owner = ? AND name IN (SELECT value FROM json_each(?))"
_WRITE = """
INSERT INTO mark (owner, name, value) VALUES (?, ?, ?)
ON CONFLICT (owner, name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value"""
_FORGET = "DELETE FROM mark WHERE owner = ? AND name IN (SELECT value FROM json_each(?))"


class SqliteMarks:
    """See ``marks.Marks``. ``read`` gives the rows of a statement, ``write`` runs in a transaction."""

    def __init__(self, read: Reading, write: Writing) -> None:
        self._read, self._write = read, write

    def read(self, owner: str, names: Collection[str]) -> Mapping[str, str]:
        return dict(self._read(_READ, (owner, encoded(list(names)))))

    def write(self, owner: str, marks: Mapping[str, str]) -> None:
        rows = [(owner, name, value) for name, value in marks.items()]
        self._write(lambda connection: connection.executemany(_WRITE, rows))

    def forget(self, owner: str, names: Collection[str]) -> None:
        self._write(lambda connection: connection.execute(_FORGET, (owner, encoded(list(names)))))
