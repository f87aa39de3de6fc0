"""A query in the body of a request → the map of parameters that the same query in a URL would be."""

from __future__ import annotations

from gateway_core.errors import BadRequest, InvalidQuery
from gateway_core.query.paths import shown
from gateway_core.query.text import MAX_NAME, MAX_PARAMETERS, keys_of
from gateway_core.types import Json, JsonObject

MAX_DEPTH = 10


def parse_body(document: Json) -> JsonObject:
    """The parameters that a JSON object asks for, as ``parse_query_string`` gives them.

    Its names are those of query parameters: dotted paths, with operators in brackets
    (``"born[after]"``) or as the names of an object below (``{"born": {"after": …}}``). A list asks
    for any of its values. Numbers and booleans are the text they are written as, and null is
    ``IS NULL``. Raises ``BadRequest`` when it is no object, and ``InvalidQuery`` for names that cannot be
    read, or that give one parameter twice.
    """
    if not isinstance(document, dict):
        raise BadRequest("the body must be a JSON object whose names are query parameters")
    if len(document) > MAX_PARAMETERS:
        raise InvalidQuery(f"the query has more than {MAX_PARAMETERS} parameters.", parameter="")
    params: JsonObject = {}
    for name, value in document.items():
        if not name or len(name) > MAX_NAME:
            detail = f"a name in the body is empty or longer than {MAX_NAME} characters."
            raise InvalidQuery(detail, parameter=name[:MAX_NAME])
        _put(params, keys_of(name), _text(value, name, 0), name)
    return params


def _put(params: JsonObject, keys: list[str], value: Json, name: str) -> None:
    """Set a value below its keys; ``""`` at the end, an append, says nothing that a list does not."""
    *outer, last = keys[:-1] if len(keys) > 1 and keys[-1] == "" else keys
    target = params
    for key in outer:
        inner = target.get(key)
        if not isinstance(inner, dict):
            inner = target[key] = {} if inner is None else {"": inner}
        target = inner
    _merge(target, last, value, name)


def _merge(target: JsonObject, key: str, value: Json, name: str) -> None:
    held = target.get(key)
    if held is None:
        target[key] = value
    elif isinstance(held, dict) or isinstance(value, dict):
        joined = target[key] = held if isinstance(held, dict) else {"": held}
        for inner, each in (value if isinstance(value, dict) else {"": value}).items():
            _merge(joined, inner, each, name)
    else:
        detail = f"query parameter '{shown(name)}' is given twice in the body."
        raise InvalidQuery(detail, parameter=name, hint="Give a list of values.")


def _text(value: Json, name: str, depth: int) -> Json:
    if depth > MAX_DEPTH:
        raise InvalidQuery(f"query parameter '{shown(name)}' nests too deep.", parameter=name)
    if isinstance(value, dict):
        return {key: _text(each, name, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_text(each, name, depth + 1) for each in value]
    if value is None:
        return "IS NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)
