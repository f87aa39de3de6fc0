"""One reference in several bundles: which of the artifacts holds, and what of the others."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway_core.catalog.original import LINK, is_original
from gateway_core.catalog.versions import version_key
from gateway_core.types import Artifact, Finding, Json, JsonObject, Kind, Severity


def settle(artifacts: Sequence[Artifact], findings: list[Finding]) -> list[Artifact]:
    """The artifacts with each reference once.

    Of several that say the same there is one. Of different ones that with the highest version holds, of
    equal versions the one that was installed first, and the others are named in a warning. Two kinds are
    joined instead, so that no bundle's part is lost: the configurations of an application, endpoint by
    endpoint, with its domains; and the prefixes of the schemas of a collection. Endpoints that serve
    different things under one reference, which is made of a title, all hold.
    """
    groups: dict[tuple[str, ...], list[Artifact]] = {}
    for artifact in artifacts:
        key = (artifact.kind.value, artifact.reference, *_served(artifact))
        groups.setdefault(key, []).append(artifact)
    return [group[0] if len(group) == 1 else _one(_different(group), findings) for group in groups.values()]


def may_share(artifact: Artifact, other: Artifact) -> bool:
    """Whether two bundles may both bring an artifact: what is in our form has one owner."""
    return is_original(artifact) and is_original(other)


def _served(artifact: Artifact) -> tuple[str, ...]:
    if artifact.kind is not Kind.ENDPOINT or not is_original(artifact):
        return ()
    body = artifact.body
    return tuple(str(body.get(key)) for key in ("reference", "schemas", "path", "pathRegex", "$below"))


def _different(group: Sequence[Artifact]) -> list[Artifact]:
    """Those that differ, the one that holds first."""
    known = {json.dumps(a.body, sort_keys=True, ensure_ascii=False): a for a in reversed(group)}
    distinct = [a for a in group if a in known.values()]
    return sorted(distinct, key=lambda a: version_key(a.version), reverse=True)


def _one(group: list[Artifact], findings: list[Finding]) -> Artifact:
    first, others = group[0], group[1:]
    if not others:
        return first
    if first.kind is Kind.COLLECTION:
        return _collection(group)
    bundles = ", ".join(other.origin.bundle for other in others)
    named = f"{first.kind.value} {first.reference}"
    if first.kind is Kind.APPLICATION:
        body, clashes = _application(group)
        for clash in clashes:
            message = f"{named}: {clash}, and bundle {first.origin.bundle} holds"
            findings.append(Finding(Severity.WARNING, "shared", message, first.reference))
        message = f"{named} is one of bundle {first.origin.bundle} and of {bundles}: both configurations hold"
        findings.append(Finding(Severity.WARNING, "shared", message, first.reference))
        return replace(first, body=body)
    higher = version_key(first.version) > version_key(others[0].version)
    why = "has the highest version" if higher else "was installed first"
    message = f"{named} comes with bundle {first.origin.bundle}, which {why}, and otherwise with {bundles}"
    findings.append(Finding(Severity.WARNING, "shared", message, first.reference))
    return first


def _collection(group: Sequence[Artifact]) -> Artifact:
    """The collection itself, with what manifests of other bundles add to it."""
    holding = next((a for a in group if a.body.get("$part") != LINK), group[0])
    prefixes = [prefix for a in group for prefix in _listed(a.body.get("schemaPrefixes"))]
    return replace(holding, body={**holding.body, "schemaPrefixes": list(dict.fromkeys(prefixes))})


def _application(group: Sequence[Artifact]) -> tuple[JsonObject, list[str]]:
    """The joined body, and the endpoints for which two bundles say different things."""
    joined: list[Json] = []
    told: dict[str, Mapping[str, Any]] = {}
    clashes = []
    domains: list[Json] = []
    for artifact in group:
        domains += _listed(artifact.body.get("domains"))
        for key, each in _by_endpoint(artifact).items():
            if key not in told:
                told[key] = each
                joined.append({key: each})
            elif told[key] != each:
                clashes.append(f"'{key}' is configured by bundle {artifact.origin.bundle} too")
    body = {**group[0].body, "configuration": joined}
    if domains:
        body["domains"] = [d for number, d in enumerate(domains) if d not in domains[:number]]
    return body, clashes


def _by_endpoint(application: Artifact) -> dict[str, Json]:
    """The configuration of an application by what it names; of two entries the first counts, side by side."""
    found: dict[str, Json] = {}
    for entry in _listed(application.body.get("configuration")):
        for key, each in entry.items() if isinstance(entry, dict) else ():
            known = found.setdefault(key, each)
            if isinstance(known, dict) and isinstance(each, dict):
                found[key] = {**each, **known}
    return found


def _listed(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return [value]
    return list(value) if isinstance(value, list | tuple) else []
