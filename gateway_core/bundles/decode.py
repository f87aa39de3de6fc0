"""A configuration file to a JSON value: JSON, or the part of YAML that says the same. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Never

from gateway_core.bundles.yaml_json import YamlFault, read_yaml
from gateway_core.schema.vocabulary import too_deep
from gateway_core.types import Json, JsonObject, Position

YAML_ENDINGS = (".yaml", ".yml")
ENDINGS = (".json", *YAML_ENDINGS)
MAX_NESTING = 100


class Unreadable(Exception):
    """A file that is no configuration: what is wrong with it, and where."""

    def __init__(self, message: str, place: Position | None = None) -> None:
        super().__init__(message)
        self.message, self.place = message, place


@dataclass(frozen=True, slots=True)
class Decoded:
    """The value of a file, and the keys that occur twice in an object of it (the last one counts)."""

    value: Json
    doubled: tuple[str, ...] = ()


def decode(path: str, content: bytes) -> Decoded:
    """The value of a file: YAML when its name ends so, else JSON.

    UTF-8, with or without a mark at the beginning. Raises ``Unreadable`` for anything else, for NaN, for
    text that cannot be kept, and for what nests deeper than ``MAX_NESTING``.
    """
    try:
        text = content.decode("utf-8-sig")
        decoded = Decoded(read_yaml(text)) if path.endswith(YAML_ENDINGS) else _json(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"this is no JSON: {error.msg}", Position(error.lineno, error.colno)) from None
    except YamlFault as fault:
        raise Unreadable(fault.message, fault.place) from None
    except UnicodeDecodeError:
        raise Unreadable("this is no text in UTF-8") from None
    except (ValueError, RecursionError) as error:
        text = "it nests too deep" if isinstance(error, RecursionError) else str(error)
        raise Unreadable(f"this cannot be read as JSON: {text}") from None
    if too_deep(decoded.value, MAX_NESTING):
        raise Unreadable(f"it nests deeper than {MAX_NESTING} levels")
    _check_letters(decoded.value)
    return decoded


def _check_letters(value: Json) -> None:
    """Raise ``Unreadable`` for text that no store can keep: half a letter, or NUL."""
    try:
        written = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Unreadable("it holds half of a letter, which is no text") from None
    if rb"\u0000" in written:
        raise Unreadable("it holds a NUL, which is no text")


def _json(text: str) -> Decoded:
    doubled: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> JsonObject:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            doubled.extend(name for name in found if names.count(name) > 1)
        return found

    value = json.loads(text, object_pairs_hook=members, parse_constant=_no_constant)
    return Decoded(value, tuple(dict.fromkeys(doubled)))


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON")
