"""The order of a query → SQL, so that an index in that order serves where there is one. Pure text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway_core.query.model import TAIL, Hop, Order, Path
from gateway_core.store.conditions import Compiler, Place, column_of
from gateway_core.store.dialect import Dialect, quoted

_MAYBE_NULL = frozenset({"owner"})


@dataclass(frozen=True, slots=True)
class Ordering:
    """``terms`` to order by, the last being the number of the object. ``keys`` are what an index is in the
    order of, and ``rest`` the other terms, when the first order is by an index."""

    terms: tuple[str, ...]
    keys: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()


def ordering(compiler: Compiler, orders: Sequence[Order], place: Place) -> Ordering:
    """The terms of ORDER BY."""
    each = [_terms(compiler, order, place) for order in orders]
    last = f"{place.row}.seq"
    terms = (*(term for found in each for term in found), last)
    keys = _keys(compiler, orders[0], place) if orders else ()
    return Ordering(terms, keys, (*(term for found in each[1:] for term in found), last) if keys else ())


def _terms(compiler: Compiler, order: Order, place: Place) -> tuple[str, ...]:
    direction = "DESC" if order.descending else "ASC"
    keys = _keys(compiler, order, place)
    if keys:
        return tuple(f"{key} {direction} NULLS LAST" for key in keys)
    value = _value(compiler, order.path, order.hops, place)
    if order.moment:
        value = compiler.dialect.trimmed(value, quoted(TAIL))
    # Where there is always a value the plain direction lets an index be read backwards.
    always = not order.hops and order.path[:1] == ("_self",) and column_of(order.path) not in _MAYBE_NULL
    return (f"{value} {direction}" if always else f"{value} {direction} NULLS LAST",)


def _keys(compiler: Compiler, order: Order, place: Place) -> tuple[str, ...]:
    """What a member is ordered by, one after the other, when an index is in the order of the first."""
    if order.hops or order.path[:1] == ("_self",) or any("." in name for name in order.path):
        return ()
    named, dialect = (place.entity, ".".join(order.path)), compiler.dialect
    path = dialect.path(order.path, dialect.literal)
    if order.moment:
        ready = named in compiler.indexes.orders
        return tuple(dialect.trimmed(key, quoted(TAIL)) for key in dialect.ordered(place.doc, path) if ready)
    index = compiler.indexes.members.get(named)
    return dialect.ordered(place.doc, path) if index is not None and not index.array else ()


def _value(compiler: Compiler, path: Path, hops: tuple[Hop, ...], place: Place) -> str:
    """The value of the object here, or of the first one that each hop reaches in turn."""
    if hops:
        hop, step = hops[0], compiler.hop(hops[0], place)
        value = _value(compiler, path, hops[1:], compiler.place(step.row, hop.entity))
        first = f"{step.link}.position" if hop.inverse is None else f"{step.row}.seq"
        rows = f"link {step.link} CROSS JOIN object {step.row}"
        return f"(SELECT {value} FROM {rows} WHERE {step.joined} ORDER BY {first} LIMIT 1)"
    if path[:1] == ("_self",):
        return f"{place.row}.{column_of(path)}"
    return compiler.dialect.sortable(place.doc, compiler.path(path))


def order_expression(path: str, dialect: Dialect) -> str:
    """What an index is made of that serves orders only: by a column of ``_self``, or by a date-time."""
    names = tuple(path.split("."))
    if names[0] == "_self":
        return column_of(names)
    first = dialect.ordered(dialect.document_column, dialect.path(names, dialect.literal))[0]
    return f"({dialect.trimmed(first, quoted(TAIL))})"
