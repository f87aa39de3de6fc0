"""The meaning of a query, on plain values: what every store is compared with.

Nothing here is fast or clever. The rules are those that ``query.model`` states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from gateway_core.query.model import (
    TAIL,
    All,
    AnyOf,
    Compare,
    Condition,
    Element,
    Facet,
    Hop,
    Not,
    Op,
    Order,
    Path,
    Query,
    Related,
    Scalar,
    Scope,
    Window,
)
from gateway_core.query.patterns import matcher
from gateway_core.types import Json, StoredObject

SortKey: TypeAlias = tuple[bool, int, float | str]


class World:
    """All objects of one tenant, in the order of their creation, for conditions that follow relations."""

    def __init__(self, objects: Iterable[StoredObject]) -> None:
        self._by_id = {each.id: each for each in objects}

    def reached(self, start: StoredObject, hop: Hop) -> Iterator[StoredObject]:
        """The objects one hop away: forward in the order in which their ids stand in the
        document, each once; backward in the order of their creation."""
        if hop.inverse is None:
            ids = dict.fromkeys(each for each in _held(start.data.get(hop.property)) if isinstance(each, str))
            found = (self._by_id.get(each) for each in ids)
            yield from (each for each in found if each is not None and each.entity == hop.entity)
            return
        for each in self._by_id.values():
            if each.entity == hop.entity and start.id in _held(each.data.get(hop.inverse)):
                yield each


def run(query: Query, objects: Iterable[StoredObject], world: World) -> tuple[tuple[StoredObject, ...], int]:
    """The window that the query asks of ``objects`` (in the order of their creation), and how
    many match in all."""
    found = [each for each in objects if matches(query.where, each, world)]
    for order in reversed(query.order):
        found.sort(key=lambda each, order=order: sort_key(order, each, world), reverse=order.descending)  # type: ignore[misc]
    return tuple(_window(found, query.window)), len(found)


def facet(path: Path, objects: Iterable[StoredObject], limit: int) -> Facet:
    """The values under a path of ``objects``, those that match."""
    counts: dict[tuple[int, Scalar], int] = {}
    for each in objects:
        held = _values(_register(each), path[1:]) if path[0] == "_self" else _values(each.data, path)
        for key in {_rank(value) for value in held if isinstance(value, str | int | float)}:
            counts[key] = counts.get(key, 0) + 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Facet(tuple((unranked(*key), number) for key, number in ranked[:limit]), len(counts))


def unranked(rank: int, value: Scalar) -> Scalar:
    """The value of a rank (0 false, 1 true, 2 a number, 3 a text), a whole number as an integer."""
    if rank < 2:
        return rank == 1
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    return value


def _rank(value: Scalar) -> tuple[int, Scalar]:
    if isinstance(value, bool):
        return (int(value), 0)
    return (3, value) if isinstance(value, str) else (2, value)


def in_scope(scope: Scope, each: StoredObject) -> bool:
    """Whether an object lies within the bounds that a client cannot reach."""
    owned = scope.owner is None or scope.owner == each.meta.owner
    return each.meta.tenant == scope.tenant and each.entity == scope.entity and owned


def matches(condition: Condition, each: StoredObject, world: World) -> bool:
    """Whether the condition holds for a stored object."""
    if isinstance(condition, Related):
        return any(matches(condition.where, other, world) for other in world.reached(each, condition.hop))
    if isinstance(condition, Compare) and condition.path[0] == "_self":
        return _holds(condition.op, _values(_register(each), condition.path[1:]), condition.values)
    return _matches(condition, each.data, lambda inner: matches(inner, each, world))


def sort_key(order: Order, each: StoredObject, world: World) -> SortKey:
    """The key of an object, for a sort that is reversed when the order is descending.

    Numbers come before texts; objects without a value come last in either direction.
    """
    value = _sort_value(order.path, _first_reached(each, order.hops, world))
    if isinstance(value, str):
        return (order.descending, 1, value.rstrip(TAIL) if order.moment else value)
    if isinstance(value, int | float):
        return (order.descending, 0, value)
    return (not order.descending, 0, 0)


def _matches(condition: Condition, data: Json, matches_inner: Callable[[Condition], bool]) -> bool:
    match condition:
        case All(conditions):
            return all(matches_inner(inner) for inner in conditions)
        case AnyOf(conditions):
            return any(matches_inner(inner) for inner in conditions)
        case Not(inner):
            return not matches_inner(inner)
        case Element(path, where):
            lists = [_member(holder, path[-1]) for holder in _spread(data, path[:-1])]
            elements = [each for held in lists if isinstance(held, list) for each in held]
            return any(_matches_element(where, each) for each in elements)
        case Compare(path, op, values):
            return _holds(op, _values(data, path), values)
        case Related():
            raise TypeError("an element of a list has no relations of its own")


def _matches_element(condition: Condition, element: Json) -> bool:
    return _matches(condition, element, lambda inner: _matches_element(inner, element))


def _register(each: StoredObject) -> Mapping[str, Json]:
    return {
        "id": each.id,
        "dateCreated": each.meta.created,
        "dateModified": each.meta.modified,
        "owner": each.meta.owner,
        "version": each.meta.version,
    }


def _member(data: Json, name: str) -> Json:
    return data.get(name) if isinstance(data, Mapping) else None


def _spread(data: Json, path: Path) -> list[Json]:
    """What stands at a path, each element of the lists on the way and at its end."""
    found = [data]
    for name in path:
        found = [each for holder in found for each in _held(_member(holder, name))]
    return found


def _values(data: Json, path: Path) -> list[Json]:
    return [each for each in _spread(data, path) if each is not None]


def _held(value: Json) -> list[Json]:
    """The values that a member holds: none when absent or null, each of a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _holds(op: Op, held: Sequence[Json], wanted: Sequence[Scalar]) -> bool:
    if op is Op.IS_NULL:
        return not held
    if op is Op.NOT_NULL:
        return bool(held)
    if op is Op.NE:
        return not any(_equal(each, wanted[0]) for each in held)
    test = _equal if op is Op.EQ_NOCASE and not isinstance(wanted[0], str) else _TESTS[op]
    return any(test(each, value) for each in held for value in wanted)


def _equal(held: Json, wanted: Scalar) -> bool:
    return _class(held) == _class(wanted) != "" and bool(held == wanted)


def _class(value: Json) -> str:
    """Values are compared within a class only; a boolean is no number."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else ""


def _ordered(holds: Callable[[Json, Json], bool]) -> Callable[[Json, Scalar], bool]:
    def test(held: Json, wanted: Scalar) -> bool:
        return _class(held) == _class(wanted) in ("number", "text") and holds(held, wanted)

    return test


def _texts(holds: Callable[[str, str], bool]) -> Callable[[Json, Scalar], bool]:
    def test(held: Json, wanted: Scalar) -> bool:
        both = isinstance(held, str) and isinstance(wanted, str)
        return both and holds(held.casefold(), str(wanted).casefold())

    return test


def _matched(held: Json, pattern: Scalar) -> bool:
    return isinstance(held, str) and isinstance(pattern, str) and matcher(pattern)(held)


_TESTS: Mapping[Op, Callable[[Json, Scalar], bool]] = MappingProxyType(
    {
        Op.EQ: _equal,
        Op.IN: _equal,
        Op.EQ_NOCASE: _texts(lambda held, wanted: held == wanted),
        Op.LIKE: _texts(lambda held, wanted: wanted in held),
        Op.REGEX: _matched,
        Op.GT: _ordered(lambda held, wanted: held > wanted),
        Op.GE: _ordered(lambda held, wanted: held >= wanted),
        Op.LT: _ordered(lambda held, wanted: held < wanted),
        Op.LE: _ordered(lambda held, wanted: held <= wanted),
    }
)


def _first_reached(start: StoredObject, hops: Sequence[Hop], world: World) -> StoredObject | None:
    each: StoredObject | None = start
    for hop in hops:
        if each is None:
            break
        each = next(world.reached(each, hop), None)
    return each


def _sort_value(path: Path, each: StoredObject | None) -> Json:
    """The scalar to order by; lists and objects have none."""
    if each is None:
        return None
    value, path = (_register(each), path[1:]) if path[0] == "_self" else (each.data, path)
    for name in path:
        value = _member(value, name)
    return value


def _window(found: Sequence[StoredObject], window: Window) -> Sequence[StoredObject]:
    return found[window.offset : window.offset + window.limit]
