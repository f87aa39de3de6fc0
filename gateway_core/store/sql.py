"""A ``Query`` within a ``Scope`` → parametrised SQL. Pure text: no connection, no database module.

A page is read in two steps when it is ordered (the numbers of its objects, then the objects),
so that sorting never carries documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway_core.errors import InvalidQuery
from gateway_core.query.evaluate import unranked
from gateway_core.query.model import (
    All,
    AnyOf,
    Condition,
    Facet,
    Not,
    Path,
    Query,
    Related,
    Scalar,
    Scope,
)
from gateway_core.store.conditions import Compiler, Place, column_of
from gateway_core.store.dialect import Bound, Dialect
from gateway_core.store.known import Indexes
from gateway_core.store.orders import Ordering, ordering

COLUMNS = "id, entity, data, version, created, modified, owner, owner_name, application, author"
_COLUMNS = ", ".join(f"o.{name}" for name in COLUMNS.split(", "))


@dataclass(frozen=True, slots=True)
class Statement:
    text: str
    params: Mapping[str, Bound]


@dataclass(frozen=True, slots=True)
class Find:
    """What answers a query: ``page`` selects ``COLUMNS``, or only ``seq`` when ``keys`` is true.

    ``total`` counts all matches; None when everything of the entity matches (see ``counter``).
    """

    page: Statement
    keys: bool
    total: Statement | None


def find(scope: Scope, query: Query, dialect: Dialect, indexes: Indexes, only_if: str = "") -> Find:
    """The statements for a query; the page is empty unless ``only_if`` holds, a condition on no object.
    Raises ``InvalidQuery`` for a path that cannot be asked."""
    if scope.removed:
        refuse_relations(query)
        indexes = Indexes()
    compiler = Compiler(dialect, scope.tenant, indexes)
    place = compiler.place("o", scope.entity)
    where = _where(compiler, scope, query, place)
    counted = dict(compiler.params)
    keys = bool(query.order) or (query.window.offset > 0 and dialect.reads_skipped)
    order = ordering(compiler, query.order, place)
    window = f"LIMIT {compiler.bind(query.window.limit)} OFFSET {compiler.bind(query.window.offset)}"
    asked = f"{only_if} AND {where}" if only_if else where
    rows = f"FROM {_table(scope)} o WHERE {asked}"
    if order.keys and query.order[0].descending and dialect.splits_descending:
        reach = compiler.bind(query.window.limit + query.window.offset)
        page = f"{_split(order, rows, reach)} {window}"
    else:
        page = f"SELECT {'o.seq' if keys else _COLUMNS} {rows} ORDER BY {', '.join(order.terms)} {window}"
    everything = query.where == All() and scope.owner is None and not scope.removed
    total = (
        None if everything else Statement(f"SELECT COUNT(*) FROM {_table(scope)} o WHERE {where}", counted)
    )
    return Find(Statement(page, compiler.params), keys, total)


def _split(order: Ordering, rows: str, reach: str) -> str:
    """The objects in a descending order, and behind them those without a value: an index that has these
    last is read backwards for the others. ``reach`` is how many are of interest at most."""
    backwards = ", ".join((*(f"{key} DESC NULLS FIRST" for key in order.keys), *order.rest))
    key = order.keys[0]
    without = ", ".join((f"{key} ASC", *order.rest))  # all are equal, and this is how the index has them
    parts = (f"{key} IS NOT NULL ORDER BY {backwards}", f"{key} IS NULL ORDER BY {without}")
    each = (
        f"SELECT {at} AS part_, row_number() OVER () AS place_, seq"
        f" FROM (SELECT o.seq {rows} AND {part} LIMIT {reach}) part_{at}"
        for at, part in enumerate(parts)
    )
    return f"SELECT seq FROM ({' UNION ALL '.join(each)}) page_ ORDER BY part_, place_"


def following(scope: Scope, id: str | None, limit: int, dialect: Dialect) -> Statement:
    """Select ``COLUMNS`` of the next objects after that of ``id``, by the index on their numbers."""
    compiler = Compiler(dialect, scope.tenant, Indexes())
    where = _where(compiler, scope, Query(), compiler.place("o", scope.entity))
    if id is not None:
        place = f"s.tenant = {compiler.tenant} AND s.id = {compiler.bind(id)}"
        where += f" AND o.seq > (SELECT s.seq FROM object s WHERE {place})"
    text = f"SELECT {_COLUMNS} FROM object o WHERE {where} ORDER BY o.seq LIMIT {compiler.bind(limit)}"
    return Statement(text, compiler.params)


def count(scope: Scope, dialect: Dialect) -> Statement:
    """Count what the scope holds, row by row."""
    compiler = Compiler(dialect, scope.tenant, Indexes())
    where = _where(compiler, scope, Query(), compiler.place("o", scope.entity))
    return Statement(f"SELECT COUNT(*) FROM {_table(scope)} o WHERE {where}", compiler.params)


def _table(scope: Scope) -> str:
    return "history" if scope.removed else "object"


def texts_at(scope: Scope, where: Condition, path: Path, dialect: Dialect, indexes: Indexes) -> Statement:
    """The different texts under a path (through lists wherever they stand) of what satisfies ``where``."""
    compiler = Compiler(dialect, scope.tenant, Indexes() if scope.removed else indexes)
    place = compiler.place("o", scope.entity)
    within = _where(compiler, scope, Query(where), place)
    if path[0] == "_self":
        column = f"o.{column_of(path)}"
        return Statement(f"SELECT DISTINCT {column} FROM {_table(scope)} o WHERE {within}", compiler.params)
    rows, alias = compiler.spread(place.doc, path)
    value = dialect.element(alias)
    types = ", ".join(f"'{name}'" for name in dialect.text_types)
    text = (
        f"SELECT DISTINCT {value.text} FROM {_table(scope)} o, {', '.join(rows)}"
        f" WHERE {within} AND {value.type} IN ({types})"
    )
    return Statement(text, compiler.params)


def facet(
    scope: Scope, where: Condition, path: Path, limit: int, dialect: Dialect, indexes: Indexes
) -> Statement:
    """The most frequent values under a path of what satisfies ``where``: rows of the number of objects,
    rank (0 false, 1 true, 2 a number, 3 a text), text, number, and how many values there are in all."""
    compiler = Compiler(dialect, scope.tenant, indexes)
    place = compiler.place("o", scope.entity)
    within = _where(compiler, scope, Query(where), place)
    found = f"object o WHERE {within}"
    if path[0] == "_self":
        column = f"o.{column_of(path)}"
        text, number = ("NULL", column) if path[1] == "version" else (column, "NULL")
        rank = 2 if path[1] == "version" else 3
        found, rank_of = f"{found} AND {column} IS NOT NULL", str(rank)
    else:
        rows, alias = compiler.spread(place.doc, path)
        value = dialect.element(alias)
        types = (dialect.false_types, dialect.true_types, dialect.number_types, dialect.text_types)
        whens = [f"WHEN '{name}' THEN {rank}" for rank, names in enumerate(types) for name in names]
        rank_of = f"CASE {value.type} {' '.join(whens)} END"
        text = f"CASE {rank_of} WHEN 3 THEN {value.text} END"
        number = f"CASE {rank_of} WHEN 2 THEN {value.number} END"
        found = f"object o, {', '.join(rows)} WHERE {within}"
    each = f"SELECT DISTINCT o.seq, {rank_of} AS rank_, {text} AS text_, {number} AS number_ FROM {found}"
    statement = (
        "SELECT COUNT(*) AS objects, rank_, text_, number_, COUNT(*) OVER () FROM"
        f" ({each}) AS each_ WHERE rank_ IS NOT NULL GROUP BY rank_, text_, number_"
        f" ORDER BY objects DESC, rank_, number_, text_ LIMIT {compiler.bind(limit)}"
    )
    return Statement(statement, compiler.params)


def facet_of(rows: Sequence[Sequence[Any]]) -> Facet:
    """The rows that ``facet`` selects → the facet."""
    values = tuple((unranked(row[1], _plain(row[3] if row[1] == 2 else row[2])), row[0]) for row in rows)
    return Facet(values, rows[0][4] if rows else 0)


def _plain(value: Any) -> Scalar:
    """A decimal as the number of Python that JSON would give."""
    if isinstance(value, Decimal):
        exact = value == value.to_integral_value() and abs(value) < 2**63
        return int(value) if exact else float(value)
    plain: Scalar = 0 if value is None else value
    return plain


def index_expression(path: str, dialect: Dialect) -> str:
    """What an expression index on a dotted path is made of; queries use the same text."""
    return dialect.indexed(dialect.document_column, dialect.path(tuple(path.split(".")), dialect.literal))


def refuse_relations(query: Query) -> None:
    """Removed objects have let go of all others: what asks for a relation of theirs is refused."""
    if _relates(query.where) or any(order.hops for order in query.order):
        raise InvalidQuery("removed objects cannot be found by their relations", parameter="_removed")


def _relates(condition: Condition) -> bool:
    match condition:
        case Related():
            return True
        case All(conditions=parts) | AnyOf(conditions=parts):
            return any(map(_relates, parts))
        case Not(condition=inner):
            return _relates(inner)
    return False


def _where(compiler: Compiler, scope: Scope, query: Query, place: Place) -> str:
    # The entity is configuration; written out, it lets the planner use partial indexes.
    parts = [f"o.tenant = {compiler.tenant}", f"o.entity = {compiler.dialect.literal(scope.entity)}"]
    if scope.removed:
        parts.append("o.removed = 1")
    if scope.owner is not None:
        parts.append(f"o.owner = {compiler.bind(scope.owner)}")
    if query.where != All():
        parts.append(compiler.row(query.where, place))
    return " AND ".join(parts)
