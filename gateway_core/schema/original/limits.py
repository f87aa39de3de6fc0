"""Bounds of numbers, lengths, dates and files."""

from __future__ import annotations

import re
from collections.abc import Collection

from gateway_core.schema.bounds import BOUND
from gateway_core.schema.original import words
from gateway_core.schema.original.frame import Frame
from gateway_core.schema.original.values import Unreadable, is_set, names, number, whole
from gateway_core.types import Json, JsonObject

_MALFORMED = "schema-malformed"
_MAX_DIGITS = 18
_DELIMITED = re.compile(r"([/~#])(.*)\1([imsxuD]*)", re.DOTALL)
_RELATIVE = re.compile(
    r"(?:now|today)?\s*(?P<sign>[+-]?)\s*(?P<count>[0-9]{1,6})\s*(?P<unit>[a-z]+?)s?(?:\s+(?P<ago>ago))?"
)
_DURATIONS = {
    "sec": "PT{}S",
    "second": "PT{}S",
    "min": "PT{}M",
    "minute": "PT{}M",
    "hour": "PT{}H",
    "day": "P{}D",
    "week": "P{}W",
    "month": "P{}M",
    "year": "P{}Y",
}
_WORDS = {"tomorrow": "today+P1D", "yesterday": "today-P1D", "midnight": "today", "noon": "today"}


def limits(node: JsonObject, types: Collection[str], frame: Frame) -> JsonObject:
    """The bounds of a node whose values are of ``types`` (JSON Schema's; empty: of any)."""
    found: JsonObject = {}
    for keyword in words.COUNTS | words.LENGTHS:
        if keyword in node:
            found |= _count(keyword, node[keyword], types, frame)
    found |= _numbers(node, frame)
    for keyword in words.DATES:
        if keyword in node:
            found |= _date(keyword, node[keyword], frame)
    found |= _files(node, frame)
    if "pattern" in node:
        found |= _pattern(node["pattern"], frame)
    return found


def _count(keyword: str, value: Json, types: Collection[str], frame: Frame) -> JsonObject:
    try:
        limit = whole(value)
    except Unreadable:
        frame.warn(_MALFORMED, keyword, f"{keyword} must be a whole number, and is left out")
        return {}
    if keyword not in words.LENGTHS or not types or "string" in types:
        return {keyword: limit}
    if "array" in types:
        return {keyword.replace("Length", "Items"): limit}
    if "integer" in types and limit <= _MAX_DIGITS:
        return _digits(keyword, limit, frame)
    frame.info("schema-not-kept", keyword, f"{keyword} concerns text, and has no effect here")
    return {}


def _digits(keyword: str, limit: int, frame: Frame) -> JsonObject:
    """The length of a whole number is how many digits it has."""
    if keyword == "minLength" and limit <= 1:
        return {}
    bound = 10 ** (limit - 1) if keyword == "minLength" else 10**limit - 1
    instead = "minimum" if keyword == "minLength" else "maximum"
    frame.info("schema-read", keyword, f"{keyword} of a whole number is read as {instead} {bound}")
    return {instead: bound}


def _numbers(node: JsonObject, frame: Frame) -> JsonObject:
    found: JsonObject = {}
    for keyword in ("minimum", "maximum", "multipleOf"):
        if keyword in node:
            try:
                found[keyword] = number(node[keyword])
            except Unreadable:
                frame.warn(_MALFORMED, keyword, f"{keyword} must be a number, and is left out")
    if found.get("multipleOf", 1) <= 0:
        del found["multipleOf"]
        frame.warn(_MALFORMED, "multipleOf", "multipleOf must be more than 0, and is left out")
    for keyword, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if keyword in node:
            _exclude(keyword, limit, node[keyword], found, frame)
    return found


def _exclude(keyword: str, limit: str, value: Json, found: JsonObject, frame: Frame) -> None:
    """Of draft 4 the word is a flag beside the limit; since draft 6 it is the limit."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        found[keyword] = value
    elif not is_set(value):
        return
    elif limit in found:
        found[keyword] = found.pop(limit)
    else:
        frame.warn(_MALFORMED, keyword, f"{keyword} has no {limit} beside it, and is left out")


def _date(keyword: str, value: Json, frame: Frame) -> JsonObject:
    bound = _bound(value) if isinstance(value, str) else None
    if bound is None:
        hint = "write a date, a date-time, now or today, or for example today-P18Y"
        frame.warn(_MALFORMED, keyword, f"{keyword} is no moment that is known here, and is left out", hint)
        return {}
    return {f"x-{keyword}": bound}


def _bound(value: str) -> str | None:
    text = " ".join(value.strip().split())
    if BOUND.fullmatch(text):
        return text
    lowered = text.lower()
    if lowered in _WORDS or BOUND.fullmatch(lowered):
        return _WORDS.get(lowered, lowered)
    match = _RELATIVE.fullmatch(lowered)
    duration = _DURATIONS.get(match["unit"]) if match else None
    if match is None or duration is None or not (match["sign"] or match["ago"]):
        return None
    backwards = (match["sign"] == "-") != bool(match["ago"])
    start = "today" if lowered.startswith("today") else "now"
    return f"{start}{'-' if backwards else '+'}{duration.format(int(match['count']))}"


def _files(node: JsonObject, frame: Frame) -> JsonObject:
    found: JsonObject = {}
    for keyword in ("minFileSize", "maxFileSize"):
        if keyword in node:
            try:
                found[f"x-{keyword}"] = whole(node[keyword])
            except Unreadable:
                frame.warn(_MALFORMED, keyword, f"{keyword} must be a number of bytes, and is left out")
    types = names(node.get("fileTypes"))
    if types:
        found["x-fileTypes"] = types
    elif node.get("fileTypes"):
        frame.warn(_MALFORMED, "fileTypes", "fileTypes must be a list of media types, and is left out")
    return found


def _pattern(value: Json, frame: Frame) -> JsonObject:
    if not isinstance(value, str):
        frame.warn(_MALFORMED, "pattern", "pattern must be a text, and is left out")
        return {}
    match = _DELIMITED.fullmatch(value)  # as PHP writes them
    if match is None:
        return {"pattern": value}
    flags = "".join(sorted(set(match[3]) & set("ims")))
    return {"pattern": f"(?{flags}){match[2]}" if flags else match[2]}
