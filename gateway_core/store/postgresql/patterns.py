"""Patterns of clients, run in the gateway: PostgreSQL's own engine backtracks, and may take for ever.

A pattern on a path asks for the texts there that it matches. So these are found first: the different
texts stream through a cursor, RE2 judges each, and ``IN`` the ones found takes the pattern's place. That
is exact wherever the pattern stands, below ``Not`` or a relation too; window and total stay SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway_core.errors import InvalidQuery
from gateway_core.query.model import (
    All,
    AnyOf,
    Compare,
    Condition,
    Element,
    Not,
    Op,
    Path,
    Query,
    Related,
    Scope,
    asks,
)
from gateway_core.query.patterns import matcher
from gateway_core.store import sql
from gateway_core.store.known import Indexes
from gateway_core.store.postgresql.connections import Connection
from gateway_core.store.postgresql.dialect import POSTGRESQL

BATCH = 2_000
MAX_TEXTS = 50_000
MAX_CHARACTERS = 8 * 1024 * 1024
MAX_READ = 2_000_000


def resolved(connection: Connection, scope: Scope, query: Query, indexes: Indexes) -> Query:
    """The same query without patterns, of the state that the transaction sees.

    Raises ``InvalidQuery`` when a pattern has to read, or matches, more texts than memory and time allow.
    """
    conjuncts = query.where.conditions if isinstance(query.where, All) else (query.where,)
    narrow = All(tuple(part for part in conjuncts if not asks(part, Op.REGEX)))
    return replace(query, where=_Resolver(connection, indexes).condition(query.where, _At(scope, narrow)))


@dataclass(frozen=True, slots=True)
class _At:
    """Where a condition is asked: of the objects in scope that satisfy ``narrow``, at ``prefix``."""

    scope: Scope
    narrow: Condition
    prefix: Path = ()


class _Resolver:
    def __init__(self, connection: Connection, indexes: Indexes) -> None:
        self._connection, self._indexes = connection, indexes

    def condition(self, condition: Condition, at: _At) -> Condition:
        if not asks(condition, Op.REGEX):
            return condition
        match condition:
            case Compare(path=path, values=values):
                return Compare(path, Op.IN, self._texts([str(v) for v in values], path, at))
            case Element(path=path, where=where):
                return Element(path, self.condition(where, replace(at, prefix=at.prefix + path)))
            case Related(hop=hop, where=where):
                there = _At(Scope(at.scope.tenant, hop.entity), All())
                return Related(hop, self.condition(where, there))
            case Not(condition=inner):
                return Not(self.condition(inner, at))
            case All(conditions=parts):
                return All(tuple(self.condition(part, at) for part in parts))
            case AnyOf(conditions=parts):
                return AnyOf(tuple(self.condition(part, at) for part in parts))

    def _texts(self, patterns: list[str], path: Path, at: _At) -> tuple[str, ...]:
        """The texts under the path that some pattern matches."""
        matchers = [matcher(pattern) for pattern in patterns]
        statement = sql.texts_at(at.scope, at.narrow, at.prefix + path, POSTGRESQL, self._indexes)
        found: list[str] = []
        characters = 0
        for number, text in enumerate(self._stream(statement)):
            if number >= MAX_READ:
                raise _too_much("has to be compared with")
            if any(matches(text) for matches in matchers):
                characters += len(text)
                if len(found) >= MAX_TEXTS or characters > MAX_CHARACTERS:
                    raise _too_much("matches")
                found.append(text)
        return tuple(found)

    def _stream(self, statement: sql.Statement) -> Iterator[str]:
        with self._connection.cursor(name="texts") as cursor:
            cursor.itersize = BATCH
            cursor.execute(statement.text, statement.params)
            for (text,) in cursor:
                if text is not None:
                    yield text


def _too_much(what: str) -> InvalidQuery:
    detail = f"A pattern [regex] {what} more different texts than this store looks through."
    return InvalidQuery(detail, parameter="", hint="Narrow the query by other filters.")
