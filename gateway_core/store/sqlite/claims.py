"""Values that no two objects share: who has which, written in the transaction of the object."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

import orjson

from gateway_core.errors import NotUnique
from gateway_core.store.protocol import IndexSpec
from gateway_core.store.terms import claims_of
from gateway_core.types import StoredObject

Numbered = Mapping[IndexSpec, int]

_CLAIM = "INSERT OR IGNORE INTO claim (tenant, spec, value, object) VALUES (?, ?, ?, ?)"
_RELEASE = "DELETE FROM claim WHERE tenant = ? AND object = ?"


def read(connection: sqlite3.Connection) -> dict[str, dict[IndexSpec, int]]:
    """Entity → the specs that this transaction sees, and their numbers."""
    found: dict[str, dict[IndexSpec, int]] = {}
    rows = connection.execute("SELECT number, entity, path, folded FROM unique_spec")
    for number, entity, path, folded in rows:
        spec = IndexSpec(entity, path, unique=True, folded=bool(folded))
        found.setdefault(entity, {})[spec] = number
    return found


def ensure(connection: sqlite3.Connection, specs: Iterable[IndexSpec]) -> bool:
    """Make the specs equal to these, inside the transaction of the caller; whether they changed.

    Of objects that share a value already, the first has it.
    """
    wanted = {IndexSpec(s.entity, s.path, unique=True, folded=s.folded) for s in specs}
    existing = {spec: number for numbers in read(connection).values() for spec, number in numbers.items()}
    for spec in existing.keys() - wanted:
        connection.execute("DELETE FROM claim WHERE spec = ?", (existing[spec],))
        connection.execute("DELETE FROM unique_spec WHERE number = ?", (existing[spec],))
    for spec in wanted - existing.keys():
        _create(connection, spec)
    return wanted != existing.keys()


def release(connection: sqlite3.Connection, tenant: str, id: str) -> None:
    """The object has no value any more, for now or for good."""
    connection.execute(_RELEASE, (tenant, id))


def claim(
    connection: sqlite3.Connection,
    known: Mapping[str, Numbered],
    tenant: str,
    items: Iterable[StoredObject],
) -> None:
    """The objects take their values. Raises ``NotUnique`` at the first that another object has."""
    for item in items:
        numbers = known.get(item.entity)
        if numbers is None:
            continue
        for spec, text in claims_of(item.data, numbers):
            row = (tenant, numbers[spec], text, item.id)
            if connection.execute(_CLAIM, row).rowcount == 0:
                raise NotUnique(item.id, spec.path)


def _create(connection: sqlite3.Connection, spec: IndexSpec) -> None:
    row = (spec.entity, spec.path, spec.folded)
    cursor = connection.execute("INSERT INTO unique_spec (entity, path, folded) VALUES (?, ?, ?)", row)
    number = cursor.lastrowid
    objects = connection.execute(
        "SELECT tenant, id, data FROM object WHERE entity = ? ORDER BY seq", (spec.entity,)
    )
    for tenant, id, data in objects:
        claims = claims_of(orjson.loads(data), (spec,))
        connection.executemany(_CLAIM, [(tenant, number, text, id) for _, text in claims])
