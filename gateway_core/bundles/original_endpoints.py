"""The endpoints of an ``installation.json`` of Common Gateway, each with those below it. Pure.

``$part`` names the list that an entry stood in. An entry below another keeps that one's path, and holds
its own last part as ``$below`` and the schema of the other as ``$base``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from gateway_core.bundles.gathering import Gathering
from gateway_core.types import Json, JsonObject, Kind, Reference

ENDING: Final = ".endpoint.json"
LISTS: Final = ("schemas", "multipleSchemas", "sources")
BELOW: Final = {"subEndpoints": ("path", "throws"), "subSchemaEndpoints": ("path", "throws", "reference")}
# What an entry below another has of its own; the rest is that of the other.
_OWN: Final = frozenset(
    {"$id", "name", "title", "description", "methods", "throws", "version", "enablePagination", "tags", "tag"}
)


def gather_endpoints(gathering: Gathering, path: str, value: Json) -> None:
    """Add an artifact for every endpoint, and for each of those below it."""
    if not isinstance(value, dict):
        gathering.reject(f"'endpoints' must be an object of the lists {', '.join(LISTS)}", path)
        return
    for key in value.keys() - set(LISTS):
        gathering.reject(f"'endpoints/{key[:100]}' means nothing", path, pointer=f"/endpoints/{key[:100]}")
    for part in LISTS:
        for pointer, entry in _entries(gathering, path, value.get(part) or [], f"/endpoints/{part}"):
            _endpoint(gathering, path, pointer, part, entry)


def _entries(gathering: Gathering, path: str, value: Json, pointer: str) -> Iterator[tuple[str, JsonObject]]:
    if not isinstance(value, list):
        gathering.reject(f"'{pointer}' must be a list of objects", path, pointer=pointer)
        return
    for number, each in enumerate(value):
        if isinstance(each, dict):
            yield f"{pointer}/{number}", each
        else:
            gathering.reject(f"'{pointer}/{number}' must be an object", path, pointer=f"{pointer}/{number}")


def _endpoint(gathering: Gathering, path: str, pointer: str, part: str, entry: JsonObject) -> None:
    target = entry.get("reference")
    listed = entry.get("schemas") if part == "multipleSchemas" else [target]
    if not isinstance(listed, list) or not listed or not all(isinstance(x, str) and x for x in listed):
        needed = "'schemas', a list of references" if part == "multipleSchemas" else "'reference'"
        gathering.reject(f"an endpoint here needs {needed}", path, pointer=pointer)
        return
    reference = _free(gathering, path, _reference(gathering, part, entry, listed[0]), entry)
    body = {key: each for key, each in entry.items() if key not in BELOW}
    gathering.add(Kind.ENDPOINT, reference, {**body, "$part": part}, path)
    for name, members in BELOW.items():
        for place, below in _entries(gathering, path, entry.get(name) or [], f"{pointer}/{name}"):
            missing = [key for key in members if not below.get(key)]
            if missing:
                text = f"an endpoint below another needs '{missing[0]}'"
                gathering.reject(text, path, pointer=place)
            else:
                _below(gathering, path, name, body, below, reference, listed[0])


def _below(
    gathering: Gathering,
    path: str,
    part: str,
    base: Mapping[str, Any],
    entry: Mapping[str, Any],
    above: Reference,
    schema: Reference,
) -> None:
    last = entry["path"]
    segment = "/".join(map(str, last)) if isinstance(last, list) else str(last).strip("/")
    given = entry.get("$id")
    named = isinstance(given, str) and ENDING in given
    reference = given if named else f"{above.removesuffix(ENDING)}{segment[:1].upper()}{segment[1:]}{ENDING}"
    body: JsonObject = {key: each for key, each in base.items() if key not in _OWN or key in ("tags", "tag")}
    body |= {key: each for key, each in entry.items() if key in _OWN}
    body.setdefault("methods", base.get("methods"))
    title = str(base.get("title") or base.get("name") or "")
    if not (entry.get("name") or entry.get("title")) and title:
        body["title"] = f"{title} {segment}"
    body |= {"reference": entry.get("reference") or schema, "$part": part, "$below": segment, "$base": schema}
    gathering.add(Kind.ENDPOINT, _free(gathering, path, str(reference), body), body, path)


def _reference(gathering: Gathering, part: str, entry: Mapping[str, Any], target: Reference) -> Reference:
    """As given, when it names an endpoint; else made from the title of what it serves, as the original does:
    application configurations name endpoints so."""
    given = entry.get("$id")
    if isinstance(given, str) and ENDING in given:
        return given
    kind, word = (Kind.SOURCE, "ProxyEndpoint") if part == "sources" else (Kind.SCHEMA, "EntityEndpoint")
    known = gathering.of(kind).get(target)
    title = str(known.body.get("title") or "") if known is not None else ""
    stem = target.rstrip("/").rpartition("/")[2].removesuffix(".json").removesuffix(".schema")
    try:
        host = urlsplit(target).netloc
    except ValueError:
        host = ""
    name = (title or stem.removesuffix(".source")).strip().replace(" ", "-")
    return f"https://{host or 'localhost'}/{word}/{name}{ENDING}"


def _free(gathering: Gathering, path: str, reference: Reference, entry: Mapping[str, Any]) -> Reference:
    """A reference of its own for a second endpoint of one schema, which the original passes over."""
    known = gathering.of(Kind.ENDPOINT).get(reference)
    if known is None or known.body.get("path") == entry.get("path"):
        return reference
    last = entry.get("path")
    words = "-".join(map(str, last)) if isinstance(last, list) else str(last or "")
    other = f"{reference.removesuffix(ENDING)}.{words.strip('/').replace('/', '-')}{ENDING}"
    text = f"endpoint {reference} is there already: that of '{words[:100]}' is known as {other}"
    gathering.remark("duplicate", text, path, reference)
    return other
