"""The body of an answer to JSON values: JSON, XML in the shape that the original gives it, or text. Pure."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from gateway_core.catalog.sources import Decoding
from gateway_core.errors import UpstreamError
from gateway_core.outgoing.protocol import Answer
from gateway_core.outgoing.xml import read_xml
from gateway_core.types import Json

DEPTH: Final = 64
_BOM: Final = b"\xef\xbb\xbf"


def decode(answer: Answer, how: Decoding = Decoding.AUTO) -> Json:
    """What the body of an answer says; None when there is none.

    By its media type: XML, JSON, or text; without one, and with any other, JSON, else XML, as the
    original does. Raises ``UpstreamError`` for what cannot be read.
    """
    body = answer.body.removeprefix(_BOM)
    if not body.strip():
        return None
    media, _, parameters = answer.header("content-type").partition(";")
    media = media.strip().lower()
    match how:
        case Decoding.TEXT:
            return _text(body, parameters)
        case Decoding.XML:
            return read_xml(body, DEPTH)
        case Decoding.JSON:
            return _json(body)
        case Decoding.AUTO:
            if media == "application/json" or media.endswith("+json"):
                return _json(body)
            if media in ("application/xml", "text/xml") or media.endswith("+xml"):
                return read_xml(body, DEPTH)
            if media.startswith("text/"):
                return _text(body, parameters)
            return read_xml(body, DEPTH) if body.lstrip().startswith(b"<") else _json(body)


def _json(body: bytes) -> Json:
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise UpstreamError("it sent what is not JSON") from None
    if _deeper(value, DEPTH):
        raise UpstreamError(f"it sent JSON that is nested deeper than {DEPTH} levels")
    return value


def _deeper(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return levels == 0 or any(_deeper(each, levels - 1) for each in value)


def _no_number(_: str) -> NoReturn:
    raise ValueError("no number")


def _text(body: bytes, parameters: str) -> str:
    _, _, charset = parameters.partition("charset=")
    try:
        return body.decode(charset.split(";")[0].strip().strip('"') or "utf-8")
    except (LookupError, UnicodeDecodeError):
        raise UpstreamError("it sent text in an encoding that cannot be read") from None
