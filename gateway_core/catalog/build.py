"""Artifacts to a ``Catalog``. Bad configuration is found, all of it, and never raised."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from gateway_core.catalog import openapi
from gateway_core.catalog.actions import HandlerSpec, read_actions
from gateway_core.catalog.computed_check import check_selections
from gateway_core.catalog.computed_read import ComputedReader
from gateway_core.catalog.configuration import Configurations
from gateway_core.catalog.cronjobs import read_cronjobs
from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.entities import entities
from gateway_core.catalog.indexed import indexed_paths
from gateway_core.catalog.keys import unknown_keys
from gateway_core.catalog.limits import check_limits, limited
from gateway_core.catalog.lint import lint_pairs
from gateway_core.catalog.match import MatchTable
from gateway_core.catalog.members_of_type import sound
from gateway_core.catalog.original import is_original
from gateway_core.catalog.original_endpoints import OriginalEndpointReader, heard
from gateway_core.catalog.read_collections import read_collections
from gateway_core.catalog.read_endpoints import EndpointReader
from gateway_core.catalog.read_mappings import MappingCache, read_mappings
from gateway_core.catalog.read_schemas import SchemaCache
from gateway_core.catalog.read_sources import read_sources
from gateway_core.catalog.rejected import rejection
from gateway_core.catalog.shared import settle
from gateway_core.catalog.snapshot import BundleInfo, Catalog
from gateway_core.catalog.states import states, waiting
from gateway_core.catalog.words import word_clashes
from gateway_core.mapping.mapping import DEFAULT_LIMITS, CompiledMapping, Limits
from gateway_core.query.parse import QuerySettings
from gateway_core.schema import EntitySpec
from gateway_core.types import Artifact, Finding, Kind, Reference, Severity

_VARIABLE = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What the catalog needs to know beside the artifacts; ``handlers`` are the names of the classes that
    somebody provides. Without ``actions``, the handlers of actions, no action is looked at."""

    query: QuerySettings = QuerySettings()
    title: str = ""
    limits: Limits = DEFAULT_LIMITS
    handlers: frozenset[str] = frozenset()
    compiled: MappingCache = field(default_factory=MappingCache, compare=False)
    schemas: SchemaCache = field(default_factory=SchemaCache, compare=False)
    actions: tuple[HandlerSpec, ...] | None = None


def build(
    artifacts: Sequence[Artifact],
    settings: BuildSettings | None = None,
    bundles: Iterable[BundleInfo] = (),
    *,
    document: bool = True,
) -> tuple[Catalog, tuple[Finding, ...]]:
    """Compile artifacts. The catalog holds what could be compiled; an error among the
    findings means that it must not be used. ``bundles`` are those that the artifacts come
    from: the API document is named after the ones with endpoints, unless the settings name it. Whoever
    does not serve the catalog spares making the ``document``.

    What is in Common Gateway's form and cannot be used is no error: it is left out, with a warning
    ``rejected`` that names it."""
    settings = settings or BuildSettings()
    findings: list[Finding] = []
    used = list(sound(settle(artifacts, findings), findings))
    findings.extend(unknown_keys(used))
    specs, validators = settings.schemas.read(_of(used, Kind.SCHEMA), findings)
    mappings = read_mappings(_of(used, Kind.MAPPING), settings.limits, settings.compiled, findings)
    sources = read_sources(_of(used, Kind.SOURCE), mappings, findings)
    referable: dict[str, Collection[Reference]] = {
        "mapping": mappings,
        "source": sources,
        "computed endpoint": [a.reference for a in _of(used, Kind.COMPUTED)],
    }
    actions = read_actions(_of(used, Kind.ACTION), settings.actions, specs, referable, findings)
    endpoints = heard(_endpoints(used, specs, mappings, findings), actions)
    findings.extend(lint_pairs(endpoints, specs))
    findings.extend(word_clashes(endpoints, specs))
    bodies = {a.reference: a.body for a in _of(used, Kind.MAPPING)}
    computing = ComputedReader(specs, mappings, bodies, endpoints, findings)
    computed = tuple(e for a in _of(used, Kind.COMPUTED) if (e := computing.read(a)) is not None)
    known = entities(specs, validators, endpoints, settings.query)
    findings.extend(check_selections(computed, known))
    findings.extend(check_limits(endpoints, known))
    serving = {artifact.origin.bundle for artifact in _of(artifacts, Kind.ENDPOINT)}
    # What is wrong with configuration is told, and not described.
    document = document and not any(finding.severity is Severity.ERROR for finding in findings)
    info = openapi.info(settings.title, [bundle for bundle in bundles if bundle.name in serving])
    catalog = Catalog(
        version=_version(artifacts),
        entities=MappingProxyType(known),
        mappings=MappingProxyType(mappings),
        endpoints=endpoints,
        table=MatchTable(endpoints, computed),
        indexes=tuple(indexed_paths(specs)),
        artifacts=tuple(artifacts),
        openapi=openapi.document(info, (*endpoints, *computed), known, settings.query)
        if document
        else {"info": info},
        computed=computed,
        sources=MappingProxyType(sources),
        cronjobs=read_cronjobs(_of(used, Kind.CRONJOB), findings),
        actions=actions,
    )
    owners = dict.fromkeys(artifact.origin.bundle for artifact in artifacts)
    findings.extend(waiting(states(owners, catalog, findings, settings.handlers)))
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
    ours = EndpointReader(specs, mappings, collections, bodies, sources, findings)
    original = OriginalEndpointReader(specs, sources, collections, findings)
    listed = _of(artifacts, Kind.ENDPOINT)
    read = [(a, original.read(a) if is_original(a) else ours.read(a)) for a in listed]
    found = _at_own_paths([(a, endpoint) for a, endpoint in read if endpoint is not None], findings)
    applications = _of(artifacts, Kind.APPLICATION)
    configured = Configurations(applications, mappings, bodies, findings).applied(found)
    return limited(configured, applications, findings)


def _of(artifacts: Iterable[Artifact], kind: Kind) -> list[Artifact]:
    return [artifact for artifact in artifacts if artifact.kind is kind]


def _version(artifacts: Iterable[Artifact]) -> str:
    parts = sorted(
        json.dumps([a.kind, a.reference, a.version, a.body], sort_keys=True, ensure_ascii=False)
        for a in artifacts
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


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
