"""Faults of a mapped query, told in the names that the client wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gateway_core.errors import InvalidQuery
from gateway_core.query.paths import shown
from gateway_core.types import Json, JsonObject

MAX_TRIALS = 50


def of_client(
    error: InvalidQuery, params: JsonObject, mapped: Callable[[JsonObject], JsonObject]
) -> InvalidQuery:
    """The error about the parameter of ``params`` that became the one it names.

    ``mapped`` maps parameters in. A parameter is the cause when what the error names is gone
    without it; when none is, the error is answered as it is. A hint goes along only where it
    has no names in it, for they would be those of the stored shape.
    """
    head, brackets = _parts(error.parameter)
    if not _holds(mapped(params), head):
        return error
    for number, name in enumerate(_names(params)):
        if number == MAX_TRIALS:
            break
        if _holds(mapped(_without(params, name)), head):
            continue
        written = "".join((name[0], *(f"[{key}]" for key in name[1:]), brackets))
        rule = error.detail.removeprefix(f"query parameter '{shown(error.parameter)}' ")
        if rule == error.detail or rule.startswith("is not known"):
            rule, hint = "asks for something that does not exist.", ""
        else:
            hint = "" if error.hint.startswith(("Name ", "The members ")) else error.hint
        return InvalidQuery(f"query parameter '{shown(written)}' {rule}", parameter=written, hint=hint)
    return error


def _parts(parameter: str) -> tuple[tuple[str, ...], str]:
    """The place of a parameter among mapped ones, and the operator that stands behind it."""
    name, bracket, rest = parameter.partition("[")
    if name.startswith("_") and bracket:
        return (name, rest.removesuffix("]")), ""
    return (name,), bracket + rest


def _names(params: JsonObject) -> Iterator[tuple[str, ...]]:
    """The parameters, and for the gateway's own words each of their keys."""
    for name, value in params.items():
        if name.startswith("_") and isinstance(value, dict):
            yield from ((name, key) for key in value)
        else:
            yield (name,)


def _without(params: JsonObject, name: tuple[str, ...]) -> JsonObject:
    head, *keys = name
    rest: JsonObject = {key: value for key, value in params.items() if key != head}
    inner = params[head]
    if keys and isinstance(inner, dict):
        rest[head] = {key: value for key, value in inner.items() if key != keys[0]}
    return rest


def _holds(params: JsonObject, name: tuple[str, ...]) -> bool:
    value: Json = params
    for key in name:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True
