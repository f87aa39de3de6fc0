"""``requiredIf`` and ``forbiddenIf``: JSON logic as JSON Schema's ``if`` and ``then``.

A rule of JSON logic has one operation with its arguments: ``{"==": [{"var": "kind"}, "a"]}``.
What compares members with literals, and joins such comparisons, can be said in JSON Schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import orjson

from gateway_core.types import Json, JsonObject

_FALSY: tuple[Json, ...] = (None, False, 0, "", [])
_SCALARS = (str, int, float, bool, type(None))
_MAX_DEPTH = 16


class Unsayable(ValueError):
    """JSON Schema has no words for the rule; the message tells which operation it is."""


def condition(logic: Json) -> JsonObject:
    """The schema of the objects for which a rule is true. Raises ``Unsayable``."""
    if isinstance(logic, str):
        if "{{" in logic:
            raise Unsayable("a template")
        try:
            logic = orjson.loads(logic)
        except ValueError:
            raise Unsayable("a text that is no JSON") from None
    return _truth(logic, 0)


def _truth(logic: Json, depth: int) -> JsonObject:
    if depth > _MAX_DEPTH:
        raise Unsayable("nesting that deep")
    if not isinstance(logic, dict):
        return {} if logic not in _FALSY or logic is True else _never()
    if len(logic) != 1:
        raise Unsayable("several operations at once")
    ((operation, given),) = logic.items()
    arguments = given if isinstance(given, list) else [given]
    if operation not in _OPERATIONS:
        raise Unsayable(f"the operation '{operation}'")
    return _OPERATIONS[operation](arguments, depth + 1)


def _never() -> JsonObject:
    return {"not": {}}


def _path(logic: Json) -> tuple[str, ...] | None:
    """The member that ``{"var": "a.b"}`` names."""
    if not isinstance(logic, dict) or set(logic) != {"var"}:
        return None
    name = logic["var"]
    if isinstance(name, list) and len(name) == 1:
        name = name[0]
    if not isinstance(name, str) or not name:
        raise Unsayable("a variable with a default, or without a name")
    return tuple(name.split("."))


def _at(path: tuple[str, ...], schema: JsonObject) -> JsonObject:
    """Objects in which the member at the path is there and keeps to the schema."""
    result = schema
    for name in reversed(path):
        result = {"type": "object", "required": [name], "properties": {name: result}}
    return result


def _truthy(arguments: list[Json], depth: int) -> JsonObject:
    if len(arguments) != 1:
        raise Unsayable("an operation with other arguments than it takes")
    path = _path(arguments[0])
    if path is not None:
        return _at(path, {"not": {"enum": list(_FALSY)}})
    return _truth(arguments[0], depth)


def _variable(arguments: list[Json], _: int) -> JsonObject:
    return _truthy([{"var": arguments[0] if len(arguments) == 1 else arguments}], 0)


def _not(arguments: list[Json], depth: int) -> JsonObject:
    return {"not": _truthy(arguments, depth)}


def _all(arguments: list[Json], depth: int) -> JsonObject:
    return {"allOf": [_truthy([each], depth) for each in arguments]} if arguments else {}


def _any(arguments: list[Json], depth: int) -> JsonObject:
    return {"anyOf": [_truthy([each], depth) for each in arguments]} if arguments else _never()


def _choice(arguments: list[Json], depth: int) -> JsonObject:
    if not 2 <= len(arguments) <= 3:
        raise Unsayable("a chain of choices")
    test = _truthy(arguments[:1], depth)
    then, other = _truthy(arguments[1:2], depth), _truthy(arguments[2:] or [False], depth)
    return {"anyOf": [{"allOf": [test, then]}, {"allOf": [{"not": test}, other]}]}


def _equal(*, strict: bool) -> Callable[[list[Json], int], JsonObject]:
    def read(arguments: list[Json], _: int) -> JsonObject:
        path, literal = _sides(arguments)
        if literal is None:
            return {"not": _at(path, {"not": {"type": "null"}})}
        if isinstance(literal, bool) and not strict:
            truthy = _at(path, {"not": {"enum": list(_FALSY)}})
            return truthy if literal else {"not": truthy}
        return _at(path, {"enum": [literal] if strict else _alike(literal)})

    return read


def _unequal(*, strict: bool) -> Callable[[list[Json], int], JsonObject]:
    equal = _equal(strict=strict)
    return lambda arguments, depth: {"not": equal(arguments, depth)}


def _sides(arguments: list[Json]) -> tuple[tuple[str, ...], Json]:
    """The member and the literal that are compared, in either order."""
    if len(arguments) == 2:
        for one, other in (arguments, arguments[::-1]):
            path = _path(one)
            if path is not None and isinstance(other, _SCALARS):
                return path, other
    raise Unsayable("a comparison of anything but a member with a literal")


def _alike(literal: Json) -> list[Json]:
    """What PHP finds equal to a literal: numbers and the texts that write them."""
    found: list[Json] = [literal]
    if isinstance(literal, str):
        try:
            number = orjson.loads(literal)
        except ValueError:
            return found
        found += [number] if isinstance(number, int | float) and not isinstance(number, bool) else []
    elif isinstance(literal, int | float):
        found.append(str(literal))
    return found


def _in(arguments: list[Json], _: int) -> JsonObject:
    if len(arguments) == 2:
        needle, hay = arguments
        path = _path(needle)
        if path is not None and isinstance(hay, list) and all(isinstance(each, _SCALARS) for each in hay):
            return _at(path, {"enum": hay}) if hay else _never()
        path = _path(hay)
        if path is not None and isinstance(needle, _SCALARS):
            held: list[JsonObject] = [
                {"type": "array", "contains": {"const": needle}},
                {"type": "string", "pattern": re.escape(str(needle))},
            ]
            return _at(path, {"anyOf": held})
    raise Unsayable("a search for anything but a literal")


def _missing(arguments: list[Json], _: int) -> JsonObject:
    listed = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else arguments
    if not listed or not all(isinstance(name, str) and name for name in listed):
        raise Unsayable("a list of names that is computed")
    there = [_at(tuple(name.split(".")), {"not": {"enum": [None, ""]}}) for name in listed]
    return {"not": {"allOf": there}}


def _order(bound: str, swapped: str) -> Callable[[list[Json], int], JsonObject]:
    """A comparison by order; ``swapped`` bounds the member when it stands on the right."""

    def read(arguments: list[Json], _: int) -> JsonObject:
        if len(arguments) == 3 and bound in ("exclusiveMaximum", "maximum"):
            path, low, high = _path(arguments[1]), arguments[0], arguments[2]
            if path is not None and _is_number(low) and _is_number(high):
                return _at(path, {"type": "number", swapped: low, bound: high})
        if len(arguments) == 2:
            for (one, other), word in ((arguments, bound), (arguments[::-1], swapped)):
                path = _path(one)
                if path is not None and _is_number(other):
                    return _at(path, {"type": "number", word: other})
        raise Unsayable("a comparison of anything but a member with a number")

    return read


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_OPERATIONS: Mapping[str, Callable[[list[Any], int], JsonObject]] = MappingProxyType(
    {
        "!": _not,
        "!!": _truthy,
        "!=": _unequal(strict=False),
        "!==": _unequal(strict=True),
        "<": _order("exclusiveMaximum", "exclusiveMinimum"),
        "<=": _order("maximum", "minimum"),
        "==": _equal(strict=False),
        "===": _equal(strict=True),
        ">": _order("exclusiveMinimum", "exclusiveMaximum"),
        ">=": _order("minimum", "maximum"),
        "and": _all,
        "if": _choice,
        "in": _in,
        "missing": _missing,
        "or": _any,
        "var": _variable,
    }
)
