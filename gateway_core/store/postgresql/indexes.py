"""The indexes that a configuration asks for: which exist, and making them so while others serve.

An index on an expression is made and dropped CONCURRENTLY. Of terms, the rows come first, from
every writer that begins after them; then those of the objects that were there; then readers use them.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import orjson
import psycopg

from gateway_core.errors import StoreError
from gateway_core.store.known import Index, Indexes, TextIndex
from gateway_core.store.orders import order_expression
from gateway_core.store.postgresql import claims, statistics, texts
from gateway_core.store.postgresql.connections import Connection
from gateway_core.store.postgresql.dialect import POSTGRESQL
from gateway_core.store.protocol import IndexSpec
from gateway_core.store.sql import index_expression
from gateway_core.store.terms import terms_of, wanted_orders, wanted_texts

WRITERS = 7_305_515_002
"""The advisory lock that each change shares, and that who changes the set of terms has alone."""
MAINTENANCE = 7_305_515_003
"""The advisory lock of the one process that makes indexes."""
PATIENCE_SECONDS = 3600.0
BATCH = 1000

GENERATION = "SELECT value FROM revision WHERE name = 'indexes'"
PUT_TERMS = """
INSERT INTO term (tenant, spec, value, object)
SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::bigint[]) ON CONFLICT DO NOTHING"""
_NEXT_OBJECTS = """
SELECT tenant, seq, data FROM object
WHERE entity = %s AND (tenant, seq) > (%s, %s) ORDER BY tenant, seq LIMIT %s FOR SHARE"""
_MADE = """
SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = 'object'::regclass AND c.relname ~ '^(member|order|texts)_'"""


@dataclass(frozen=True, slots=True)
class IndexSet:
    """The indexes as they were at a ``generation``; a transaction checks that it still is."""

    generation: int | None = None
    indexes: Indexes = field(default_factory=Indexes)
    """Those that queries may use."""
    arrays: Mapping[str, Mapping[IndexSpec, int]] = field(default_factory=dict)
    """Entity → the specs whose values are kept as terms, ready or not, and their numbers."""
    unique: Mapping[str, Mapping[IndexSpec, claims.Numbered]] = field(default_factory=dict)
    """Entity → the specs whose values are claimed."""


def read(connection: Connection, generation: int) -> IndexSet:
    """The indexes that this transaction sees."""
    indexes: dict[tuple[str, str], Index] = {}
    arrays: dict[str, dict[IndexSpec, int]] = {}
    found = connection.execute("SELECT number, entity, path, many, few, ready FROM index_spec").fetchall()
    for number, entity, path, many, few, ready in found:
        if ready:
            indexes[entity, path] = Index(number, many, few)
        if many:
            arrays.setdefault(entity, {})[IndexSpec(entity, path, True)] = number
    made = connection.execute("SELECT entity, number, paths FROM text_index").fetchall()
    searched = {entity: TextIndex(number, tuple(paths)) for entity, number, paths in made}
    orders = frozenset(connection.execute("SELECT entity, path FROM order_index").fetchall())
    return IndexSet(generation, Indexes(indexes, searched, orders), arrays, claims.read(connection))


def ensure(connection: Connection, specs: Callable[[], Iterable[IndexSpec]], place: str) -> None:
    """Make the indexes equal to the specs, which are asked for when nobody else makes any. The connection
    is of its own, in autocommit mode."""
    with _alone(connection, place):
        listed = tuple(specs())
        claims.ensure(connection, (spec for spec in listed if spec.unique), _between_changes)
        _ensure_members(connection, [spec for spec in listed if not spec.unique])


def _ensure_members(connection: Connection, specs: Collection[IndexSpec]) -> None:
    """Make the indexes that queries use, and no others."""
    wanted = {(spec.entity, spec.path): spec for spec in specs if spec.plain}
    searched, ordered = wanted_texts(specs), wanted_orders(specs)
    rows = connection.execute("SELECT entity, path, many, ready FROM index_spec").fetchall()
    existing = {(entity, path): (IndexSpec(entity, path, many), ready) for entity, path, many, ready in rows}
    for key, (spec, ready) in existing.items():
        if wanted.get(key) != spec or not ready:
            _drop(connection, spec)
    names = {index_name(spec) for spec in wanted.values() if not spec.array}
    _drop_texts(connection, searched)
    _drop_orders(connection, ordered)
    names |= {texts.index_name(*each) for each in searched.items()}
    valid = _clear(connection, names | {index_name(IndexSpec(*key, order=True)) for key in ordered})
    made = _create_texts(connection, searched, valid) | _create_orders(connection, ordered, valid)
    for key, spec in wanted.items():
        kept = existing.get(key) == (spec, True) and (spec.array or index_name(spec) in valid)
        if not kept:
            made = True
            (_create_terms if spec.array else _create_index)(connection, spec)
    _mark_few(connection, wanted.values())
    told = {index_name(spec): spec for spec in wanted.values() if not spec.array}
    if statistics.ensure(connection, told) or made:
        _execute(connection, "ANALYZE object, link, term")


def _mark_few(connection: Connection, specs: Iterable[IndexSpec]) -> None:
    """Tell queries of which members many objects have the same value."""
    rows = connection.execute("SELECT entity, path, few FROM index_spec").fetchall()
    held = {(entity, path): few for entity, path, few in rows}
    changed = [spec for spec in specs if held.get((spec.entity, spec.path)) != spec.few_values]
    if changed:
        with _between_changes(connection):
            for spec in changed:
                values = (spec.few_values, spec.entity, spec.path)
                connection.execute("UPDATE index_spec SET few = %s WHERE entity = %s AND path = %s", values)


def index_name(spec: IndexSpec) -> str:
    digest = sha256(f"{spec.entity}\0{spec.path}".encode()).hexdigest()
    return f"{'order' if spec.order else 'member'}_{digest[:16]}"


@contextlib.contextmanager
def _alone(connection: Connection, place: str) -> Iterator[None]:
    """Hold the lock of maintenance. Asked for again and again: who waits in one statement has a
    snapshot, and making an index CONCURRENTLY would wait for that."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _value(connection, f"SELECT pg_try_advisory_lock({MAINTENANCE})"):
        if time.monotonic() > deadline:
            raise StoreError(f"Another process is making indexes in the store {place}.", hint="Try again.")
        time.sleep(0.1)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(f"SELECT pg_advisory_unlock({MAINTENANCE})")


@contextlib.contextmanager
def _between_changes(connection: Connection) -> Iterator[None]:
    """A transaction while no change is under way; every change after it sees a new generation."""
    with connection.transaction():
        _wait_for_writers(connection)
        yield
        # Random, so that no generation comes twice, be it after a rollback or a restored backup.
        generation = secrets.randbits(62)
        connection.execute("UPDATE revision SET value = %s WHERE name = 'indexes'", (generation,))


def _wait_for_writers(connection: Connection) -> None:
    """Take the lock of the writers: between two changes when there is such a moment, else in line with
    them, and then not for long, because those behind wait too."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for _ in range(200):
            if _value(connection, f"SELECT pg_try_advisory_xact_lock({WRITERS})"):
                return
            time.sleep(0.002)
        with contextlib.suppress(psycopg.errors.LockNotAvailable), connection.transaction():
            connection.execute("SET LOCAL lock_timeout = '2s'")
            connection.execute(f"SELECT pg_advisory_xact_lock({WRITERS})")
            return
    raise StoreError("A change took too long for an index to be made.", hint="Try again.")


def _drop(connection: Connection, spec: IndexSpec) -> None:
    key = (spec.entity, spec.path)
    with _between_changes(connection):
        gone = connection.execute(
            "DELETE FROM index_spec WHERE entity = %s AND path = %s RETURNING number", key
        ).fetchone()
    if spec.array and gone is not None:
        connection.execute("DELETE FROM term WHERE spec = %s", gone)


def _drop_texts(connection: Connection, wanted: Mapping[str, tuple[str, ...]]) -> None:
    """Let nobody use the indexes of texts that are not wanted; ``_clear`` drops them."""
    held = connection.execute("SELECT entity, paths FROM text_index").fetchall()
    gone = [entity for entity, paths in held if wanted.get(entity) != tuple(paths)]
    if gone:
        with _between_changes(connection):
            connection.execute("DELETE FROM text_index WHERE entity = ANY(%s)", (gone,))


def _create_texts(
    connection: Connection, wanted: Mapping[str, tuple[str, ...]], valid: Collection[str]
) -> bool:
    """Make the indexes of texts that are not there; whether any was."""
    held = {row[0] for row in connection.execute("SELECT entity FROM text_index").fetchall()}
    new = [each for each in wanted.items() if each[0] not in held or texts.index_name(*each) not in valid]
    for entity, paths in new:
        _execute(connection, texts.create_statement(entity, paths))
        with _between_changes(connection):
            connection.execute(
                "INSERT INTO text_index (entity, paths) VALUES (%s, %s) ON CONFLICT (entity) DO NOTHING",
                (entity, list(paths)),
            )
    return bool(new)


def _drop_orders(connection: Connection, wanted: Collection[tuple[str, str]]) -> None:
    held = connection.execute("SELECT entity, path FROM order_index").fetchall()
    for key in set(held) - set(wanted):
        with _between_changes(connection):
            connection.execute("DELETE FROM order_index WHERE entity = %s AND path = %s", key)


def _create_orders(
    connection: Connection, wanted: Collection[tuple[str, str]], valid: Collection[str]
) -> bool:
    """Make the indexes that serve orders only and are not there; whether any was."""
    held = set(connection.execute("SELECT entity, path FROM order_index").fetchall())
    specs = [IndexSpec(*key, order=True) for key in wanted]
    new = [each for each in specs if index_name(each) not in valid or (each.entity, each.path) not in held]
    for spec in new:
        _execute(
            connection,
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index_name(spec)}"
            f" ON object (tenant, {order_expression(spec.path, POSTGRESQL)}, seq)"
            f" WHERE entity = {POSTGRESQL.literal(spec.entity)}",
        )
        with _between_changes(connection):
            connection.execute(
                "INSERT INTO order_index (entity, path) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (spec.entity, spec.path),
            )
    return bool(new)


def _clear(connection: Connection, wanted: Collection[str]) -> set[str]:
    """Drop the indexes that nobody wants or whose making failed; the names of the others."""
    valid: set[str] = set()
    for name, whole in connection.execute(_MADE).fetchall():
        if name in wanted and whole:
            valid.add(name)
        else:
            _execute(connection, f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"')
    return valid


def _create_index(connection: Connection, spec: IndexSpec) -> None:
    expression = index_expression(spec.path, POSTGRESQL)
    _execute(
        connection,
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index_name(spec)} "
        f"ON object (tenant, {expression}, seq) WHERE entity = {POSTGRESQL.literal(spec.entity)}",
    )
    with _between_changes(connection):
        connection.execute(
            "INSERT INTO index_spec (entity, path, many, ready) VALUES (%s, %s, FALSE, TRUE)"
            " ON CONFLICT (entity, path) DO NOTHING",
            (spec.entity, spec.path),
        )


def _create_terms(connection: Connection, spec: IndexSpec) -> None:
    with _between_changes(connection):
        row = connection.execute(
            "INSERT INTO index_spec (entity, path, many, ready) VALUES (%s, %s, TRUE, FALSE)"
            " RETURNING number",
            (spec.entity, spec.path),
        ).fetchone()
    number = row[0] if row else 0
    last: tuple[str, int] = ("", -1)
    while True:
        # The objects are kept from changing meanwhile: their terms must be those of this data.
        with connection.transaction():
            rows = connection.execute(_NEXT_OBJECTS, (spec.entity, *last, BATCH)).fetchall()
            terms = [
                (tenant, number, term, seq)
                for tenant, seq, data in rows
                for _, term in terms_of(orjson.loads(data), (spec,))
            ]
            if terms:
                connection.execute(PUT_TERMS, [list(column) for column in zip(*terms, strict=True)])
        if len(rows) < BATCH:
            break
        last = (rows[-1][0], rows[-1][1])
    with _between_changes(connection):
        connection.execute("UPDATE index_spec SET ready = TRUE WHERE number = %s", (number,))


def _execute(connection: Connection, text: str) -> None:
    # With parameters, though there are none: literals are written for statements that have them.
    connection.execute(text, {})


def _value(connection: Connection, text: str) -> object:
    row = connection.execute(text).fetchone()
    return row[0] if row else None
