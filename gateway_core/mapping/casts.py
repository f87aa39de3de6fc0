"""Casts: what happens to a value of the result after mapping, by name.

A cast is compiled once from its text (``unsetIfValue==x``) to a function of the value, the
result so far and the run. It answers UNSET where the value is to be removed.
"""

from __future__ import annotations

import html.entities
import math
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import unquote

from gateway_core.mapping import json_text, paths, printf
from gateway_core.mapping.dates import format_date
from gateway_core.mapping.library.escaping import PERCENT, percent_encode
from gateway_core.mapping.library.text import decode_base64
from gateway_core.mapping.run import Run
from gateway_core.mapping.values import (
    is_array,
    is_true,
    loose_equal,
    parse_number,
    scalar_text,
    to_float,
    to_int,
    to_number,
    to_text,
    values_of,
)
from gateway_core.types import Json

UNSET: Final = object()
Cast = Callable[[Json, Json, Run], Any]
_LONGEST_ENTITY: Final = 10  # letters that one letter becomes at most, here and below
_LONGEST_FOLD: Final = 18
_ENTITIES: Final = MappingProxyType(
    {39: "&#039;", **{point: f"&{name};" for point, name in html.entities.codepoint2name.items()}}
)
_FORM: Final = tuple("+" if letter == "%20" else "%7E" if letter == "~" else letter for letter in PERCENT)


def compile_cast(name: str, key: str) -> Cast | None:
    """The cast of that name for the target ``key`` (dots encoded as written); None if unknown."""
    if name.startswith("unsetIfValue=="):
        return _if_value(name.removeprefix("unsetIfValue=="), UNSET)
    if name.startswith("setNullIfValue=="):
        return _if_value(name.removeprefix("setNullIfValue=="), None)
    if name.startswith("countValue:"):
        return _count_of(name.removeprefix("countValue:"))
    if name == "nullStringToNull":
        return _null_string_to_null
    if name in ("int", "integer"):
        return _int_of
    if name == "keyCantBeValue":
        return lambda value, _result, run: UNSET if _equal(key, value, run) else value
    plain = CASTS.get(name)
    return None if plain is None else lambda value, _result, run: plain(value, run)


def changed_texts(name: str, key: str) -> frozenset[str] | None:
    """The only texts that a cast changes; None where it may change any."""
    kind, _, expected = name.partition("==")
    if kind in ("unsetIfValue", "setNullIfValue"):
        if not expected:
            return frozenset(("", "0"))
        return None if parse_number(expected) is not None else frozenset((expected,))
    if name == "keyCantBeValue":
        return None if parse_number(key) is not None else frozenset((key,))
    if name == "nullStringToNull":
        return frozenset(("null",))
    return frozenset() if name == "string" or compile_cast(name, key) is None else None


def cast_names(body: Json) -> list[str]:
    """The names in one entry of ``cast``: a list, or a text parted by commas."""
    if isinstance(body, str):
        return body.split(",")
    return [to_text(name) for name in values_of(body)] if is_array(body) else [to_text(body)]


def _if_value(expected: str, otherwise: Any) -> Cast:
    if expected:
        return lambda value, _result, run: otherwise if _equal(value, expected, run) else value

    def if_empty(value: Json, _result: Json, run: Run) -> Any:
        if type(value) is str:
            return value if value and value != "0" else otherwise
        return otherwise if not is_true(value) or _is_hollow(value, run) else value

    return if_empty


def _equal(left: Json, right: Json, run: Run) -> bool:
    json_text.pay_to_compare(left, right, run)
    return loose_equal(left, right)


def _is_hollow(value: Json, run: Run) -> bool:
    """Whether an array has only empty leaves, at any depth."""
    if not is_array(value):
        return False
    run.burn(1 + (len(value) >> 2))
    for item in values_of(value):
        if isinstance(item, list | dict):
            if not _is_hollow(item, run):
                return False
        elif item and item != "0":
            return False
    return True


def _count_of(path: str) -> Cast:
    get = paths.getter(paths.split(path))

    def count(value: Json, result: Json, run: Run) -> Json:
        counted = get(result)
        return len(counted) if isinstance(counted, list | dict) else value

    return count


def _string(value: Json, run: Run) -> str:
    return to_text(value)


def _bool(value: Json, run: Run) -> bool:
    return to_int(value) == 1 or scalar_text(value, "The cast bool").lower() in ("true", "yes")


def _int_of(value: Json, _result: Json, _run: Run) -> int:
    return to_int(value)


def _int(value: Json, run: Run) -> int:
    return to_int(value)


def _float(value: Json, run: Run) -> float:
    return to_float(value)


def _array(value: Json, run: Run) -> Json:
    if is_array(value):
        return value
    return [] if value is None else [value]


def _date(value: Json, run: Run) -> str:
    """PHP's ``date(value)``: the value is a format, the date is now."""
    pattern = scalar_text(value, "The cast date")
    run.text(len(pattern) * 32)
    run.burn(len(pattern) * 4)
    return format_date(run.services.now(), pattern)


def _coded(name: str, convert: Callable[[str, Run], str]) -> Callable[[Json, Run], str]:
    def cast(value: Json, run: Run) -> str:
        text = scalar_text(value, f"The cast {name}")
        run.text(len(text))
        return convert(text, run)

    return cast


def _html(text: str, run: Run) -> str:
    run.grown(text, _LONGEST_ENTITY, lambda part: len(part.translate(_ENTITIES)))
    run.burn(len(text) >> 4)
    return text.translate(_ENTITIES)


def _to_ascii(text: str, run: Run) -> str:
    """The text in ASCII: accents dropped, what has no counterpart as a question mark."""
    if text.isascii():
        return text
    run.grown(text, _LONGEST_FOLD, lambda part: len(_folded(part)))
    run.burn(len(text) >> 1)
    return _folded(text)


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text)
    letters = (letter for letter in folded if not unicodedata.combining(letter))
    return "".join(letter if letter.isascii() else "?" for letter in letters)


def _percent_decoded(text: str, run: Run) -> str:
    run.burn(text.count("%") * 2)
    return unquote(text)


def _in_base64(text: str, run: Run) -> str:
    run.grown(text, 2 if text.isascii() else 6, lambda part: len(part.encode()) * 4 // 3 + 4)
    return b64encode(text.encode()).decode()


def _json(value: Json, run: Run) -> str:
    return json_text.encode(value, run)


def json_to_array(value: Json, run: Run) -> Json:
    """Entities decoded, then read as JSON; what is no JSON becomes null."""
    text = json_text.decode_entities(scalar_text(value, "The cast jsonToArray"), run)
    if paths.ENCODED_DOT in text:
        run.keys_seen = True
    return json_text.decode(text, run)


def _null_string_to_null(value: Json, _result: Json, _run: Run) -> Json:
    return None if value == "null" else value


def _coordinates(value: Json, run: Run) -> Json:
    """``"1 2 3 4"`` as pairs; a single pair alone is not wrapped."""
    text = scalar_text(value, "The cast coordinateStringToArray")
    run.items(text.count(" ") + 1)
    points = text.split(" ")
    run.burn(len(points))
    pairs = [points[start : start + 2] for start in range(0, len(points), 2)]
    return pairs[0] if len(pairs) == 1 else pairs


def _money_to_int(value: Json, run: Run) -> int:
    return to_int(scalar_text(value, "The cast moneyStringToInt").replace(".", "").replace(",", ""))


def _int_to_money(value: Json, run: Run) -> str:
    amount = float(to_number(value, "the cast intToMoneyString")) / 100
    return printf.number_format(amount if math.isfinite(amount) else 0.0, 2, ",", ".", run.limits.text)


CASTS: Final[Mapping[str, Callable[[Json, Run], Json]]] = MappingProxyType(
    {
        "array": _array,
        "base64": _coded("base64", _in_base64),
        "base64Decode": _coded("base64Decode", lambda text, _: decode_base64(text)),
        "bool": _bool,
        "boolean": _bool,
        "coordinateStringToArray": _coordinates,
        "date": _date,
        "float": _float,
        "html": _coded("html", _html),
        "htmlDecode": _coded("htmlDecode", json_text.decode_entities),
        "int": _int,
        "intToMoneyString": _int_to_money,
        "integer": _int,
        "json": _json,
        "jsonToArray": json_to_array,
        "moneyStringToInt": _money_to_int,
        "rawurl": _coded("rawurl", lambda text, run: percent_encode(run, text)),
        "rawurlDecode": _coded("rawurlDecode", _percent_decoded),
        "string": _string,
        "url": _coded("url", lambda text, run: percent_encode(run, text, _FORM)),
        "urlDecode": _coded("urlDecode", lambda text, run: _percent_decoded(text.replace("+", " "), run)),
        "utf8": _coded("utf8", _to_ascii),
    }
)
KNOWN_CASTS: Final = (
    *CASTS,
    "countValue:",
    "keyCantBeValue",
    "nullStringToNull",
    "setNullIfValue==",
    "unsetIfValue==",
)
