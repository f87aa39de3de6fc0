"""Secrets in files, which are left out: configuration is kept, shown and exported. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway_core.types import Json, JsonObject, Kind

_KINDS: Final = frozenset({Kind.SOURCE, Kind.USER, Kind.APPLICATION, Kind.DATABASE})
_NAMES: Final = frozenset(
    {
        "password",
        "secret",
        "apikey",
        "api_key",
        "jwt",
        "clientsecret",
        "client_secret",
        "privatekey",
        "private_key",
        "authorization",
        "cert",
        "ssl_key",
    }
)


def without_secrets(kind: Kind, body: Mapping[str, Any]) -> tuple[JsonObject, tuple[str, ...]]:
    """The body of an artifact without members that hold a secret, at any depth, and their dotted names.

    An empty one, or one that names a variable of the environment (``${NAME}``), holds none.
    """
    if kind not in _KINDS:
        return dict(body), ()
    left_out: list[str] = []
    return _cleaned(dict(body), "", left_out), tuple(left_out)


def _cleaned(value: Json, place: str, left_out: list[str]) -> Any:
    if isinstance(value, list):
        return [_cleaned(each, place, left_out) for each in value]
    if not isinstance(value, dict):
        return value
    kept: JsonObject = {}
    for name, each in value.items():
        if name.lower() in _NAMES and _tells(each):
            left_out.append(f"{place}{name}")
        else:
            kept[name] = _cleaned(each, f"{place}{name}.", left_out)
    return kept


def _tells(value: Json) -> bool:
    if isinstance(value, str):
        return bool(value.strip()) and not (value.startswith("${") and value.endswith("}"))
    return isinstance(value, dict | list) and bool(value)
