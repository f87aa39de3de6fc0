"""Marks in a table."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gateway_core.store.postgresql.outbox import Reading, Writing

_READ = "SELECT name, value FROM mark WHERE owner = %s AND name = ANY(%s)"
_WRITE = """
INSERT INTO mark (owner, name, value)
SELECT %s, name, value FROM unnest(%s::text[], %s::text[]) AS n(name, value)
ON CONFLICT (owner, name) DO UPDATE SET value = excluded.value WHERE mark.value <> excluded.value"""
_FORGET = "DELETE FROM mark WHERE owner = %s AND name = ANY(%s)"


class PostgresqlMarks:
    """See ``marks.Marks``. ``read`` gives the rows of a statement; ``write`` runs work in a transaction, and
    twice when the answer to its commit is lost, which does no harm here."""

    def __init__(self, read: Reading, write: Writing) -> None:
        self._read, self._write = read, write

    def read(self, owner: str, names: Collection[str]) -> Mapping[str, str]:
        return dict(self._read(_READ, (owner, list(names))))

    def write(self, owner: str, marks: Mapping[str, str]) -> None:
        listed = (owner, list(marks), list(marks.values()))
        self._write(lambda connection: connection.execute(_WRITE, listed))

    def forget(self, owner: str, names: Collection[str]) -> None:
        self._write(lambda connection: connection.execute(_FORGET, (owner, list(names))))
