"""Dotted paths into documents: get, has, put, drop. Documents given are never changed.

A path is a tuple of segments. A segment that reads as an integer addresses a position of a
list. ``put`` and ``drop`` return a new document that shares what did not change. Keys that
hold a dot are written ``&#46;`` in paths and templates, so that a path never splits them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

from gateway_core.mapping.values import as_array, as_dict, is_array, member
from gateway_core.types import Json

Path = tuple[str, ...]
Pay = Callable[[int], None]
_MOST_LEVELS: Final = 64
ENCODED_DOT: Final = "&#46;"
MISSING: Final = object()
"""What ``getter`` answers where a path does not exist (null may well exist)."""


def split(path: str) -> Path:
    return tuple(path.split("."))


def decoded(path: Path) -> Path:
    """The path as the input's own keys spell it."""
    return tuple(segment.replace(ENCODED_DOT, ".") for segment in path)


def getter(path: Path) -> Callable[[Json], Any]:
    """A look-up of one path: the value, or MISSING."""
    if len(path) == 1:
        return _one(path[0])
    if len(path) == 2:
        return _two(*path)

    def get(document: Json) -> Any:
        value = document
        for segment in path:
            if isinstance(value, dict):
                value = value.get(segment, MISSING)
            else:
                found, value = member(value, segment)
                if not found:
                    return MISSING
        return value

    return get


def _one(segment: str) -> Callable[[Json], Any]:
    def get(document: Json) -> Any:
        if isinstance(document, dict):
            return document.get(segment, MISSING)
        found, value = member(document, segment)
        return value if found else MISSING

    return get


def _two(first: str, second: str) -> Callable[[Json], Any]:
    outer, inner = _one(first), _one(second)

    def get(document: Json) -> Any:
        return inner(outer(document))

    return get


def get(document: Json, path: Path) -> Json:
    """The value at a path, or None."""
    value = getter(path)(document)
    return None if value is MISSING else value


def has(document: Json, path: Path) -> bool:
    return getter(path)(document) is not MISSING


def levels(path: Path) -> Iterator[Path]:
    """The path and those above it; of one that is too long for a target the first levels only."""
    return (path[:length] for length in range(1, min(len(path), _MOST_LEVELS) + 1))


def apart(known: list[Path]) -> bool:
    """Whether no path is another one, or lies within it."""
    ordered = sorted(known)
    return all(later[: len(earlier)] != earlier for earlier, later in pairwise(ordered))


def put(document: Json, path: Path, value: Json, pay: Pay) -> Json:
    """The document with a value at a path; levels are made, what is no array is replaced.

    ``pay`` is told, in steps of a run, what copying each level costs, before it is copied.
    """
    if not path:
        return value
    segment, rest = path[0], path[1:]
    if isinstance(document, list):
        return _put_in_list(document, segment, rest, value, pay)
    if not isinstance(document, dict) or not document:
        inner = put(None, rest, value, pay)
        return [inner] if segment == "0" else {segment: inner}
    pay(1 + (len(document) >> (1 if segment.isdigit() else 3)))
    changed = dict(document)
    changed[segment] = put(document.get(segment), rest, value, pay)
    return as_array(changed) if segment.isdigit() else changed


def _put_in_list(document: list[Json], segment: str, rest: Path, value: Json, pay: Pay) -> Json:
    found, old = member(document, segment)
    inner = put(old, rest, value, pay)
    pay(1 + (len(document) >> 5))
    if found:
        index = int(segment)
        return [*document[:index], inner, *document[index + 1 :]]
    if segment == str(len(document)):
        return [*document, inner]
    pay(len(document) >> 1)
    return {**as_dict(document), segment: inner}


def drop(document: Json, path: Path, pay: Pay) -> Json:
    """The document without a path; a list that loses more than its end becomes an object.

    ``pay`` as for ``put``.
    """
    if not is_array(document):
        return document
    found, old = member(document, path[0])
    if not found:
        return document
    if len(path) > 1:
        inner = drop(old, path[1:], pay)
        return document if inner is old else put(document, path[:1], inner, pay)
    if isinstance(document, list) and int(path[0]) == len(document) - 1:
        pay(1 + (len(document) >> 5))
        return document[:-1]
    pay(1 + (len(document) >> 1))
    return as_array({key: item for key, item in as_dict(document).items() if key != path[0]})


def encode_keys(value: Json, pay: Pay) -> Json:
    """The value with dots in keys encoded at every level; the same value when no key holds one.

    A key that came encoded makes a new value too: it will be decoded like the others. ``pay``
    is told the size of every part, as often as it occurs in the value.
    """
    return _rename(value, ".", ENCODED_DOT, pay)


def decode_keys(value: Json, pay: Pay) -> Json:
    """The reverse of ``encode_keys``."""
    return _rename(value, ENCODED_DOT, ".", pay)


def _rename(value: Json, old: str, new: str, pay: Pay) -> Json:
    if type(value) is list:
        return _rename_list(value, old, new, pay)
    size = 64
    changed: dict[str, Json] | None = None
    for key, item in value.items():
        kind = type(item)
        inner = item
        if kind is str:
            size += len(item)
        elif (kind is dict or kind is list) and item:
            inner = _rename(item, old, new, pay)
        if changed is None and (inner is not item or old in key or new in key):
            changed = _before(value, key)
        if changed is not None:
            changed[key.replace(old, new)] = inner
    pay((len(value) << 4) + size >> 6)
    return value if changed is None else changed


def _rename_list(value: list[Json], old: str, new: str, pay: Pay) -> list[Json]:
    size = 64
    changed: list[Json] | None = None
    for index, item in enumerate(value):
        kind = type(item)
        inner = item
        if kind is str:
            size += len(item)
        elif (kind is dict or kind is list) and item:
            inner = _rename(item, old, new, pay)
        if changed is None and inner is not item:
            changed = value[:index]
        if changed is not None:
            changed.append(inner)
    pay((len(value) << 4) + size >> 6)
    return value if changed is None else changed


def _before(value: dict[str, Json], key: str) -> dict[str, Json]:
    """The pairs that stand before a key."""
    earlier: dict[str, Json] = {}
    for name, item in value.items():
        if name == key:
            break
        earlier[name] = item
    return earlier
