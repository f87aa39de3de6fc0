"""The tree of a Common Gateway bundle to a ``Bundle``: what each file holds says what it is. Pure.

Folders mean nothing there, a file is one artifact or a map from types to lists, and what cannot be used
is passed over (``common-gateway.md`` 1.1 and 1.2). Here it is passed over by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

from gateway_core.bundles.decode import ENDINGS, Unreadable, decode
from gateway_core.bundles.gathering import DEFAULT_VERSION, Gathering
from gateway_core.bundles.kinds import BY_FOLDER, implied_kind, is_of_the_core, named_kind, type_names
from gateway_core.bundles.original_manifest import read_manifest
from gateway_core.bundles.secrets import without_secrets
from gateway_core.catalog.original import OPTIONAL
from gateway_core.types import Bundle, Json, JsonObject, Kind

TREE: Final = "Installation"
COMPOSER: Final = "composer.json"
TEST_DATA: Final = "test-data"
# Folders of the older layout, beside the tree.
LEGACY: Final = tuple(
    sorted({"CronJob", "Entity", "Gateway", "Organisation"} | {
        word.capitalize() for form in BY_FOLDER.values() for word in form.words
    } | {"SecurityGroup"})
)  # fmt: skip
MANIFESTS: Final = frozenset({"installation.json", "installation.yaml", "installation.yml"})
_REQUIRED_DATA: Final = "data.json"
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BRANCH: Final = re.compile(r"-(main|master|dev|develop|development)$")
_RELEASE: Final = re.compile(r"-v?([0-9]+(?:\.[0-9]+)+(?:-[0-9A-Za-z.]+)?)$")


def lay_out_original(files: Mapping[str, bytes], called: str) -> Bundle:
    """Read the files of a bundle that has no manifest of ours; ``called`` is what its folder is called.

    Never refuses: whatever cannot be used is a finding, and the rest is there.
    """
    composer = _composer(files)
    name, version = _name_and_version(composer, called)
    gathering = Gathering(name)
    manifests: dict[str, JsonObject] = {}
    for path in sorted(files, key=lambda path: (path.startswith(f"{TREE}/"), path)):
        if path == COMPOSER:
            continue
        value = _read(gathering, path, files[path])
        if value is None:
            continue
        if path.rpartition("/")[2] in MANIFESTS:
            manifests[path] = value
        else:
            _document(gathering, path, value)
    for path, manifest in sorted(manifests.items(), key=lambda item: item[0].count("/")):
        read_manifest(gathering, path, manifest)
    return Bundle(
        name=name,
        version=version,
        title=name,
        description=str(composer.get("description") or ""),
        requires=(),
        artifacts=gathering.artifacts,
        findings=tuple(gathering.findings),
    )


def with_test_data(bundle: Bundle) -> Bundle:
    """The bundle with its test data as data that is created."""
    marked = [artifact.body.get(OPTIONAL) is True for artifact in bundle.artifacts]
    artifacts = tuple(
        replace(each, body={k: v for k, v in each.body.items() if k != OPTIONAL}) if test else each
        for each, test in zip(bundle.artifacts, marked, strict=True)
    )
    findings = tuple(finding for finding in bundle.findings if finding.code != TEST_DATA)
    return replace(bundle, artifacts=artifacts, findings=findings)


def _composer(files: Mapping[str, bytes]) -> JsonObject:
    try:
        value = decode(COMPOSER, files.get(COMPOSER, b"{}")).value
    except Unreadable:
        return {}
    return value if isinstance(value, dict) else {}


def _name_and_version(composer: JsonObject, called: str) -> tuple[str, str]:
    """As its author calls it, else as its folder is called, without what an archive adds to that."""
    release = _RELEASE.search(called)
    bare = _BRANCH.sub("", called[: release.start()] if release else called)
    given, version = composer.get("name"), composer.get("version")
    name = given if isinstance(given, str) and given.strip() else bare or TREE
    return name, version if isinstance(version, str) and version else (
        release[1] if release else DEFAULT_VERSION
    )


def _read(gathering: Gathering, path: str, content: bytes) -> JsonObject | None:
    if not path.endswith(ENDINGS) and content.lstrip()[:1] not in (b"{", b"["):
        gathering.remark("not-read", "no JSON and no YAML by its name: not read", path, info=True)
        return None
    try:
        decoded = decode(path, content)
    except Unreadable as fault:
        gathering.reject(fault.message, path, place=fault.place, hint="mend the file; the rest is installed")
        return None
    for key in decoded.doubled:
        text = f"key '{key}' occurs twice in one object, and the last one counts"
        gathering.remark("duplicate-key", text, path)
    if not isinstance(decoded.value, dict):
        gathering.reject("a JSON object is expected", path)
        return None
    if not decoded.value:
        gathering.remark("empty", "an empty object configures nothing", path, info=True)
        return None
    return decoded.value


def _document(gathering: Gathering, path: str, value: JsonObject) -> None:
    schema, reference = value.get("$schema"), value.get("$id")
    if path.endswith(".cases.json"):
        return
    if isinstance(schema, str) and schema:
        _typed(gathering, schema, value, path, f"{gathering.bundle}/{path}")
        return
    kind = implied_kind(path, reference) if isinstance(reference, str) and reference else None
    if kind is not None and kind is not Kind.DATA:
        text = f"it has no '$schema' and is read as a {kind.value}, as its names imply"
        gathering.remark("no-schema", text, path, str(reference))
        _artifact(gathering, kind, value, path, "")
        return
    for key, listed in value.items():
        if not isinstance(listed, list):
            gathering.reject(f"'{key[:200]}' holds no list of objects", path, pointer=f"/{key[:200]}")
            continue
        for number, each in enumerate(listed, 1):
            if isinstance(each, dict):
                _typed(gathering, key, each, path, f"{gathering.bundle}/{path}#{number}")
            else:
                gathering.reject(f"number {number} of '{key[:200]}' is no object", path)


def _typed(gathering: Gathering, schema: str, value: JsonObject, path: str, otherwise: str) -> None:
    """One object of the type that ``schema`` names; ``otherwise`` is its reference when it has none."""
    kind = named_kind(schema) if "/" in schema else None
    if kind is not None and kind is not Kind.DATA:
        _artifact(gathering, kind, value, path, otherwise)
    elif is_of_the_core(schema):
        last = schema.rstrip("/").rpartition("/")[2].partition(".")[0]
        near = get_close_matches(last, list(type_names()), n=1)
        meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(type_names())}"
        gathering.reject(f"'{schema[:200]}' is no kind of artifact", path, _reference(value), hint=meant)
    else:
        _object(gathering, schema, value, path)


def _artifact(gathering: Gathering, kind: Kind, value: JsonObject, path: str, otherwise: str) -> None:
    reference = _reference(value)
    if not reference:
        text = f"a {kind.value} without '$id' is known by its file"
        gathering.remark("no-id", text, path, otherwise)
        reference = otherwise
    body, left_out = without_secrets(kind, value)
    for key in left_out:
        text = f"'{key}' of {kind.value} {reference} is left out: secrets do not belong in files"
        gathering.remark("secret", text, path, reference)
    gathering.add(kind, reference, body, path)


def _reference(value: JsonObject) -> str:
    reference = value.get("$id")
    return reference if isinstance(reference, str) else ""


def _object(gathering: Gathering, schema: str, value: JsonObject, path: str) -> None:
    """An object of somebody's schema: created when it stands in a ``data.json``, else when asked for."""
    document: dict[str, Json] = {name: each for name, each in value.items() if name != "$schema"}
    own = document.get("id")
    if "_id" not in document and isinstance(own, str) and _UUID.fullmatch(own):
        document["_id"] = own.lower()
    reference = f"{gathering.bundle}/{path}"
    known = gathering.of(Kind.DATA).get(reference)
    if known is not None:
        listed = [*known.body.get(schema, ()), document]
        gathering.change(Kind.DATA, reference, {schema: listed})
        return
    body: JsonObject = {schema: [document]}
    if not path.startswith(f"{TREE}/") or path.rpartition("/")[2].lower() != _REQUIRED_DATA:
        body[OPTIONAL] = True
        text = "its objects are test data, which --test-data creates"
        gathering.remark(TEST_DATA, text, path, reference, info=True)
    gathering.add(Kind.DATA, reference, body, path)
