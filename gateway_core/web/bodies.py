"""Request bodies, read strictly: what JSON libraries let pass in silence is refused here."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import orjson

from gateway_core.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType
from gateway_core.types import Json, JsonObject

JSON_TYPES = frozenset({"application/json", "application/merge-patch+json", "application/problem+json"})
UNTYPED = frozenset({"", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"})
MAX_INTEGER = 2**63
MAX_DIGITS = 400
MAX_MEMBERS = 10_000


def check_media_type(content_type: str, *, untyped_allowed: bool) -> None:
    """Raise ``UnsupportedMediaType`` unless the header announces JSON in UTF-8.

    ``untyped_allowed``: real clients send JSON without a type, or as what a browser makes of text.
    """
    media, _, parameters = content_type.partition(";")
    name = media.strip().lower()
    if name in UNTYPED and untyped_allowed:
        return
    if name not in JSON_TYPES and not (name.startswith("application/") and name.endswith("+json")):
        given = f"'{name}'" if name.isascii() and len(name) < 100 else "this type"
        raise UnsupportedMediaType(
            f"a body of {given} cannot be read" if name else "the body has no Content-Type",
            hint="Send JSON with Content-Type: application/json.",
        )
    charset = parameters.lower().replace(" ", "").replace('"', "").partition("charset=")[2]
    if charset and charset.split(";")[0] not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMediaType("JSON is read as UTF-8 only", hint="Leave the charset out.")


def read_json(content: bytes, max_nesting: int) -> Json:
    """A JSON document from its bytes (RFC 8259, and I-JSON's limits, RFC 7493).

    Raises ``BadRequest`` for what is no JSON, and for what would be stored otherwise than
    it was sent: duplicate names, NaN and Infinity, integers beyond 64 bits, numbers too
    large for a double, invalid UTF-8, lone surrogates, NUL characters. Nesting deeper than
    ``max_nesting`` raises ``PayloadTooLarge``. Messages give the place, never the content.
    """
    if not content.strip():
        raise BadRequest("the body is empty", hint="Send a JSON object.")
    try:
        text = content.decode("utf-8")
        document = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise BadRequest(f"the body is not valid UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadRequest(f"the body is not valid JSON: {error.msg} at {place}") from None
    except RecursionError:
        raise _too_deep(max_nesting) from None
    _check_tree(document, max_nesting)
    try:
        orjson.dumps(document)
    except TypeError:
        raise BadRequest("the body holds a character that is not Unicode (a lone surrogate)") from None
    return document


def _check_tree(document: Json, max_nesting: int) -> None:
    """Nesting and NUL characters; level by level, so that no document can exhaust the stack."""
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > max_nesting + 1:
            raise _too_deep(max_nesting)
        below: list[Json] = []
        for node in level:
            if isinstance(node, str):
                if "\x00" in node:
                    raise BadRequest("the body holds a NUL character, which cannot be stored")
            elif isinstance(node, dict):
                below.extend(node)
                below.extend(node.values())
            elif isinstance(node, list):
                below.extend(node)
        level = below


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        name = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        shown = f"'{name}'" if name.isidentifier() and len(name) <= 60 else "a name"
        raise BadRequest(f"{shown} occurs twice in one object of the body")
    if len(pairs) > MAX_MEMBERS:
        raise PayloadTooLarge(f"an object of the body has more than {MAX_MEMBERS} members")
    return members


def _integer(digits: str) -> int:
    if len(digits) > 20 or not -MAX_INTEGER <= (value := int(digits)) < MAX_INTEGER:
        raise BadRequest("the body holds an integer beyond 64 bits", hint="Send it as text.")
    return value


def _float(digits: str) -> float:
    value = float(digits) if len(digits) <= MAX_DIGITS else float("inf")
    if value in (float("inf"), float("-inf")):
        raise BadRequest("the body holds a number that is too large or too long")
    return value


def _constant(name: str) -> NoReturn:
    raise BadRequest(f"the body holds {name}, which is not JSON")


def _too_deep(max_nesting: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"the body is nested deeper than {max_nesting} levels")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
