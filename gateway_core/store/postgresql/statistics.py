"""What the planner of PostgreSQL is told of the members that are found by an index.

It passes over the statistics of an index that is partial, and would take each value to be that of one object
in two hundred: of a large table it would rather read all in the order of a page. So the same expressions have
statistics of their own (``CREATE STATISTICS``, PostgreSQL 14 and newer), which every ``ANALYZE`` fills,
that of autovacuum too.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway_core.store.postgresql.connections import Connection
from gateway_core.store.postgresql.dialect import POSTGRESQL
from gateway_core.store.protocol import IndexSpec
from gateway_core.store.sql import index_expression

_MADE = """
SELECT stxname FROM pg_statistic_ext
WHERE stxrelid = 'object'::regclass AND stxname ~ '^(member|few)_'"""


def ensure(connection: Connection, wanted: Mapping[str, IndexSpec]) -> bool:
    """Have those of the ``wanted`` indexes (name → spec) and no others; whether any was made. The connection
    is in autocommit mode."""
    definitions = {_name(name, spec): _definition(spec) for name, spec in wanted.items()}
    made = {name for (name,) in connection.execute(_MADE).fetchall()}
    for name in made - definitions.keys():
        connection.execute(f'DROP STATISTICS IF EXISTS "{name}"')
    new = definitions.keys() - made
    for name in new:
        # With parameters, though there are none: literals are written for statements that have them.
        connection.execute(f'CREATE STATISTICS IF NOT EXISTS "{name}" {definitions[name]}', {})
    return bool(new)


def _name(index: str, spec: IndexSpec) -> str:
    return index.replace("member_", "few_") if spec.few_values else index


def _definition(spec: IndexSpec) -> str:
    """Of few values it is told how often each occurs among the objects of the entity."""
    expression = index_expression(spec.path, POSTGRESQL)
    return f"{'(mcv) ON entity, ' if spec.few_values else 'ON '}{expression} FROM object"
