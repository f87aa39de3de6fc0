"""What SQLite says of how it would answer a query."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

from gateway_core.query.model import All, Query
from gateway_core.store.protocol import Plan
from gateway_core.store.sql import Statement

# A step at an object (`o`, `o1` …) that is bound to nothing but the tenant, the kind and the owner.
_ALL = re.compile(
    r"SCAN o\d*\b|SEARCH o\d* USING (COVERING )?INDEX \w+"
    r" \(tenant=\?( AND entity=\?)?( AND owner=\?)?\)"
)


def plan_of(connection: sqlite3.Connection, query: Query, statements: Iterable[Statement]) -> Plan:
    """The plan of the statements of a query, in SQLite's words: it shows `?` for every value."""
    steps: dict[str, None] = {}
    for statement in statements:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", statement.params)
        steps.update(dict.fromkeys(row[3] for row in rows))
    reads_all = query.where != All() and any(_ALL.fullmatch(step) for step in steps)
    return Plan(tuple(steps), reads_all, any("FOR ORDER BY" in step for step in steps))
