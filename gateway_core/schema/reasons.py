"""Violations in words: an English sentence for each code, made from its parameters alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gateway_core.schema.formats import FORMATS
from gateway_core.types import Violation

_SHOWN = 20

_TYPE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "array": "a list",
        "boolean": "true or false",
        "integer": "a whole number",
        "null": "null",
        "number": "a number",
        "object": "an object",
        "string": "a text",
    }
)


def reason(violation: Violation) -> str:
    """What the member must be, as the end of a sentence that starts with its name.

    Never holds a value of the document: "must be at most 200 characters long".
    """
    sentence = SENTENCES.get(violation.code)
    return sentence(violation.params) if sentence else "is not allowed here"


def _fixed(text: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda _: text


def _limit(before: str, unit: str = "", after: str = "") -> Callable[[Mapping[str, Any]], str]:
    def sentence(params: Mapping[str, Any]) -> str:
        limit = params["limit"]
        plural = "" if not unit or limit == 1 else "s"
        counted = f"{limit} {unit}{plural}" if unit else f"{limit}"
        return f"{before} {counted}{after}"

    return sentence


def _listed(options: Sequence[Any], joint: str = "or") -> str:
    words = ["null" if option is None else str(option) for option in options[:_SHOWN]]
    if len(options) > _SHOWN:
        return f"{', '.join(words)} {joint} {len(options) - _SHOWN} more"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}"


def _type(params: Mapping[str, Any]) -> str:
    names = [_TYPE_NAMES.get(name, name) for name in params["types"]]
    return f"must be {_listed(names)}"


def _enum(params: Mapping[str, Any]) -> str:
    return f"must be one of {_listed(params['allowed'])}" if params["allowed"] else "has no allowed value"


def _const(params: Mapping[str, Any]) -> str:
    expected = params["expected"]
    scalar = expected is None or isinstance(expected, str | int | float)
    return f"must be {_listed([expected])}" if scalar else "must be the value that the schema prescribes"


def _bound(before: str) -> Callable[[Mapping[str, Any]], str]:
    words = {"now": "the present moment", "today": "today"}
    return lambda params: f"{before} {words.get(params['limit'], params['limit'])}"


def _format(params: Mapping[str, Any]) -> str:
    known = FORMATS.get(params["format"])
    return f"must be {known.description}" if known else f"must have the format {params['format']}"


def _unknown(params: Mapping[str, Any]) -> str:
    if "suggestion" in params:
        return f"is not a known property; did you mean '{params['suggestion']}'?"
    known = params.get("known") or ()
    return (
        f"is not a known property; known are {_listed(known, 'and')}" if known else "is not a known property"
    )


# Every code of a violation with its sentence; the reference page is printed from it.
SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = MappingProxyType(
    {
        "anyOf": _fixed("must match at least one of the alternatives of its schema"),
        "change-only": _fixed("cannot be given when an object is created, only when it is changed"),
        "const": _const,
        "contains": _fixed("must hold the items that its schema asks for"),
        "enum": _enum,
        "exclusiveMaximum": _limit("must be less than"),
        "exclusiveMinimum": _limit("must be more than"),
        "fileTypes": lambda params: f"must be a file of type {_listed(params['allowed'])}",
        "forbidden": _fixed("is not allowed here"),
        "format": _format,
        "immutable": _fixed("cannot be changed once it is set"),
        "maxDate": _bound("must not be after"),
        "maxFileSize": _limit("must be a file of at most", "byte"),
        "maxItems": _limit("must hold at most", "item"),
        "maxLength": _limit("must be at most", "character", " long"),
        "maxProperties": _limit("must have at most", "member"),
        "maximum": _limit("must be at most"),
        "minDate": _bound("must not be before"),
        "minFileSize": _limit("must be a file of at least", "byte"),
        "minItems": _limit("must hold at least", "item"),
        "minLength": _limit("must be at least", "character", " long"),
        "minProperties": _limit("must have at least", "member"),
        "minimum": _limit("must be at least"),
        "multipleOf": lambda params: f"must be a multiple of {params['factor']}",
        "not": _fixed("must not match what its schema excludes"),
        "not-found": _fixed("names an object that does not exist"),
        "oneOf": _fixed("must match exactly one of the alternatives of its schema"),
        "pattern": lambda params: f"must match the pattern {params['pattern']}",
        "propertyNames": _fixed("has a member whose name is not allowed"),
        "required": _fixed("is required"),
        "too-deep": _limit("must be nested at most", "level", " deep"),
        "type": _type,
        "uniqueItems": _fixed("must not hold the same item twice"),
        "unique": _fixed("must be unique, and another object has this value"),
        "unknown-property": _unknown,
    }
)
