"""Values as that dialect writes them (``"true"``, ``"5"``), read as what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from gateway_core.types import Json

_MAX_DIGITS = 18
_GREATEST = 1e300
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no", ""})


class Unreadable(ValueError):
    """The value is none of the type."""


def flag(value: Json) -> bool:
    """A truth value, also as text or number. Raises ``Unreadable`` for anything else."""
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else str(value)
    if text in _TRUE:
        return True
    if text in _FALSE or value is None:
        return False
    raise Unreadable


def is_set(value: Json) -> bool:
    """Whether a flag is set; what cannot be read is not."""
    try:
        return flag(value)
    except Unreadable:
        return False


def number(value: Json) -> int | float:
    """A number, also as text. Raises ``Unreadable`` for anything else, and for what is not finite."""
    if isinstance(value, str) and len(value) <= 40:
        try:
            value = orjson.loads(value.strip())
        except ValueError:
            raise Unreadable from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _GREATEST:
        raise Unreadable
    return value


def whole(value: Json) -> int:
    """A whole number from 0 of some size, also as text. Raises ``Unreadable`` for anything else."""
    found = number(value)
    if found != int(found) or not 0 <= found < 10**_MAX_DIGITS:
        raise Unreadable
    return int(found)


def text(value: Json) -> str:
    """A text; numbers and truth values are written as JSON writes them."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(orjson.dumps(value).decode()) if not isinstance(value, int) or abs(value) < 2**63 else ""
    raise Unreadable


def names(value: Json) -> list[str]:
    """A list of names; one name stands for itself, a comma separates several."""
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    if isinstance(value, dict):
        value = list(value.values())
    return list(dict.fromkeys(n for n in value if isinstance(n, str))) if isinstance(value, list) else []


def of_types(value: Json, types: Iterable[str]) -> Any:
    """The value as one of the types (JSON Schema's). Raises ``Unreadable`` when it is none of them."""
    allowed = tuple(types)
    if not allowed or any(_has_type(value, name) for name in allowed):
        return value
    for name in allowed:
        try:
            return _READ[name](value)
        except (KeyError, Unreadable):
            continue
    raise Unreadable


def _has_type(value: Json, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    kinds: dict[str, Any] = {
        "array": list,
        "null": type(None),
        "number": (int, float),
        "object": dict,
        "string": str,
    }
    return isinstance(value, kinds.get(name, ()))


def _whole_number(value: Json) -> int:
    found = number(value)
    if found != int(found):
        raise Unreadable
    return int(found)


def _parsed(kind: type) -> Any:
    def read(value: Json) -> Json:
        if isinstance(value, str) and len(value) < 10_000:
            try:
                found = orjson.loads(value)
            except ValueError:
                raise Unreadable from None
            if isinstance(found, kind):
                return found
        raise Unreadable

    return read


_READ: dict[str, Any] = {
    "array": _parsed(list),
    "boolean": flag,
    "integer": _whole_number,
    "number": number,
    "object": _parsed(dict),
    "string": text,
}
