"""Values that no two objects share: who has which, written in the transaction of the object.

Who claims a value that another transaction is claiming waits for its end. A spec that is new is
kept by every writer first, then the objects that were there take their values, then it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import orjson

from gateway_core.errors import NotUnique
from gateway_core.store.postgresql.connections import Connection
from gateway_core.store.protocol import IndexSpec
from gateway_core.store.terms import claims_of
from gateway_core.types import StoredObject

BATCH = 1000

_CLAIM = """
INSERT INTO claim (tenant, spec, value, object)
SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[]) AS n(tenant, spec, value, object)
ORDER BY spec, value ON CONFLICT DO NOTHING RETURNING spec, value, object"""
_RELEASE = "DELETE FROM claim WHERE tenant = %s AND object = ANY(%s)"
_NEXT_OBJECTS = """
SELECT tenant, seq, id, data FROM object
WHERE entity = %s AND (tenant, seq) > (%s, %s) ORDER BY tenant, seq LIMIT %s FOR SHARE"""
_SPECS = "SELECT number, entity, path, folded, ready FROM unique_spec"


@dataclass(frozen=True, slots=True)
class Numbered:
    """A spec as it is kept: its number, and whether it counts already."""

    number: int
    ready: bool


def read(connection: Connection) -> dict[str, dict[IndexSpec, Numbered]]:
    """Entity → the specs that this transaction sees."""
    found: dict[str, dict[IndexSpec, Numbered]] = {}
    for number, entity, path, folded, ready in connection.execute(_SPECS).fetchall():
        spec = IndexSpec(entity, path, unique=True, folded=folded)
        found.setdefault(entity, {})[spec] = Numbered(number, ready)
    return found


def release(connection: Connection, tenant: str, ids: Sequence[str]) -> None:
    """The objects have no value any more, for now or for good."""
    connection.execute(_RELEASE, (tenant, ids))


def claim(
    connection: Connection,
    known: Mapping[str, Mapping[IndexSpec, Numbered]],
    tenant: str,
    items: Iterable[StoredObject],
) -> None:
    """The objects take their values. Raises ``NotUnique`` when another object has one of them."""
    wanted = [
        (known[item.entity][spec], text, item.id, spec.path)
        for item in items
        if item.entity in known
        for spec, text in claims_of(item.data, known[item.entity])
    ]
    if not wanted:
        return
    rows = [(tenant, kept.number, text, id) for kept, text, id, _ in wanted]
    claimed = set(connection.execute(_CLAIM, _columns(rows)).fetchall())
    for kept, text, id, path in wanted:
        if kept.ready and (kept.number, text, id) not in claimed:
            raise NotUnique(id, path)


def ensure(
    connection: Connection,
    specs: Iterable[IndexSpec],
    between_changes: Callable[[Connection], AbstractContextManager[None]],
) -> None:
    """Make the specs equal to these. Of objects that share a value already, the first has it."""
    wanted = {IndexSpec(s.entity, s.path, unique=True, folded=s.folded) for s in specs}
    existing = {spec: kept for specs in read(connection).values() for spec, kept in specs.items()}
    for spec, kept in existing.items():
        if spec not in wanted or not kept.ready:
            with between_changes(connection):
                connection.execute("DELETE FROM unique_spec WHERE number = %s", (kept.number,))
            connection.execute("DELETE FROM claim WHERE spec = %s", (kept.number,))
    for spec in wanted:
        if spec not in existing or not existing[spec].ready:
            _create(connection, spec, between_changes)


def _create(
    connection: Connection,
    spec: IndexSpec,
    between_changes: Callable[[Connection], AbstractContextManager[None]],
) -> None:
    with between_changes(connection):
        row = connection.execute(
            "INSERT INTO unique_spec (entity, path, folded, ready) VALUES (%s, %s, %s, FALSE)"
            " RETURNING number",
            (spec.entity, spec.path, spec.folded),
        ).fetchone()
    number = row[0] if row else 0
    last: tuple[str, int] = ("", -1)
    while True:
        # The objects are kept from changing meanwhile: their claims must be those of this data.
        with connection.transaction():
            found = connection.execute(_NEXT_OBJECTS, (spec.entity, *last, BATCH)).fetchall()
            rows = [
                (tenant, number, text, id)
                for tenant, _, id, data in found
                for _, text in claims_of(orjson.loads(data), (spec,))
            ]
            if rows:
                connection.execute(_CLAIM, _columns(rows))
        if len(found) < BATCH:
            break
        last = (found[-1][0], found[-1][1])
    with between_changes(connection):
        connection.execute("UPDATE unique_spec SET ready = TRUE WHERE number = %s", (number,))


def _columns(rows: Iterable[tuple[str, int, str, str]]) -> list[list[str | int]]:
    return [list(column) for column in zip(*rows, strict=True)]
