"""A query string as sent → a map of parameters, by our own reading.

``a.b=1`` keeps the dot in the name, ``a[b][c]=1`` nests, ``a[]=1`` and ``a=1&a=2`` make lists.
What a client writes is never lost: a repeated name becomes a list, and a name that is given
both plain and with brackets keeps its plain value under ``""``.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from gateway_core.errors import InvalidQuery
from gateway_core.types import Json, JsonObject

MAX_BYTES = 16 * 1024
MAX_PARAMETERS = 200
MAX_NAME = 500
MAX_NESTING = 5

_BRACKETED = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")
_INDEX = re.compile(r"[0-9]*")


def parse_query_string(raw: bytes, *, lenient_start: bool = False) -> JsonObject:
    """The parameters of a query string (without its ``?``), values as text.

    Names and values are percent-decoded as UTF-8 and ``+`` is a space. A pair is split on its
    first ``=`` outside brackets, so that values may hold one and ``a[>=]=1`` needs no escape;
    a name alone has the value ``""``. The last brackets, empty or a number, append to a list;
    earlier ones say nothing (``a[0][b]`` is ``a[b]``). ``lenient_start`` skips question marks
    at the start. Raises ``InvalidQuery`` on invalid UTF-8, brackets that do not match and
    anything beyond the limits above.
    """
    if len(raw) > MAX_BYTES:
        raise InvalidQuery(f"the query string is longer than {MAX_BYTES} bytes.", parameter="")
    if lenient_start:
        raw = raw.lstrip(b"?")
    pairs = [pair for pair in raw.split(b"&") if pair]
    if len(pairs) > MAX_PARAMETERS:
        raise InvalidQuery(f"the query has more than {MAX_PARAMETERS} parameters.", parameter="")
    params: JsonObject = {}
    for number, pair in enumerate(pairs, start=1):
        raw_name, value = _split(pair)
        name = _name(raw_name, number)
        _put(params, keys_of(name), _decode(value, f"the value of query parameter '{name}'", name))
    return params


def _split(pair: bytes) -> tuple[bytes, bytes]:
    name, equals, value = pair.partition(b"=")
    if equals and name.count(b"[") > name.count(b"]"):
        inside, closed, rest = value.partition(b"]=")
        if closed:
            return name + equals + inside + b"]", rest
        if value.endswith(b"]"):
            return pair, b""
    return name, value


def _name(raw: bytes, number: int) -> str:
    name = _decode(raw, f"the name of query parameter number {number}", "")
    if not name:
        raise InvalidQuery(f"query parameter number {number} has no name.", parameter="")
    if len(name) > MAX_NAME:
        detail = f"the name of query parameter number {number} is longer than {MAX_NAME} characters."
        raise InvalidQuery(detail, parameter=name[:MAX_NAME])
    return name


def _decode(raw: bytes, what: str, name: str) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise InvalidQuery(f"{what} is not valid UTF-8.", parameter=name) from None


def keys_of(name: str) -> list[str]:
    """``a[b][]`` as its name and its brackets; an append is ``""`` at the end."""
    if "[" not in name and "]" not in name:
        return [name]
    match = _BRACKETED.fullmatch(name)
    if match is None:
        raise InvalidQuery(f"the brackets in query parameter '{name}' do not match.", parameter=name)
    brackets = match[2][1:-1].split("][")
    if len(brackets) > MAX_NESTING:
        detail = f"query parameter '{name}' nests deeper than {MAX_NESTING} levels."
        raise InvalidQuery(detail, parameter=name)
    *inner, last = brackets
    return [match[1], *(key for key in inner if not _is_index(key)), "" if _is_index(last) else last]


def _is_index(key: str) -> bool:
    return _INDEX.fullmatch(key) is not None


def _put(params: JsonObject, keys: list[str], value: str) -> None:
    append = len(keys) > 1 and keys[-1] == ""
    *outer, last = keys[:-1] if append else keys
    target = params
    for key in outer:
        inner = target.get(key)
        if not isinstance(inner, dict):
            inner = target[key] = {} if inner is None else {"": inner}
        target = inner
    while isinstance(held := target.get(last), dict):
        target, last = held, ""
    target[last] = _joined(held, value, append)


def _joined(held: Json, value: str, append: bool) -> Json:
    if held is None:
        return [value] if append else value
    return [*held, value] if isinstance(held, list) else [held, value]
