"""JSON as the language writes and reads it: PHP's ``json_encode`` and ``json_decode``."""

from __future__ import annotations

import html.entities
import json
import math
import re
from typing import Final

import orjson

from gateway_core.mapping.printf import php_float_to_json
from gateway_core.mapping.run import Run
from gateway_core.mapping.values import INT_MAX, INT_MIN, as_array, failure, is_array, is_listlike
from gateway_core.types import Json

HEX_TAG, HEX_AMP, HEX_APOS, HEX_QUOT, FORCE_OBJECT = 1, 2, 4, 8, 16
NUMERIC_CHECK, UNESCAPED_SLASHES, PRETTY_PRINT, UNESCAPED_UNICODE = 32, 64, 128, 256
PRESERVE_ZERO_FRACTION = 1024

_plain: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), check_circular=False).encode
_unicode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_ENTITY: Final = re.compile(r"&(?:#([0-9]+)|#[xX]([0-9a-fA-F]+)|([A-Za-z][A-Za-z0-9]*));")
_DOT_BEFORE_QUOTE: Final = re.compile(rb'\.[^"\\]*+(?:\\.[^"\\]*+)*+"(:)?')
_ENTITY_START: Final = re.compile(rb"&[#0-9A-Za-z]")
_WHOLE_FLOAT: Final = re.compile(rb"\.0(?:[,\]}]|$)")
_STRICT: Final = orjson.OPT_STRICT_INTEGER | orjson.OPT_PASSTHROUGH_DATETIME
_LONG_NUMBER: Final = re.compile(r"\d{19}|-0(?![.\d])")
_HEX: Final = ((HEX_TAG, "<", "\\u003C"), (HEX_TAG, ">", "\\u003E"), (HEX_AMP, "&", "\\u0026"))
_HEX_QUOTES: Final = ((HEX_APOS, "'", "\\u0027"), (HEX_QUOT, '\\"', "\\u0022"))


# -- writing ----------------------------------------------------------------------------------


def encode(value: Json, run: Run, flags: int = 0) -> str:
    """The JSON text of a value. Length and depth are checked before the text is built."""
    survey = _Survey(run)
    survey.visit(value, 1)
    run.text(survey.length)
    if survey.simple and not flags:
        return _plain(value).replace("/", "\\/")
    if not survey.finite:
        return ""
    return _Writer(flags).write(value, 0)


class _Survey:
    """A walk over a value that pays for it, bounds it, and tells whether the quick writer will do."""

    __slots__ = ("as_text", "finite", "length", "limit", "run", "simple")

    def __init__(self, run: Run, *, as_text: bool = True) -> None:
        self.run = run
        self.as_text = as_text
        self.limit = run.limits.depth * 2
        self.length = 0
        self.simple = True
        self.finite = True

    def visit(self, value: Json, depth: int) -> None:
        kind = type(value)
        if kind is str:
            self.length += len(value) + 2
        elif kind is dict:
            if not value or ("0" in value and is_listlike(value)):
                self.simple = False
            self.enter(len(value), depth)
            for key, item in value.items():
                self.length += len(key) + 4
                self.visit(item, depth + 1)
        elif kind is list:
            self.enter(len(value), depth)
            for item in value:
                self.visit(item, depth + 1)
        elif kind is float:
            self.simple = False
            self.finite = self.finite and math.isfinite(value)
            self.length += 20
        elif kind is int:
            self.length += 20
        elif value is None or kind is bool:
            self.length += 5
        else:
            raise failure("A date cannot be written as JSON; use the filter date first")

    def enter(self, count: int, depth: int) -> None:
        if depth > self.limit:
            raise self.run.too_deep()
        self.run.burn(1 + (count >> 1))
        self.length += count + 2
        if self.as_text:
            if self.length > self.run.limits.text:
                self.run.text(self.length)
        else:
            self.run.burn(self.length >> 6)
            self.length = 0


class _Writer:
    """The writer for everything but the plainest: floats, digit keys, flags."""

    def __init__(self, flags: int) -> None:
        self.flags = flags
        self.pretty = bool(flags & PRETTY_PRINT)

    def write(self, value: Json, level: int) -> str:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            value = as_array(value)
        if isinstance(value, list | dict):
            return self.array(value, level)
        if isinstance(value, float):
            return self.float(value)
        return _plain(value)

    def array(self, value: list[Json] | dict[str, Json], level: int) -> str:
        as_list = isinstance(value, list) or not value
        if as_list and self.flags & FORCE_OBJECT:
            value, as_list = {str(index): item for index, item in enumerate(value)}, False
        if not value:
            return "[]" if as_list else "{}"
        if as_list:
            parts = [self.write(item, level + 1) for item in value]
        else:
            colon = ": " if self.pretty else ":"
            parts = [f"{self.text(key)}{colon}{self.write(item, level + 1)}" for key, item in value.items()]  # type: ignore[union-attr]
        opening, closing = "[]" if as_list else "{}"
        if not self.pretty:
            return f"{opening}{','.join(parts)}{closing}"
        indent = "    " * (level + 1)
        inner = f",\n{indent}".join(parts)
        return f"{opening}\n{indent}{inner}\n{'    ' * level}{closing}"

    def text(self, value: str) -> str:
        text = _unicode(value) if self.flags & UNESCAPED_UNICODE else _plain(value)
        if not self.flags & UNESCAPED_SLASHES:
            text = text.replace("/", "\\/")
        if self.flags & (HEX_TAG | HEX_AMP | HEX_APOS | HEX_QUOT):
            body = text[1:-1]
            for flag, sign, escaped in (*_HEX, *_HEX_QUOTES):
                if self.flags & flag:
                    body = body.replace(sign, escaped)
            text = f'"{body}"'
        return text

    def float(self, value: float) -> str:
        text = php_float_to_json(value)
        if self.flags & PRESERVE_ZERO_FRACTION and text.lstrip("-").isdigit():
            text += ".0"
        return text


def weigh(value: Json, run: Run) -> None:
    """Pay for a value by its size, as often as its parts occur in it."""
    _Survey(run, as_text=False).visit(value, 1)


def pay_to_compare(left: Json, right: Json, run: Run) -> None:
    """Pay for comparing two values: arrays are compared part by part, as often as parts occur."""
    if is_array(left) and is_array(right) and len(left) == len(right):
        weigh(left, run)


def is_settled(value: Json, run: Run, flags: int = 0) -> bool:
    """Whether a value that is written as JSON and read again by ``jsonToArray`` stays the same.

    ``flags`` are those of the writing: with ``HEX_AMP`` no text reads as an entity. Quick
    and on the safe side: whole floats, digit keys, entities and odd text say no. The caller
    knows that the value is bounded.
    """
    try:
        data = orjson.dumps(value, option=_STRICT)
    except TypeError:
        return False
    run.burn(1 + (len(data) >> 6))
    if len(data) > run.limits.text or b'"0":' in data or _WHOLE_FLOAT.search(data) is not None:
        return False
    return flags & HEX_AMP != 0 or _ENTITY_START.search(data) is None


def survey(document: Json) -> tuple[bool, bool, int]:
    """Look over a JSON document once, by way of its JSON text.

    Answers what is surely true of every part of it: whether no key holds a dot, nor any text an
    encoded one; whether no text holds what reads as an entity; and the bytes of the whole.
    """
    try:
        data = orjson.dumps(document, option=_STRICT)
    except TypeError:
        return False, False, 0
    entity = b"&" in data and _ENTITY_START.search(data) is not None
    plain = not (entity and b"&#46;" in data) and b":" not in _DOT_BEFORE_QUOTE.findall(data)
    return plain, not entity, len(data)


def watch(value: Json, run: Run) -> None:
    """Before a number or an array is copied: the run forgets that it is settled if this is not."""
    if run.settled:
        data = orjson.dumps(value)
        run.settled = b'"0":' not in data and _WHOLE_FLOAT.search(data) is None


# -- reading ----------------------------------------------------------------------------------


def decode(text: str, run: Run) -> Json:
    """The value of a JSON text, or None when it is not JSON (as PHP answers)."""
    run.text(len(text))
    try:
        if _LONG_NUMBER.search(text) is None:
            value = orjson.loads(text)
        else:
            value = json.loads(text, parse_int=_integer, parse_constant=_refuse)
            orjson.dumps(value)  # a lone surrogate is no text
    except (ValueError, TypeError):
        return _keyword(text)
    except RecursionError:
        raise run.too_deep() from None
    return _lists(value) if '"0"' in text else value


def _integer(digits: str) -> int | float:
    if digits == "-0":
        return -0.0
    number = int(digits) if len(digits) < 400 else INT_MAX + 1
    return number if INT_MIN <= number <= INT_MAX else float(digits)


def _refuse(constant: str) -> Json:
    raise ValueError(constant)


def _keyword(text: str) -> Json:
    # PHP reads the three words in any case.
    return {"true": True, "false": False}.get(text.strip(" \t\n\r").lower())


def _lists(value: Json) -> Json:
    if isinstance(value, dict):
        return as_array({key: _lists(item) for key, item in value.items()})
    if isinstance(value, list):
        return [_lists(item) for item in value]
    return value


def decode_entities(text: str) -> str:
    """HTML 4.01 entities as the characters they stand for, as PHP's ``html_entity_decode``."""
    return _ENTITY.sub(_entity, text) if "&" in text else text


def _entity(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        point = html.entities.name2codepoint.get(name)
        return match[0] if point is None else chr(point)
    digits = decimal or hexadecimal
    if len(digits) > 9:
        return match[0]
    point = int(decimal) if decimal else int(hexadecimal, 16)
    allowed = (
        point in (9, 10, 13)
        or 0x20 <= point <= 0x7E
        or 0xA0 <= point <= 0xD7FF
        or 0xE000 <= point <= 0x10FFFF
    )
    return chr(point) if allowed else match[0]
