"""``installation.json`` of a Common Gateway bundle: each entry becomes an artifact of its own. Pure.

The keys and their meanings are those of ``common-gateway.md`` 1.5. What an entry configures is kept as it is
written; ``$part`` tells which list it stood in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from gateway_core.bundles.gathering import Gathering
from gateway_core.bundles.original_endpoints import gather_endpoints
from gateway_core.bundles.secrets import without_secrets
from gateway_core.catalog.original import LINK
from gateway_core.types import Json, JsonObject, Kind

PART: Final = "$part"
INSTALLER: Final = "installer"
FROM_MANIFEST: Final = "manifest"
CRONTAB: Final = "*/5 * * * *"
ALWAYS: Final[Mapping[str, Any]] = MappingProxyType({"==": [1, 1]})
CARDS: Final[Mapping[str, Kind | None]] = MappingProxyType(
    {
        "actions": Kind.ACTION,
        "applications": Kind.APPLICATION,
        "collections": Kind.COLLECTION,
        "cronjobs": Kind.CRONJOB,
        "endpoints": Kind.ENDPOINT,
        "mappings": Kind.MAPPING,
        "objects": None,
        "organizations": Kind.ORGANIZATION,
        "schemas": Kind.SCHEMA,
        "sources": Kind.SOURCE,
    }
)


def read_manifest(gathering: Gathering, path: str, manifest: JsonObject) -> None:
    """Add what the manifest configures, in the order in which the original takes it up."""
    for key, read in _READERS.items():
        if key in manifest:
            read(gathering, path, manifest[key])
    for key in manifest.keys() - _READERS.keys() - {"$schema", "$id", "title", "description", "version"}:
        near = get_close_matches(key[:100], list(_READERS), n=1)
        gathering.reject(
            f"'{key[:100]}' means nothing in an installation.json",
            path,
            pointer=f"/{key[:100]}",
            hint=f"did you mean {near[0]}?" if near else f"there are {', '.join(_READERS)}",
        )


def objects(gathering: Gathering, path: str, value: Json, pointer: str) -> Iterator[tuple[str, JsonObject]]:
    """The objects of a list with their pointers; anything else in it is rejected."""
    if not isinstance(value, list):
        gathering.reject(f"'{pointer}' must be a list of objects", path, pointer=pointer)
        return
    for number, each in enumerate(value):
        place = f"{pointer}/{number}"
        if isinstance(each, dict):
            yield place, each
        else:
            gathering.reject(f"'{place}' must be an object", path, pointer=place)


def references(gathering: Gathering, path: str, value: Json, pointer: str) -> Iterator[str]:
    """The references in a list; anything else in it is rejected."""
    for number, each in enumerate(value if isinstance(value, list) else [value]):
        if isinstance(each, str) and each:
            yield each
        else:
            place = f"{pointer}/{number}"
            gathering.reject(f"'{place}' must be a reference, the $id of an artifact", path, pointer=place)


def _collections(gathering: Gathering, path: str, value: Json) -> None:
    for pointer, entry in objects(gathering, path, value, "/collections"):
        reference, prefix = _text(entry, "reference") or _text(entry, "$id"), _text(entry, "schemaPrefix")
        if not reference or not prefix:
            gathering.reject("a collection here needs 'reference' and 'schemaPrefix'", path, pointer=pointer)
            continue
        known = gathering.of(Kind.COLLECTION).get(reference)
        prefixes = [*(known.body.get("schemaPrefixes") or () if known is not None else ()), prefix]
        if not gathering.change(Kind.COLLECTION, reference, {"schemaPrefixes": prefixes}):
            body = {PART: LINK, "schemaPrefixes": prefixes}
            gathering.add(Kind.COLLECTION, reference, body, path)


def _schemas(gathering: Gathering, path: str, value: Json) -> None:
    for pointer, entry in objects(gathering, path, value, "/schemas"):
        reference = _text(entry, "reference")
        more: JsonObject = {key: entry[key] for key in ("defaultSource", "createAuditTrails") if key in entry}
        if not gathering.change(Kind.SCHEMA, reference, more):
            text = f"'{reference}' is no schema of this bundle, and only its own can be changed here"
            gathering.reject(text, path, reference, pointer=pointer)
        for key in entry.keys() - more.keys() - {"reference"}:
            gathering.remark("unknown-key", f"'{pointer}/{key[:100]}' has no effect", path, reference)


def _actions(gathering: Gathering, path: str, value: Json) -> None:
    if not isinstance(value, dict):
        gathering.reject("'actions' must be an object with 'handlers' and 'fixConfigRef'", path)
        return
    for key in value.keys() - {"handlers", "fixConfigRef"}:
        gathering.reject(f"'actions/{key[:100]}' means nothing", path, pointer=f"/actions/{key[:100]}")
    for pointer, entry in objects(gathering, path, value.get("handlers") or [], "/actions/handlers"):
        _handler(gathering, path, pointer, entry)
    known = gathering.of(Kind.ACTION)
    for reference in references(gathering, path, value.get("fixConfigRef") or [], "/actions/fixConfigRef"):
        if reference not in known:
            text = f"'{reference}' is no action of this bundle: there is no configuration to mend"
            gathering.reject(text, path, reference, pointer="/actions/fixConfigRef")


def _handler(gathering: Gathering, path: str, pointer: str, entry: JsonObject) -> None:
    handler = _text(entry, "actionHandler")
    if not handler:
        gathering.reject("a handler needs 'actionHandler', the name of a class", path, pointer=pointer)
        return
    short = handler.replace("/", "\\").rpartition("\\")[2]
    reference = _text(entry, "reference") or f"{gathering.bundle}/{short}.action.json"
    known = gathering.of(Kind.ACTION).get(reference)
    if known is not None and known.body.get("class") != handler:
        text = f"action {reference} is named twice, for other handlers: this one is kept as …#{short}"
        gathering.remark("duplicate", text, path, reference)
        reference = f"{reference}#{short}"
    body = {key: each for key, each in entry.items() if key not in ("actionHandler", "reference")}
    body |= {"class": handler, "title": _text(entry, "name") or short, PART: "handlers"}
    body.setdefault("listens", [])
    body.setdefault("conditions", dict(ALWAYS))
    gathering.add(Kind.ACTION, reference, body, path)


def _cronjobs(gathering: Gathering, path: str, value: Json) -> None:
    """The original fails on these; what they are meant for is what is done."""
    listed = value.get("actions") if isinstance(value, dict) else None
    known = gathering.of(Kind.ACTION)
    for reference in references(gathering, path, listed or [], "/cronjobs/actions"):
        action = known.get(reference)
        if action is None:
            text = f"'{reference}' is no action of this bundle, and so gets no cronjob"
            gathering.reject(text, path, reference, pointer="/cronjobs/actions")
            continue
        listens = action.body.get("listens")
        throws = listens[:1] if isinstance(listens, list) else []
        title = str(action.body.get("title") or reference)
        body = {"title": title, "crontab": CRONTAB, "throws": throws, PART: FROM_MANIFEST}
        gathering.add(Kind.CRONJOB, f"{reference.removesuffix('.action.json')}.cronjob.json", body, path)


def _kept(kind: Kind, key: str, *needed: str) -> Callable[[Gathering, str, Json], None]:
    """A reader of entries that are artifacts as they stand, when they have what they need."""

    def read(gathering: Gathering, path: str, value: Json) -> None:
        for pointer, entry in objects(gathering, path, value, f"/{key}"):
            reference = _text(entry, "$id")
            missing = [name for name in ("$id", *needed) if not entry.get(name)]
            if missing:
                text = f"a {kind.value} here needs '{missing[0]}'"
                gathering.reject(text, path, reference, pointer=pointer)
                continue
            body, left_out = without_secrets(kind, entry)
            for name in left_out:
                text = f"'{name}' of {kind.value} {reference} is left out: secrets do not belong in files"
                gathering.remark("secret", text, path, reference)
            gathering.add(kind, reference, {**body, PART: FROM_MANIFEST}, path)

    return read


def _cards(gathering: Gathering, path: str, value: Json) -> None:
    if not isinstance(value, dict):
        gathering.reject("'cards' must be an object of lists of references", path, pointer="/cards")
        return
    for key, listed in value.items():
        if key not in CARDS:
            gathering.reject(f"'cards/{key[:100]}' is no kind of card", path, pointer=f"/cards/{key[:100]}")
            continue
        kind = CARDS[key]
        for reference in references(gathering, path, listed, f"/cards/{key}"):
            body = {"type": kind.value if kind is not None else "object", "entity": reference}
            gathering.add(Kind.CARD, f"{reference}#card", {**body, PART: FROM_MANIFEST}, path)


def _installation_service(gathering: Gathering, path: str, value: Json) -> None:
    if not isinstance(value, str) or not value:
        gathering.reject("'installationService' must be the name of a class", path)
        return
    body = {
        "title": "installationService",
        "description": "What the bundle does by itself when it is installed.",
        "class": value,
        "listens": [],
        "conditions": dict(ALWAYS),
        PART: INSTALLER,
    }
    gathering.add(Kind.ACTION, f"{gathering.bundle}#installationService", body, path)


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


_READERS: Final[Mapping[str, Callable[[Gathering, str, Json], None]]] = MappingProxyType(
    {
        "collections": _collections,
        "schemas": _schemas,
        "endpoints": gather_endpoints,
        "actions": _actions,
        "cronjobs": _cronjobs,
        "applications": _kept(Kind.APPLICATION, "applications"),
        "users": _kept(Kind.USER, "users", "email", "securityGroups"),
        "templates": _kept(Kind.TEMPLATE, "templates", "supportedSchemas"),
        "cards": _cards,
        "installationService": _installation_service,
    }
)
