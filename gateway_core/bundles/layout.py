"""``{path: bytes}`` to a ``Bundle``: what each file configures, and under which reference. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from gateway_core.errors import ConfigurationError
from gateway_core.types import Artifact, Bundle, Finding, Json, JsonObject, Kind, Origin, Severity

MANIFEST = "installation.json"
DEFAULT_VERSION = "0.0.1"
# Every key of the manifest with its meaning; the reference page is printed from it.
MANIFEST_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "$schema": "ignored",
        "name": "the bundle's name, by which others require it; needed",
        "version": f"its version, for people; what is compared is the content (default `{DEFAULT_VERSION}`)",
        "title": "for people; heads the API document when the bundle serves endpoints",
        "description": "for people; the first words of the API document",
        "requires": "names of bundles that must be installed before",
        "collections": "a list of collections: groups of endpoints",
        "endpoints": "an object with one key, `schemas`: the list of endpoints",
        "applications": "a list of applications: who is expected to call",
    }
)


def lay_out(files: Mapping[str, bytes]) -> Bundle:
    """Read a flat bundle from its files.

    All faults are reported together: raises ``ConfigurationError`` with one finding for
    each file that is not JSON, artifact without ``$id`` and unknown key of the manifest.
    """
    findings: list[Finding] = []
    documents = {path: _decode(path, content, findings) for path, content in files.items()}
    manifest = documents.pop(MANIFEST, None)
    if not isinstance(manifest, dict):
        raise _refusal(findings or [_error("manifest", f"the bundle holds no readable {MANIFEST}")])
    name = str(manifest.get("name") or "")
    if not name:
        findings.append(_error("manifest", f"{MANIFEST} has no 'name'"))
    findings += [
        _error("manifest", f"{MANIFEST} has a key '{key}' that means nothing here")
        for key in sorted(manifest.keys() - MANIFEST_KEYS)
    ]
    requires = manifest.get("requires") or []
    if not isinstance(requires, list) or not all(isinstance(other, str) for other in requires):
        findings.append(_error("manifest", f"{MANIFEST}: 'requires' must be a list of names of bundles"))
    artifacts = [*_from_manifest(name, manifest, findings), *_from_files(name, documents, findings)]
    _refuse_duplicates(artifacts, findings)
    if findings:
        raise _refusal(findings)
    return Bundle(
        name=name,
        version=str(manifest.get("version") or DEFAULT_VERSION),
        title=str(manifest.get("title") or name),
        description=str(manifest.get("description") or ""),
        requires=tuple(requires),
        artifacts=tuple(artifacts),
    )


def digest(bundle: Bundle) -> str:
    """A hash of everything the bundle configures: equal digests need no installation."""
    parts = [bundle.name, bundle.version, bundle.title, bundle.description, *bundle.requires]
    parts += [
        json.dumps([a.kind, a.reference, a.version, a.body], sort_keys=True, ensure_ascii=False)
        for a in sorted(bundle.artifacts, key=lambda a: (a.kind, a.reference))
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _decode(path: str, content: bytes, findings: list[Finding]) -> Json:
    try:
        return json.loads(content, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        findings.append(_error("json", f"{path} cannot be read as JSON: {error}"))
        return None


def _unique(pairs: list[tuple[str, Any]]) -> JsonObject:
    seen: JsonObject = {}
    for key, value in pairs:
        if key in seen:
            raise ValueError(f"key '{key}' occurs twice in one object")
        seen[key] = value
    return seen


def _from_manifest(name: str, manifest: JsonObject, findings: list[Finding]) -> Iterable[Artifact]:
    for collection in _objects(manifest, "collections", findings):
        yield from _artifact(Kind.COLLECTION, collection, Origin(name, MANIFEST), findings)
    endpoints = manifest.get("endpoints") or {}
    if not isinstance(endpoints, dict) or endpoints.keys() - {"schemas"}:
        findings.append(_error("manifest", f"{MANIFEST}: 'endpoints' is an object with the key 'schemas'"))
        return
    for endpoint in _objects(endpoints, "schemas", findings):
        named = endpoint if endpoint.get("$id") else {**endpoint, "$id": _endpoint_reference(endpoint)}
        yield from _artifact(Kind.ENDPOINT, named, Origin(name, MANIFEST), findings)
    for application in _objects(manifest, "applications", findings):
        yield from _artifact(Kind.APPLICATION, application, Origin(name, MANIFEST), findings)


def _from_files(name: str, documents: Mapping[str, Json], findings: list[Finding]) -> Iterable[Artifact]:
    for path, document in documents.items():
        folder = path.partition("/")[0]
        if path.endswith(".cases.json") or document is None:
            continue
        if not isinstance(document, dict):
            findings.append(_error("artifact", f"{path} must hold a JSON object"))
        elif folder == "data":
            findings += _data_faults(path, document)
            body = {**document, "$id": f"{name}/{path}"}
            yield from _artifact(Kind.DATA, body, Origin(name, path), findings)
        else:
            kind = Kind.SCHEMA if folder == "schemas" else Kind.MAPPING
            yield from _artifact(kind, document, Origin(name, path), findings)


def _data_faults(path: str, document: JsonObject) -> Iterable[Finding]:
    """Data is a list of objects under the ``$id`` of their schema."""
    for schema, listed in document.items():
        objects = isinstance(listed, list) and all(isinstance(item, dict) for item in listed)
        if not schema.startswith("$") and not objects:
            yield _error("data", f"{path}: '{schema}' must be a list of objects")


def _artifact(kind: Kind, body: JsonObject, origin: Origin, findings: list[Finding]) -> Iterable[Artifact]:
    reference = body.get("$id")
    if not isinstance(reference, str) or not reference:
        findings.append(_error("artifact", f"{origin.path}: a {kind.value} has no '$id'"))
        return
    version = str(body.get("version") or DEFAULT_VERSION)
    yield Artifact(kind=kind, reference=reference, version=version, body=body, origin=origin)


def _endpoint_reference(endpoint: JsonObject) -> str:
    """The reference of an endpoint that has none, made as the original makes it."""
    schema = str(endpoint.get("reference") or "")
    host = urlsplit(schema).netloc or "localhost"
    last = schema.rsplit("/", 1)[-1].removesuffix(".schema.json")
    return f"https://{host}/EntityEndpoint/{last}.endpoint.json" if schema else ""


def _objects(parent: JsonObject, key: str, findings: list[Finding]) -> list[JsonObject]:
    value = parent.get(key) or []
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    findings.append(_error("manifest", f"{MANIFEST}: '{key}' must be a list of objects"))
    return []


def _refuse_duplicates(artifacts: Iterable[Artifact], findings: list[Finding]) -> None:
    seen: dict[tuple[Kind, str], Origin] = {}
    for artifact in artifacts:
        first = seen.setdefault((artifact.kind, artifact.reference), artifact.origin)
        if first is not artifact.origin:
            what = f"{artifact.kind.value} {artifact.reference}"
            text = f"{what} occurs in {first.path} and {artifact.origin.path}"
            findings.append(_error("duplicate", text))


def _error(code: str, message: str) -> Finding:
    return Finding(severity=Severity.ERROR, code=code, message=message)


def _refusal(findings: Iterable[Finding]) -> ConfigurationError:
    faults = tuple(findings)
    return ConfigurationError("\n".join(f.message for f in faults), faults)
