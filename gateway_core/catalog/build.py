"""Artifacts to a ``Catalog``. Bad configuration is found, all of it, and never raised."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from gateway_core.catalog import openapi
from gateway_core.catalog.actions import HandlerSpec, read_actions
from gateway_core.catalog.configuration import Configurations
from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.entities import entities, read_schemas
from gateway_core.catalog.indexed import indexed_paths
from gateway_core.catalog.keys import unknown_keys
from gateway_core.catalog.lint import lint_pairs
from gateway_core.catalog.match import MatchTable
from gateway_core.catalog.original import is_original
from gateway_core.catalog.original_endpoints import OriginalEndpointReader
from gateway_core.catalog.read_collections import read_collections
from gateway_core.catalog.read_endpoints import EndpointReader
from gateway_core.catalog.rejected import reject, rejection
from gateway_core.catalog.shared import settle
from gateway_core.catalog.snapshot import BundleInfo, Catalog
from gateway_core.catalog.words import word_clashes
from gateway_core.errors import MappingError
from gateway_core.mapping.mapping import DEFAULT_LIMITS, CompiledMapping, Limits, compile_mapping
from gateway_core.mapping.value_maps import FAULT as VALUE_MAP_FAULT
from gateway_core.query.parse import QuerySettings
from gateway_core.schema import EntitySpec
from gateway_core.types import Artifact, Finding, Kind, Reference, Severity

_VARIABLE = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What the catalog needs to know beside the artifacts. Without ``handlers`` no action is looked at."""

    query: QuerySettings = QuerySettings()
    title: str = ""
    limits: Limits = DEFAULT_LIMITS
    handlers: tuple[HandlerSpec, ...] | None = None


def build(
    artifacts: Sequence[Artifact],
    settings: BuildSettings | None = None,
    bundles: Iterable[BundleInfo] = (),
) -> tuple[Catalog, tuple[Finding, ...]]:
    """Compile artifacts. The catalog holds what could be compiled; an error among the
    findings means that it must not be used. ``bundles`` are those that the artifacts come
    from: the API document is named after the ones with endpoints, unless the settings name it.

    What is in Common Gateway's form and cannot be used is no error: it is left out, with a warning
    ``rejected`` that names it."""
    settings = settings or BuildSettings()
    findings: list[Finding] = []
    used = settle(artifacts, findings)
    findings.extend(unknown_keys(used))
    specs, validators = read_schemas(_of(used, Kind.SCHEMA), findings)
    mappings = _mappings(_of(used, Kind.MAPPING), settings.limits, findings)
    endpoints = _endpoints(used, specs, mappings, findings)
    findings.extend(lint_pairs(endpoints, specs))
    findings.extend(word_clashes(endpoints, specs))
    known = entities(specs, validators, endpoints, settings.query)
    serving = {artifact.origin.bundle for artifact in _of(artifacts, Kind.ENDPOINT)}
    info = openapi.info(settings.title, [bundle for bundle in bundles if bundle.name in serving])
    catalog = Catalog(
        version=_version(artifacts),
        entities=MappingProxyType(known),
        mappings=MappingProxyType(mappings),
        endpoints=endpoints,
        table=MatchTable(endpoints),
        indexes=tuple(indexed_paths(specs)),
        artifacts=tuple(artifacts),
        openapi=openapi.document(info, endpoints, known, settings.query),
        actions=read_actions(_of(used, Kind.ACTION), settings.handlers, specs, mappings, findings),
    )
    return catalog, tuple(findings)


def _endpoints(
    artifacts: Sequence[Artifact],
    specs: Mapping[Reference, EntitySpec],
    mappings: Mapping[Reference, CompiledMapping],
    findings: list[Finding],
) -> tuple[Endpoint, ...]:
    """The endpoints, as the applications have them, each at a path of its own."""
    collections = read_collections(_of(artifacts, Kind.COLLECTION), findings)
    bodies = {a.reference: a.body for a in _of(artifacts, Kind.MAPPING)}
    sources = frozenset(a.reference for a in _of(artifacts, Kind.SOURCE))
    ours = EndpointReader(specs, mappings, collections, bodies, findings)
    original = OriginalEndpointReader(specs, sources, collections, findings)
    listed = _of(artifacts, Kind.ENDPOINT)
    read = [(a, original.read(a) if is_original(a) else ours.read(a)) for a in listed]
    found = _at_own_paths([(a, endpoint) for a, endpoint in read if endpoint is not None], findings)
    return Configurations(_of(artifacts, Kind.APPLICATION), mappings, bodies, findings).applied(found)


def _of(artifacts: Iterable[Artifact], kind: Kind) -> list[Artifact]:
    return [artifact for artifact in artifacts if artifact.kind is kind]


def _version(artifacts: Iterable[Artifact]) -> str:
    parts = sorted(
        json.dumps([a.kind, a.reference, a.version, a.body], sort_keys=True, ensure_ascii=False)
        for a in artifacts
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _mappings(
    artifacts: Iterable[Artifact], limits: Limits, findings: list[Finding]
) -> dict[Reference, CompiledMapping]:
    listed = list(artifacts)
    bodies = {artifact.reference: artifact.body for artifact in listed}
    compiled: dict[Reference, CompiledMapping] = {}
    for artifact in listed:
        try:
            mapping = compile_mapping(artifact.reference, artifact.body, limits=limits, bodies=bodies.get)
        except MappingError as error:
            faults = [_mapping_fault(artifact, fault) for fault in (error, *error.others)]
            findings.extend(reject(f, artifact) if is_original(artifact) else f for f in faults)
            continue
        findings.extend(replace(finding, path=artifact.origin.path) for finding in mapping.findings)
        compiled[artifact.reference] = mapping
    _check_references(compiled, {a.reference: a for a in listed}, findings)
    return compiled


def _mapping_fault(artifact: Artifact, error: MappingError) -> Finding:
    order = ("values", "mapping") if error.detail.startswith(VALUE_MAP_FAULT) else ("mapping", "cast")
    sections = (name for name in order if error.key in (artifact.body.get(name) or ()))
    return Finding(
        severity=Severity.ERROR,
        code="mapping",
        message=error.detail,
        reference=artifact.reference,
        pointer=next((f"/{name}/{error.key}" for name in sections), ""),
        position=error.position,
        hint=error.hint,
        path=artifact.origin.path,
    )


def _check_references(
    mappings: Mapping[Reference, CompiledMapping],
    artifacts: Mapping[Reference, Artifact],
    findings: list[Finding],
) -> None:
    for mapping in mappings.values():
        artifact = artifacts[mapping.reference]
        for entry in mapping.entries:
            for target in sorted(entry.reads.references - mappings.keys()):
                text = f"mapping {mapping.reference} calls map('{target}'), which is not installed"
                finding = _error("dangling-reference", text, mapping.reference)
                if is_original(artifact):
                    finding = replace(finding, severity=Severity.WARNING)
                path = artifact.origin.path
                findings.append(replace(finding, pointer=f"/mapping/{entry.key}", path=path))


def _at_own_paths(read: Sequence[tuple[Artifact, Endpoint]], findings: list[Finding]) -> tuple[Endpoint, ...]:
    """The endpoints without those whose path another one serves: the first, and ours before those of
    Common Gateway, stays."""
    owners: dict[str, Endpoint] = {}
    left_out: set[int] = set()
    for artifact, endpoint in sorted(read, key=lambda each: is_original(each[0])):
        for path in dict.fromkeys(endpoint.paths):
            shape = endpoint.pattern or _VARIABLE.sub("{}", path)
            first = owners.setdefault(shape, endpoint)
            if first is endpoint:
                continue
            text = f"endpoints {first.reference} and {endpoint.reference} both serve {path}"
            if is_original(artifact):
                findings.append(rejection(artifact, text, "the first of them serves it"))
                left_out.add(id(endpoint))
            else:
                findings.append(_error("path", text, endpoint.reference))
    return tuple(endpoint for _, endpoint in read if id(endpoint) not in left_out)


def _error(code: str, message: str, reference: Reference = "") -> Finding:
    return Finding(Severity.ERROR, code, message, reference)
