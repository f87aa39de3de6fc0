"""``{path: bytes}`` to a ``Bundle``: what each file configures, and under which reference. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from gateway_core.bundles.decode import ENDINGS, Unreadable, decode
from gateway_core.bundles.gathering import DEFAULT_VERSION
from gateway_core.bundles.kinds import BY_FOLDER, named_kind
from gateway_core.bundles.original import LEGACY, TREE, lay_out_original
from gateway_core.bundles.secrets import without_secrets
from gateway_core.errors import ConfigurationError
from gateway_core.types import Artifact, Bundle, Finding, Json, JsonObject, Kind, Origin, Severity

MANIFEST = "installation.json"
MANIFESTS = (MANIFEST, "installation.yaml", "installation.yml")
# Every key of the manifest with its meaning; the reference page is printed from it.
MANIFEST_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "$schema": "ignored",
        "name": "the bundle's name, by which others require it; needed",
        "version": "its version, as [Semantic Versioning](https://semver.org) has them: `upgrade` takes "
        f"newer ones; whether there is anything to do is decided by content (default `{DEFAULT_VERSION}`)",
        "title": "for people; heads the API document when the bundle serves endpoints",
        "description": "for people; the first words of the API document",
        "requires": "names of bundles that must be installed before",
        "collections": "a list of collections: groups of endpoints",
        "endpoints": "lists of endpoints: `schemas` of those that serve objects, `sources` of "
        "those that hand requests on, `computed` of what a mapping makes of an object",
        "applications": "a list of applications: who is expected to call",
        "actions": "a list of actions: what is done on an event",
    }
)


def lay_out(files: Mapping[str, bytes], called: str = "") -> Bundle:
    """Read a bundle from its files; ``called`` is its name when nothing in it says so.

    One with a manifest of ours at the top is flat: all its faults are reported together, by a
    ``ConfigurationError`` with one finding for each file that cannot be read, artifact without ``$id``
    and unknown key of the manifest. One with a folder ``Installation``, or the folders that were before
    it, is one of Common Gateway: what cannot be used there is among its findings, and the rest is read.
    """
    if not any(name in files for name in MANIFESTS) and any(map(is_of_original, files)):
        return lay_out_original(files, called)
    return _lay_out_flat(files)


def is_of_original(path: str) -> bool:
    """Whether a file belongs to a bundle of Common Gateway by its place."""
    folder, _, below = path.partition("/")
    return folder == TREE or (bool(below) and folder in LEGACY and path.endswith(ENDINGS))


def _lay_out_flat(files: Mapping[str, bytes]) -> Bundle:
    findings: list[Finding] = []
    documents = {path: _decode(path, content, findings) for path, content in files.items()}
    manifests = [documents.pop(name) for name in MANIFESTS if name in documents]
    if len(manifests) > 1:
        findings.append(_error("manifest", f"the bundle holds more than one of {', '.join(MANIFESTS)}"))
    manifest = manifests[0] if manifests else None
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
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise _refusal(finding for finding in findings if finding.severity is Severity.ERROR)
    return Bundle(
        name=name,
        version=str(manifest.get("version") or DEFAULT_VERSION),
        title=str(manifest.get("title") or name),
        description=str(manifest.get("description") or ""),
        requires=tuple(requires),
        artifacts=tuple(artifacts),
        findings=tuple(findings),
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
        decoded = decode(path, content)
    except Unreadable as fault:
        place = f":{fault.place.line}:{fault.place.column}" if fault.place is not None else ""
        text = f"{path}{place} cannot be read: {fault.message}"
        findings.append(Finding(Severity.ERROR, "json", text, path=path, place=fault.place))
        return None
    findings += [
        _error("json", f"{path} cannot be read: key '{key}' occurs twice in one object")
        for key in decoded.doubled
    ]
    return decoded.value


def _from_manifest(name: str, manifest: JsonObject, findings: list[Finding]) -> Iterable[Artifact]:
    for collection in _objects(manifest, "collections", findings):
        yield from _artifact(Kind.COLLECTION, collection, Origin(name, MANIFEST), findings)
    endpoints = manifest.get("endpoints") or {}
    if not isinstance(endpoints, dict) or endpoints.keys() - {"schemas", "sources", "computed"}:
        text = f"{MANIFEST}: 'endpoints' is an object with the keys 'schemas', 'sources' and 'computed'"
        findings.append(_error("manifest", text))
        return
    listed = [e for part in ("schemas", "sources") for e in _objects(endpoints, part, findings)]
    for endpoint in listed:
        named = endpoint if endpoint.get("$id") else {**endpoint, "$id": _endpoint_reference(endpoint)}
        yield from _artifact(Kind.ENDPOINT, named, Origin(name, MANIFEST), findings)
    for computed in _objects(endpoints, "computed", findings):
        yield from _artifact(Kind.COMPUTED, computed, Origin(name, MANIFEST), findings)
    for application in _objects(manifest, "applications", findings):
        yield from _artifact(Kind.APPLICATION, application, Origin(name, MANIFEST), findings)
    for action in _objects(manifest, "actions", findings):
        yield from _artifact(Kind.ACTION, action, Origin(name, MANIFEST), findings)


def _from_files(name: str, documents: Mapping[str, Json], findings: list[Finding]) -> Iterable[Artifact]:
    for path, document in documents.items():
        folder = path.partition("/")[0]
        if path.rpartition(".")[0].endswith(".cases") or document is None:
            continue
        if not isinstance(document, dict):
            findings.append(_error("artifact", f"{path} must hold a JSON object"))
        elif folder == "data":
            findings += _data_faults(path, document)
            body = {**document, "$id": f"{name}/{path}"}
            yield from _artifact(Kind.DATA, body, Origin(name, path), findings)
        else:
            form = BY_FOLDER.get(folder)
            kind = named_kind(document.get("$schema")) or (form.kind if form is not None else None)
            if kind is None:
                findings.append(_error("artifact", f"{path} is in no folder of a kind, and names none"))
                continue
            body, left_out = without_secrets(kind, document)
            for key in left_out:
                text = f"{path}: '{key}' is left out: secrets do not belong in files"
                findings.append(Finding(Severity.WARNING, "secret", text, path=path))
            if kind in (Kind.USER, Kind.SECURITY_GROUP):
                body["isEnabled"] = False  # whom a bundle lets in, an administrator decides
            yield from _artifact(kind, body, Origin(name, path), findings)


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
    schema, word = str(endpoint.get("reference") or ""), "EntityEndpoint"
    if endpoint.get("source"):
        schema, word = str(endpoint["source"]), "ProxyEndpoint"
    host = urlsplit(schema).netloc or "localhost"
    last = schema.rsplit("/", 1)[-1].removesuffix(".schema.json").removesuffix(".source.json")
    return f"https://{host}/{word}/{last}.endpoint.json" if schema else ""


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
