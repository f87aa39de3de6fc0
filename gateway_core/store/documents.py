"""Documents as JSON text, and what no store keeps. Pure; every store writes through it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from gateway_core.errors import BadRequest, StoreError, VersionConflict
from gateway_core.types import StoredObject

# A NUL in JSON text: its escape, unless the backslash is itself escaped.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

_SURROGATE = re.compile("[\ud800-\udfff]")


def encoded(value: Any) -> str:
    """JSON text; mappings of any kind are objects. Raises ``TypeError`` for what is no JSON."""
    return orjson.dumps(value, default=_plain).decode()


def encoded_document(item: StoredObject) -> str:
    """The data of an object as JSON text.

    Raises ``StoreError`` for what is no JSON, and ``BadRequest`` for a NUL character: SQLite reads
    a text up to it, and PostgreSQL keeps none.
    """
    try:
        text = encoded(item.data)
    except TypeError:
        # The cause would repeat a value of the document.
        raise StoreError(f"An object of {item.entity} cannot be written as JSON.") from None
    if "\\u0000" in text and _NUL.search(text):
        raise BadRequest("The document holds a NUL character, which cannot be stored.")
    return text


def is_text(text: str) -> bool:
    """Whether every store can hold the text: it is Unicode, and without a NUL character."""
    return "\0" not in text and (text.isascii() or not _SURROGATE.search(text))


def conflict(expect: int) -> VersionConflict:
    """The error when ``expect`` does not hold."""
    if expect == 0:
        return VersionConflict("There is an object with this id already.")
    return VersionConflict("The object was changed or removed since it was read.", hint="Read it again.")


def superseded() -> VersionConflict:
    """The error when the configuration in force is not the one that was expected."""
    return VersionConflict("The configuration was changed meanwhile.", hint="Plan again.")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} is no JSON value")
