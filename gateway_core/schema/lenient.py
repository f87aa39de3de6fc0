"""Values read as forgivingly as PHP reads them (``x-lenient``), where they are none of their property."""

from __future__ import annotations

import re

from gateway_core.schema.formats import CHECKS
from gateway_core.schema.spec import PropertyKind, PropertySpec
from gateway_core.types import Json

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:(?:[Tt ]| ?UTC ?)(?P<time>[0-9]{2}:[0-9]{2})(?P<seconds>:[0-9]{2}(?:\.[0-9]+)?)?"
    r" ?(?P<offset>[Zz]|UTC|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_NOTHING: tuple[Json, ...] = ("", [], {})


def read(value: Json, known: PropertySpec) -> Json:
    """The value of a property as it is meant; what cannot be read stays as it is."""
    if known.many:
        if isinstance(value, list):
            return [_single(each, known) for each in value]
        return None if known.nullable and value in ("", {}) else value
    if known.nullable and value in _NOTHING and not _is_value(value, known):
        return None
    return _single(value, known)


def _is_value(value: Json, known: PropertySpec) -> bool:
    """Whether an empty text, list or object is a value that the property can have."""
    if value == "" and isinstance(value, str):
        plain = not known.types or "string" in known.types
        return plain and not known.demanding and known.kind is PropertyKind.VALUE
    if isinstance(value, list):
        return not known.types or "array" in known.types
    return known.kind is PropertyKind.VALUE and (not known.types or "object" in known.types)


def _single(value: Json, known: PropertySpec) -> Json:
    if not isinstance(value, str):
        return value
    if known.format in ("date", "date-time"):
        return value if CHECKS[known.format](value) else _moment(value, known.format)
    if not known.types or "string" in known.types:
        return value
    if "boolean" in known.types and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if "integer" in known.types and _WHOLE.fullmatch(value):
        return int(value)
    if "number" in known.types and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return value


def _moment(value: str, wanted: str) -> str:
    """A date or date-time in its own spelling; without an offset it is in UTC."""
    match = _MOMENT.fullmatch(value.strip())
    if match is None:
        return value
    if wanted == "date":
        found = match["day"]
    else:
        offset = (match["offset"] or "Z").upper().replace("UTC", "Z")
        if len(offset) == 5:
            offset = f"{offset[:3]}:{offset[3:]}"
        found = f"{match['day']}T{match['time'] or '00:00'}{match['seconds'] or ':00'}{offset}"
    return found if CHECKS[wanted](found) else value
