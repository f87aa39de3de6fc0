"""The indexes that a configuration asks for: which exist, and making them so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import orjson

from gateway_core.store.dialect import SQLITE, quoted
from gateway_core.store.known import Index, Indexes
from gateway_core.store.orders import order_expression
from gateway_core.store.protocol import IndexSpec
from gateway_core.store.sql import index_expression
from gateway_core.store.sqlite import claims, texts
from gateway_core.store.terms import terms_of, wanted_orders, wanted_texts

_MADE = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'object'"


@dataclass(frozen=True, slots=True)
class IndexSet:
    """The indexes as they were at a ``generation``; a transaction checks that it still is."""

    generation: int | None = None
    indexes: Indexes = field(default_factory=Indexes)
    arrays: Mapping[str, tuple[IndexSpec, ...]] = field(default_factory=dict)
    """Entity → the specs whose values are kept as terms."""
    unique: Mapping[str, claims.Numbered] = field(default_factory=dict)
    """Entity → the specs whose values are claimed, and their numbers."""
    texts: Mapping[str, texts.TextTable] = field(default_factory=dict)
    """Entity → the index of its texts, ready or not."""


def current(connection: sqlite3.Connection, known: IndexSet) -> IndexSet:
    """The indexes that this transaction sees; ``known`` itself unless they changed."""
    row = connection.execute("SELECT value FROM revision WHERE name = 'indexes'").fetchone()
    if row[0] == known.generation:
        return known
    indexes: dict[tuple[str, str], Index] = {}
    arrays: dict[str, tuple[IndexSpec, ...]] = {}
    found = connection.execute("SELECT number, entity, path, many, few FROM index_spec")
    for number, entity, path, many, few in found:
        indexes[entity, path] = Index(number, bool(many), bool(few))
        if many:
            arrays[entity] = (*arrays.get(entity, ()), IndexSpec(entity, path, True))
    ready, kept = texts.read(connection)
    orders = frozenset(connection.execute("SELECT entity, path FROM order_index").fetchall())
    return IndexSet(row[0], Indexes(indexes, ready, orders), arrays, claims.read(connection), kept)


def ensure(connection: sqlite3.Connection, specs: Iterable[IndexSpec]) -> None:
    """Make the indexes equal to ``specs``, inside the transaction of the caller; those of texts are
    begun only (``texts.fill``)."""
    listed = tuple(specs)
    claimed = claims.ensure(connection, (spec for spec in listed if spec.unique))
    searched = texts.ensure(connection, wanted_texts(listed))
    ordered = _ensure_orders(connection, wanted_orders(listed))
    wanted = {(spec.entity, spec.path): spec for spec in listed if spec.plain}
    existing = _existing(connection)
    made = dict(connection.execute(_MADE).fetchall())
    marked = False
    for key, spec in tuple(existing.items()):
        otherwise = spec.few_values != wanted.get(key, spec).few_values  # by another version of its schema
        if spec.array and otherwise:
            row = (not spec.few_values, *key)
            connection.execute("UPDATE index_spec SET few = ? WHERE entity = ? AND path = ?", row)
            marked = True
        elif not spec.array and (otherwise or made.get(index_name(spec)) != _definition(spec)):
            _drop(connection, spec)
            del existing[key]
    gone = [spec for key, spec in existing.items() if wanted.get(key) != spec]
    new = [spec for key, spec in wanted.items() if existing.get(key) != spec]
    for spec in gone:
        _drop(connection, spec)
    for spec in new:
        _create(connection, spec)
    if gone or new or marked or claimed or searched or ordered:
        # Random, so that no generation comes twice, be it after a rollback or a restored backup.
        connection.execute("UPDATE revision SET value = random() WHERE name = 'indexes'")


def _existing(connection: sqlite3.Connection) -> dict[tuple[str, str], IndexSpec]:
    rows = connection.execute("SELECT entity, path, many, few FROM index_spec").fetchall()
    return {
        (entity, path): IndexSpec(entity, path, bool(many), few_values=bool(few))
        for entity, path, many, few in rows
    }


def put_terms(
    connection: sqlite3.Connection, known: IndexSet, tenant: str, entity: str, seq: int, data: object
) -> None:
    """Add the terms of an object that has none."""
    found = terms_of(data, known.arrays[entity])
    rows = [(tenant, known.indexes.members[entity, path].number, term, seq) for path, term in found]
    connection.executemany("INSERT INTO term (tenant, spec, value, object) VALUES (?, ?, ?, ?)", rows)


def index_name(spec: IndexSpec) -> str:
    digest = sha256(f"{spec.entity}\0{spec.path}".encode()).hexdigest()
    return f"{'order' if spec.order else 'member'}_{digest[:16]}"


def _drop(connection: sqlite3.Connection, spec: IndexSpec) -> None:
    key = (spec.entity, spec.path)
    if spec.array:
        number = "(SELECT number FROM index_spec WHERE entity = ? AND path = ?)"
        connection.execute(f"DELETE FROM term WHERE spec = {number}", key)
    else:
        connection.execute(f"DROP INDEX IF EXISTS {index_name(spec)}")
        connection.execute("DELETE FROM sqlite_stat1 WHERE idx = ?", (index_name(spec),))
    connection.execute("DELETE FROM index_spec WHERE entity = ? AND path = ?", key)


def _ensure_orders(connection: sqlite3.Connection, wanted: set[tuple[str, str]]) -> bool:
    """Make those that serve orders only equal to what is wanted; whether any was not."""
    held: set[tuple[str, str]] = set(connection.execute("SELECT entity, path FROM order_index").fetchall())
    for key in held - wanted:
        connection.execute(f"DROP INDEX IF EXISTS {index_name(IndexSpec(*key, order=True))}")
        connection.execute("DELETE FROM order_index WHERE entity = ? AND path = ?", key)
    for key in wanted - held:
        spec = IndexSpec(*key, order=True)
        connection.execute("INSERT INTO order_index (entity, path) VALUES (?, ?)", key)
        connection.execute(
            f"CREATE INDEX {index_name(spec)} ON object (tenant, {order_expression(spec.path, SQLITE)})"
            f" WHERE entity = {quoted(spec.entity)}"
        )
    return held != wanted


def _create(connection: sqlite3.Connection, spec: IndexSpec) -> None:
    row = (spec.entity, spec.path, spec.array, spec.few_values)
    connection.execute("INSERT INTO index_spec (entity, path, many, few) VALUES (?, ?, ?, ?)", row)
    if spec.array:
        _rebuild(connection, spec)
        return
    name = index_name(spec)
    # Before the index: making that lets every connection read the statistics again.
    stat = ("object", name, _statistics(spec))
    connection.execute("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", stat)
    connection.execute(_definition(spec))


def _statistics(spec: IndexSpec) -> str:
    """What the planner is told: how many objects there are, of a tenant, and with the same value."""
    return f"100000 50000 {20000 if spec.few_values else 2}"


def _definition(spec: IndexSpec) -> str:
    """The statement that makes an index, as SQLite keeps it."""
    expression = index_expression(spec.path, SQLITE)
    name, entity = index_name(spec), quoted(spec.entity)
    return f"CREATE INDEX {name} ON object (tenant, {expression}) WHERE entity = {entity}"


def _rebuild(connection: sqlite3.Connection, spec: IndexSpec) -> None:
    number = connection.execute("SELECT last_insert_rowid()").fetchone()[0]
    insert = "INSERT INTO term (tenant, spec, value, object) VALUES (?, ?, ?, ?)"
    objects = connection.execute("SELECT tenant, seq, data FROM object WHERE entity = ?", (spec.entity,))
    for tenant, seq, data in objects:
        terms = terms_of(orjson.loads(data), (spec,))
        connection.executemany(insert, [(tenant, number, term, seq) for _, term in terms])
