"""The indexes of the parts of texts: a table of FTS5 for each entity whose texts are searched.

Such a table keeps for each gram the numbers of the objects, and no text. What an object had goes out of
it by the text that it had. A change of a table costs much more than one more row in it, so new objects come
to them many at a time: those behind a mark are in none, and every search compares them one by one. Making
a table is done in steps too, each a transaction, so that others write meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson

from gateway_core.store.documents import encoded
from gateway_core.store.grams import Members, grams_of, members_of
from gateway_core.store.known import TextIndex
from gateway_core.types import Json

BATCH = 64
STEP = 5_000
MERGED_PAGES = 500

_DEFINITION = """
CREATE VIRTUAL TABLE text_{number} USING fts5(
    grams, content = '', detail = none, columnsize = 0, tokenize = "ascii tokenchars '_'")"""
_TABLES = "SELECT number, entity, paths, built FROM text_index"
_NEW = "SELECT seq, entity, data FROM object WHERE seq > ? AND seq <= ?"
_MARK = "SELECT value FROM revision WHERE name = 'searched'"
_SET_MARK = "UPDATE revision SET value = ? WHERE name = 'searched'"
_CHANGED = "UPDATE revision SET value = random() WHERE name = 'indexes'"


@dataclass(frozen=True, slots=True)
class TextTable:
    """An index as writers keep it: of the objects up to the number ``built``, or up to the mark."""

    number: int
    members: Members
    built: int | None

    def put(self, connection: sqlite3.Connection, seq: int, before: Json, after: Json) -> None:
        """Have what an object says now in the place of what it said; None where it says nothing."""
        old, new = grams_of(before, self.members), grams_of(after, self.members)
        if old == new:
            return
        table = f"text_{self.number}"
        if old:
            remove = f"INSERT INTO {table} ({table}, rowid, grams) VALUES ('delete', ?, ?)"
            connection.execute(remove, (seq, " ".join(old)))
        if new:
            connection.execute(f"INSERT INTO {table} (rowid, grams) VALUES (?, ?)", (seq, " ".join(new)))


class Keeper:
    """Keeps the tables while one transaction changes objects."""

    def __init__(self, connection: sqlite3.Connection, tables: Mapping[str, TextTable]) -> None:
        self.tables = tables
        self._connection = connection
        self._mark = connection.execute(_MARK).fetchone()[0] if tables else 0
        self._last = 0

    def put(self, entity: str, seq: int, before: str | None, after: Json) -> None:
        """An object is there (``before`` None), says something else, or is gone (``after`` None)."""
        table = self.tables.get(entity)
        self._last = max(self._last, seq)
        if table is not None and seq <= (self._mark if table.built is None else table.built):
            table.put(self._connection, seq, orjson.loads(before) if before else None, after)

    def finish(self) -> None:
        """Bring the new objects to the tables when there are enough of them."""
        if self.tables and self._last - self._mark >= BATCH:
            for seq, entity, data in self._connection.execute(_NEW, (self._mark, self._last)).fetchall():
                table = self.tables.get(entity)
                if table is not None and table.built is None:
                    table.put(self._connection, seq, None, orjson.loads(data))
            self._connection.execute(_SET_MARK, (self._last,))


def read(connection: sqlite3.Connection) -> tuple[dict[str, TextIndex], dict[str, TextTable]]:
    """Entity → the index that queries may use, and entity → the one that writers keep."""
    ready, kept = {}, {}
    for number, entity, paths, built in connection.execute(_TABLES):
        dotted = tuple(orjson.loads(paths))
        kept[entity] = TextTable(number, members_of(dotted), built)
        if built is None:
            ready[entity] = TextIndex(number, dotted)
    return ready, kept


def ensure(connection: sqlite3.Connection, wanted: Mapping[str, tuple[str, ...]]) -> bool:
    """Begin the indexes that are not there, and drop those that nobody wants; whether any was."""
    held = {
        entity: (number, tuple(orjson.loads(paths)))
        for number, entity, paths in connection.execute("SELECT number, entity, paths FROM text_index")
    }
    gone = {entity: number for entity, (number, paths) in held.items() if wanted.get(entity) != paths}
    for entity, number in gone.items():
        connection.execute(f"DROP TABLE text_{number}")
        connection.execute("DELETE FROM text_index WHERE entity = ?", (entity,))
    new = [entity for entity in wanted if entity not in held or entity in gone]
    if new and len(gone) == len(held):  # nobody has kept the mark
        connection.execute(
            _SET_MARK, connection.execute("SELECT coalesce(max(seq), 0) FROM object").fetchone()
        )
    for entity in new:
        insert = "INSERT INTO text_index (entity, paths, built) VALUES (?, ?, 0) RETURNING number"
        number = connection.execute(insert, (entity, encoded(wanted[entity]))).fetchone()[0]
        connection.execute(_DEFINITION.format(number=number))
    return bool(gone or new)


def fill(connection: sqlite3.Connection) -> bool:
    """A step of making the tables that are begun; whether there is more to do."""
    mark = connection.execute(_MARK).fetchone()[0]
    begun = {entity: table for entity, table in read(connection)[1].items() if table.built is not None}
    for entity, table in begun.items():
        upto = min((table.built or 0) + STEP, mark)
        for seq, of, data in connection.execute(_NEW, (table.built, upto)).fetchall():
            if of == entity:
                table.put(connection, seq, None, orjson.loads(data))
        begun[entity] = replace(table, built=upto if upto < mark else None)
        done = (begun[entity].built, table.number)
        connection.execute("UPDATE text_index SET built = ? WHERE number = ?", done)
    if begun:
        connection.execute(_CHANGED)
    return any(table.built is not None for table in begun.values())


def merge(connection: sqlite3.Connection, number: int, *, first: bool) -> bool:
    """A step of writing an index anew without what went out of it; whether there is more to do."""
    table, before = f"text_{number}", connection.total_changes
    pages = -MERGED_PAGES if first else MERGED_PAGES
    there = connection.execute("SELECT 1 FROM text_index WHERE number = ?", (number,)).fetchone()
    if there is None:
        return False
    connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)", (pages,))
    return connection.total_changes - before > 1
