"""What a client writes as a value → scalars of the type that the property has."""

from __future__ import annotations

import math
import re

from gateway_core.errors import InvalidQuery
from gateway_core.query.model import Scalar
from gateway_core.query.paths import shown
from gateway_core.schema.spec import PropertyKind, PropertySpec
from gateway_core.types import Json

_INTEGER = re.compile(r"-?[0-9]{1,19}")
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_LEAST, _MOST = -(2**63), 2**63 - 1
_ARTICLES = {"integer": "an integer", "number": "a number", "boolean": "true or false", "string": "text"}


def readings(prop: PropertySpec, value: Json, parameter: str) -> tuple[Scalar, ...]:
    """The value as each of the types that the property allows: ``5`` is a number and a text
    for a property that may hold either.

    Raises ``InvalidQuery`` naming the types when it can be read as none of them.
    """
    found: dict[tuple[bool, Scalar], Scalar] = {}
    for name, read in _READERS.items():
        if not prop.types or name in prop.types:
            scalar = read(value)
            if scalar is not None:
                found.setdefault((isinstance(scalar, bool), scalar), scalar)
    if not found:
        raise refusal(parameter, f"must be {_types(prop)}")
    return tuple(found.values())


def reads(prop: PropertySpec, *types: str) -> bool:
    """Whether the property may hold one of the types."""
    return not prop.types or not prop.types.isdisjoint(types)


def holds_scalars(prop: PropertySpec) -> bool:
    """Whether a value of the property can be compared at all: it need not be an object."""
    return prop.kind is PropertyKind.VALUE and reads(prop, *_READERS)


def read_text(value: Json) -> str | None:
    """Text that every store can hold: no NUL, no half of a surrogate pair."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if _LEAST <= value <= _MOST else None
    if not isinstance(value, str):
        return None
    if value.isascii():
        return None if "\0" in value else value
    return None if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value) else value


def read_integer(value: Json) -> int | None:
    """A whole number of 64 bits."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and _LEAST <= value <= _MOST else None


def read_number(value: Json) -> int | float | None:
    """A finite number; a whole one that fits stays exact."""
    whole = read_integer(value)
    if whole is not None:
        return whole
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    return value if isinstance(value, float) and math.isfinite(value) else None


def read_boolean(value: Json) -> bool | None:
    """``true`` and ``false`` in any case, ``1`` and ``0``."""
    if isinstance(value, bool):
        return value
    return _BOOLEANS.get(value.lower()) if isinstance(value, str) else None


def refusal(parameter: str, rule: str, hint: str = "") -> InvalidQuery:
    """The error that a parameter breaks a rule; the rule completes "query parameter 'x' …"."""
    return InvalidQuery(f"query parameter '{shown(parameter)}' {rule}.", parameter=parameter, hint=hint)


def unshown(parameter: str) -> InvalidQuery:
    """The error that a URL asks for personal data where it may not."""
    hint = "Ask with POST and the filters in the body, below '_find' behind the path of the collection."
    return refusal(parameter, "asks for personal data, which may not stand in a URL here", hint)


def _types(prop: PropertySpec) -> str:
    names = [text for name, text in _ARTICLES.items() if not prop.types or name in prop.types]
    return " or ".join(names) or "'IS NULL' or 'IS NOT NULL'"


_READERS = {
    "string": read_text,
    "integer": read_integer,
    "number": read_number,
    "boolean": read_boolean,
}
