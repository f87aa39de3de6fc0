"""A ``Bundle`` as the files of a flat bundle: what ``layout.lay_out`` reads back. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from gateway_core.bundles.kinds import FORM_OF
from gateway_core.bundles.layout import MANIFEST
from gateway_core.types import Artifact, Bundle, JsonObject, Kind

_IN_MANIFEST = (Kind.COLLECTION, Kind.ENDPOINT, Kind.COMPUTED, Kind.APPLICATION)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_SAFE_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\.json")


def write_bundle(bundle: Bundle) -> dict[str, bytes]:
    """The files of a bundle by path. Each artifact keeps the file that it was read from, where that
    can be a file of its kind; the others get one named after their reference."""
    manifest: dict[str, Any] = {
        "name": bundle.name,
        "version": bundle.version,
        "title": bundle.title,
        "description": bundle.description,
        "requires": list(bundle.requires),
        "collections": _bodies(bundle, Kind.COLLECTION),
        "endpoints": {
            "schemas": _bodies(bundle, Kind.ENDPOINT),
            "computed": _bodies(bundle, Kind.COMPUTED),
        },
        "applications": _bodies(bundle, Kind.APPLICATION),
    }
    files = {MANIFEST: _text(manifest)}
    for artifact in bundle.artifacts:
        if artifact.kind not in _IN_MANIFEST:
            files[_path(artifact, files)] = _text(_body(bundle.name, artifact))
    return files


def _bodies(bundle: Bundle, kind: Kind) -> list[JsonObject]:
    return [dict(artifact.body) for artifact in bundle.artifacts if artifact.kind is kind]


def _body(bundle: str, artifact: Artifact) -> Mapping[str, Any]:
    """What stands in the file: the reference of data follows from its place, and is not in it."""
    if artifact.kind is Kind.DATA and artifact.reference.startswith(f"{bundle}/"):
        return {name: value for name, value in artifact.body.items() if name != "$id"}
    return artifact.body


def _path(artifact: Artifact, occupied: Iterable[str]) -> str:
    folder = FORM_OF[artifact.kind].folder
    told = artifact.origin.path
    if told.startswith(f"{folder}/") and _SAFE_PATH.fullmatch(told) and not told.endswith(".cases.json"):
        path = told
    else:
        last = artifact.reference.rstrip("/").rpartition("/")[2].partition("#")[0]
        name = _UNSAFE.sub("-", last).strip(".-").removesuffix(".json") or artifact.kind.value
        path = f"{folder}/{name.removesuffix('.cases')}.json"
    stem, number = path.removesuffix(".json"), 1
    while path in occupied:
        number += 1
        path = f"{stem}-{number}.json"
    return path


def _text(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2, default=dict) + "\n").encode(
        "utf-8", "surrogatepass"
    )
