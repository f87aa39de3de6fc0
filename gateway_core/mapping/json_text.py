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
from gateway_core.mapping.values import (
    INT_MAX,
    INT_MIN,
    as_array,
    failure,
    is_array,
    is_listlike,
    values_of,
)
from gateway_core.types import Json

HEX_TAG, HEX_AMP, HEX_APOS, HEX_QUOT, FORCE_OBJECT = 1, 2, 4, 8, 16
NUMERIC_CHECK, UNESCAPED_SLASHES, PRETTY_PRINT, UNESCAPED_UNICODE = 32, 64, 128, 256
PRESERVE_ZERO_FRACTION = 1024

_NUMERIC: Final = frozenset("0123456789 +-.\t\n\r\v\f")
_DIGITS: Final = 4  # times as much work: what looks like a number is read as one
_SHORT: Final = 64  # letters of a text that is counted without a look at it
_PART: Final = 4096
_plain: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), check_circular=False).encode
_unicode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_ENTITY: Final = re.compile(r"&(?:#([0-9]+)|#[xX]([0-9a-fA-F]+)|([A-Za-z][A-Za-z0-9]*));")
_DOT_BEFORE_QUOTE: Final = re.compile(rb'\.[^"\\]*+(?:\\.[^"\\]*+)*+"(:)?')
_ENTITY_START: Final = re.compile(rb"&[#0-9A-Za-z]")
_WHOLE_FLOAT: Final = re.compile(rb"\.0(?:[,\]}]|$)")
_DIGIT_KEY: Final = re.compile(rb'0":')  # quicker to find than a quotation mark
_STRICT: Final = orjson.OPT_STRICT_INTEGER | orjson.OPT_PASSTHROUGH_DATETIME
_SHALLOW: Final = 32  # levels: with a few more for each of the mappings within, not too deep to write
_UNKNOWN_SIZE: Final = 1 << 20
_LONG_NUMBER: Final = re.compile(r"\d{19}|-0(?![.\d])")
_HEX: Final = ((HEX_TAG, "<", "\\u003C"), (HEX_TAG, ">", "\\u003E"), (HEX_AMP, "&", "\\u0026"))
_HEX_QUOTES: Final = ((HEX_APOS, "'", "\\u0027"), (HEX_QUOT, '\\"', "\\u0022"))


# -- writing ----------------------------------------------------------------------------------


def encode(value: Json, run: Run, flags: int = 0) -> str:
    """The JSON text of a value. Length and depth are checked before the text is built."""
    survey = _Survey(run, flags=flags)
    survey.visit(value, 1)
    run.text(survey.length)
    if survey.simple and not flags:
        return _plain(value).replace("/", "\\/")
    if not survey.finite:
        return ""
    return _Writer(flags).write(value, 0)


class _Survey:
    """A walk over a value that pays for it, bounds it, and tells whether the quick writer will do."""

    __slots__ = ("as_text", "finite", "flags", "indent", "length", "limit", "most", "run", "simple")

    def __init__(self, run: Run, *, as_text: bool = True, flags: int = 0) -> None:
        self.run = run
        self.as_text = as_text
        self.flags = flags
        self.indent = 4 if flags & PRETTY_PRINT else 0
        # A list that is written as an object has keys of its own.
        self.most = 9 if flags & FORCE_OBJECT else 1
        self.limit = run.limits.depth * 2
        self.length = 0
        self.simple = True
        self.finite = True

    def visit(self, value: Json, depth: int) -> None:
        kind = type(value)
        if kind is str:
            self.text(value)
        elif kind is dict:
            if not value or ("0" in value and is_listlike(value)):
                self.simple = False
            self.enter(len(value), depth)
            for key, item in value.items():
                self.text(key)
                self.visit(item, depth + 1)
        elif kind is list:
            self.enter(len(value), depth)
            for item in value:
                self.visit(item, depth + 1)
        elif kind is float:
            self.simple = False
            self.finite = self.finite and math.isfinite(value)
            self.length += 26
            self.run.burn(6)
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
        self.length += count * (self.most + self.indent * (depth + 1)) + 2
        if not self.as_text:
            self.run.burn(self.length >> 6)
            self.length = 0
        elif self.length > self.run.limits.text:
            raise self.run.too_long()

    def text(self, value: str) -> None:
        """Count a text and its quotes; where escapes may matter, as it will be written."""
        size = len(value)
        self.length += size + 4
        if size > _SHORT and self.as_text and self.length + size * 11 > self.run.limits.text:
            self.run.work(size * 2)
            if self.length > self.run.limits.text:
                raise self.run.too_long()
            writer = _Writer(self.flags)
            for start in range(0, size, _PART):
                part = value[start : start + _PART]
                self.length += len(writer.text(part)) - 2 - len(part)
                if self.length > self.run.limits.text:
                    raise self.run.too_long()
        elif size > _SHORT:
            self.run.burn(size >> 8)


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
    if isinstance(left, str):
        size = len(left) + (len(right) if isinstance(right, str) else 0)
        if size > _SHORT:
            run.work(size * (_DIGITS if left[:1] in _NUMERIC else 1))
    elif is_array(left) and is_array(right) and len(left) == len(right):
        weigh(left, run)
        weigh(right, run)
    elif isinstance(right, str) and len(right) > _SHORT:
        run.work(len(right) * _DIGITS)


def pay_to_search(needle: Json, values: Json, run: Run) -> None:
    """Pay for looking among the values of an array: each of them is compared with the needle."""
    run.burn(1 + (len(values) >> 2))
    letters = sum(len(item) for item in values_of(values) if isinstance(item, str))
    if isinstance(needle, str):
        letters += len(needle) * len(values)
    run.work(letters * _DIGITS)
    if is_array(needle):
        weigh(needle, run)
        weigh(values, run)


def is_settled(value: Json, run: Run, flags: int = 0, *, hollow: bool = True) -> bool:
    """Whether a value that is written as JSON and read again by ``jsonToArray`` stays the same.

    ``flags`` are those of the writing: with ``HEX_AMP`` no text reads as an entity. Quick
    and on the safe side: whole floats, digit keys, entities and odd text say no, and without
    ``hollow`` so do empty objects. The caller knows that the value is bounded.
    """
    try:
        data = orjson.dumps(value, option=_STRICT)
    except TypeError:
        return False
    run.burn(1 + (len(data) >> 6))
    if len(data) > run.limits.text or _DIGIT_KEY.search(data) or _WHOLE_FLOAT.search(data):
        return False
    if not hollow and b"{}" in data:
        return False
    most = run.limits.depth
    if len(data) > 2 * most and data.count(b"[") + data.count(b"{") > most:
        _check_depth(value, run)
    return flags & HEX_AMP != 0 or _ENTITY_START.search(data) is None


def survey(document: Json) -> tuple[bool, bool, int]:
    """Look over a JSON document once, by way of its JSON text.

    Answers what is surely true of every part of it: whether no key holds a dot, nor any text an
    encoded one; whether no text holds what reads as an entity, and the whole is not deep; and
    the bytes of the whole.
    """
    try:
        data = orjson.dumps(document, option=_STRICT)
    except TypeError:
        return False, False, _UNKNOWN_SIZE
    entity = b"&" in data and _ENTITY_START.search(data) is not None
    plain = not (entity and b"&#46;" in data) and b":" not in _DOT_BEFORE_QUOTE.findall(data)
    shallow = data.count(b"{") + data.count(b"[") <= _SHALLOW or _is_shallow(document)
    return plain, shallow and not entity, len(data)


def _is_shallow(document: Json) -> bool:
    level = [document]
    for _ in range(_SHALLOW):
        level = [inner for item in level for inner in values_of(item) if isinstance(inner, list | dict)]
        if not level:
            return True
    return False


def watch(value: Json, run: Run) -> None:
    """Before a number or an array is copied: the run forgets that it is settled if this is not."""
    if run.settled:
        data = orjson.dumps(value)
        run.burn(1 + (len(data) >> 6))
        run.settled = _DIGIT_KEY.search(data) is None and _WHOLE_FLOAT.search(data) is None


# -- reading ----------------------------------------------------------------------------------


def decode(text: str, run: Run) -> Json:
    """The value of a JSON text, or None when it is not JSON (as PHP answers).

    What it will hold is counted before it is read; nesting is bounded as for writing.
    """
    run.text(len(text))
    if len(text) > _SHORT:
        run.burn(sum(map(text.count, ",[{")))
    try:
        if _LONG_NUMBER.search(text) is None:
            value = orjson.loads(text)
        else:
            value = json.loads(text, parse_int=_integer, parse_float=_finite, parse_constant=_refuse)
            orjson.dumps(value)  # a lone surrogate is no text
    except (ValueError, TypeError):
        return _keyword(text)
    except RecursionError:
        raise run.too_deep() from None
    if is_array(value) and text.count("[") + text.count("{") > run.limits.depth:
        _check_depth(value, run)
    return _lists(value) if '"0"' in text else value


def _check_depth(value: Json, run: Run) -> None:
    """Refuse a value that is nested deeper than may be written again, level by level."""
    level, depth = [value], 1
    while level:
        if depth > run.limits.depth:
            raise run.too_deep()
        level = [inner for item in level for inner in values_of(item) if isinstance(inner, list | dict)]
        depth += 1


def _integer(digits: str) -> int | float:
    if digits == "-0":
        return -0.0
    number = int(digits) if len(digits) < 400 else INT_MAX + 1
    return number if INT_MIN <= number <= INT_MAX else _finite(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("no JSON has room for this number")
    return number


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


def decode_entities(text: str, run: Run) -> str:
    """HTML 4.01 entities as the characters they stand for, as PHP's ``html_entity_decode``."""
    run.burn(3 * text.count("&"))
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
