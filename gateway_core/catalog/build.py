"""Artifacts to a ``Catalog``. Bad configuration is found, all of it, and never raised."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from gateway_core.catalog import openapi
from gateway_core.catalog.endpoints import (
    API_ROOT,
    METHODS,
    Accepts,
    Collection,
    Endpoint,
    ErrorShape,
    MatchTable,
    Pipeline,
    Unknown,
    UrlFilters,
)
from gateway_core.catalog.indexed import indexed_paths
from gateway_core.catalog.keys import unknown_keys
from gateway_core.catalog.lint import lint_pairs
from gateway_core.catalog.members import ClientShape
from gateway_core.catalog.openapi_operations import SUMMARIES
from gateway_core.catalog.snapshot import BundleInfo, Catalog, Entity, ShownRelation
from gateway_core.catalog.words import word_clashes, words_of
from gateway_core.errors import ConfigurationError, MappingError
from gateway_core.mapping.mapping import DEFAULT_LIMITS, CompiledMapping, Limits, compile_mapping
from gateway_core.mapping.value_maps import FAULT as VALUE_MAP_FAULT
from gateway_core.query.parse import QueryParser, QuerySettings
from gateway_core.schema import (
    EntitySpec,
    PropertyKind,
    Validator,
    check_defaults,
    check_relations,
    compile_validators,
    translate,
)
from gateway_core.types import Artifact, Finding, JsonObject, Kind, Reference, Severity

Member = TypeVar("Member", bound=StrEnum)
NO_COLLECTION = Collection(reference="", title="")


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What the catalog needs to know beside the artifacts."""

    query: QuerySettings = QuerySettings()
    title: str = ""
    limits: Limits = DEFAULT_LIMITS


def build(
    artifacts: Sequence[Artifact],
    settings: BuildSettings | None = None,
    bundles: Iterable[BundleInfo] = (),
) -> tuple[Catalog, tuple[Finding, ...]]:
    """Compile artifacts. The catalog holds what could be compiled; an error among the
    findings means that it must not be used. ``bundles`` are those that the artifacts come
    from: the API document is named after the ones with endpoints, unless the settings name it."""
    settings = settings or BuildSettings()
    findings: list[Finding] = list(unknown_keys(artifacts))
    specs = _specs(_of(artifacts, Kind.SCHEMA), findings)
    mappings = _mappings(_of(artifacts, Kind.MAPPING), settings.limits, findings)
    files = {artifact.reference: artifact.origin.path for artifact in _of(artifacts, Kind.MAPPING)}
    _check_references(mappings, files, findings)
    collections = {a.reference: _collection(a, findings) for a in _of(artifacts, Kind.COLLECTION)}
    bodies = {a.reference: a.body for a in _of(artifacts, Kind.MAPPING)}
    reader = _EndpointReader(specs, mappings, collections, bodies, findings)
    endpoints = tuple(e for a in _of(artifacts, Kind.ENDPOINT) if (e := reader.read(a)) is not None)
    _check_paths(endpoints, findings)
    findings.extend(lint_pairs(endpoints, specs))
    findings.extend(word_clashes(endpoints, specs))
    entities = _entities(specs, endpoints, settings.query, findings)
    serving = {artifact.origin.bundle for artifact in _of(artifacts, Kind.ENDPOINT)}
    info = openapi.info(settings.title, [bundle for bundle in bundles if bundle.name in serving])
    catalog = Catalog(
        version=_version(artifacts),
        entities=MappingProxyType(entities),
        mappings=MappingProxyType(mappings),
        endpoints=endpoints,
        table=MatchTable(endpoints),
        indexes=tuple(indexed_paths(specs)),
        artifacts=tuple(artifacts),
        openapi=openapi.document(info, endpoints, entities, settings.query),
    )
    return catalog, tuple(findings)


def _of(artifacts: Iterable[Artifact], kind: Kind) -> list[Artifact]:
    return [artifact for artifact in artifacts if artifact.kind is kind]


def _version(artifacts: Iterable[Artifact]) -> str:
    parts = sorted(
        json.dumps([a.kind, a.reference, a.version, a.body], sort_keys=True, ensure_ascii=False)
        for a in artifacts
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _specs(schemas: Iterable[Artifact], findings: list[Finding]) -> dict[Reference, EntitySpec]:
    listed = list(schemas)
    bodies = {artifact.reference: artifact.body for artifact in listed}
    specs: dict[Reference, EntitySpec] = {}
    for artifact in listed:
        translation = translate(dict(artifact.body), bodies.__contains__, bodies.get)
        findings.extend(translation.findings)
        specs[artifact.reference] = translation.spec
    return specs


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
            findings.extend(_mapping_fault(artifact, fault) for fault in (error, *error.others))
            continue
        findings.extend(replace(finding, path=artifact.origin.path) for finding in mapping.findings)
        compiled[artifact.reference] = mapping
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
    mappings: Mapping[Reference, CompiledMapping], files: Mapping[Reference, str], findings: list[Finding]
) -> None:
    for mapping in mappings.values():
        for entry in mapping.entries:
            for target in sorted(entry.reads.references - mappings.keys()):
                text = f"mapping {mapping.reference} calls map('{target}'), which is not installed"
                finding = _error("dangling-reference", text, mapping.reference)
                path = files[mapping.reference]
                findings.append(replace(finding, pointer=f"/mapping/{entry.key}", path=path))


def _collection(artifact: Artifact, findings: list[Finding]) -> Collection:
    body = artifact.body
    where = f"collection {artifact.reference}"
    accepts = [_member(Accepts, name, where, "accepts", findings) for name in body.get("accepts") or ()]
    words = words_of(body.get("words") or {}, where, findings)
    return Collection(
        reference=artifact.reference,
        title=str(body.get("title") or artifact.reference),
        description=str(body.get("description") or ""),
        prefix=str(body.get("prefix") or "").strip("/"),
        alias_prefixes=tuple(str(p).strip("/") for p in body.get("aliasPrefixes") or ()),
        schema_prefix=str(body.get("schemaPrefix") or ""),
        errors=_member(ErrorShape, body.get("errors") or "problem", where, "errors", findings)
        or ErrorShape.PROBLEM,
        accepts=frozenset(a for a in accepts if a is not None),
        unknown=_member(
            Unknown, body.get("unknownProperties") or "reject", where, "unknownProperties", findings
        )
        or Unknown.REJECT,
        tags=tuple(_tags(body.get("tags") or (), where, findings)),
        summaries=MappingProxyType(_summaries(body.get("summaries") or {}, where, findings)),
        words=MappingProxyType(words),
        aliases=MappingProxyType({alias: word for word, alias in words.items()}),
        url_filters=_member(UrlFilters, body.get("filtersInUrl") or "allow", where, "filtersInUrl", findings)
        or UrlFilters.ALLOW,
    )


def _tags(listed: Iterable[Any], where: str, findings: list[Finding]) -> Iterable[tuple[str, str]]:
    for tag in listed:
        if isinstance(tag, dict) and isinstance(tag.get("name"), str):
            yield tag["name"], str(tag.get("description") or "")
        else:
            findings.append(_error("collection", f"{where}: 'tags' holds an object without a 'name'"))


def _summaries(given: Mapping[str, Any], where: str, findings: list[Finding]) -> dict[str, str]:
    for unknown in sorted(given.keys() - SUMMARIES.keys()):
        names = ", ".join(SUMMARIES)
        findings.append(_error("collection", f"{where}: 'summaries' names '{unknown}'; it may hold {names}"))
    return {name: str(text) for name, text in given.items() if name in SUMMARIES}


class _EndpointReader:
    """Reads endpoint artifacts against everything they refer to."""

    def __init__(
        self,
        specs: Mapping[Reference, EntitySpec],
        mappings: Mapping[Reference, CompiledMapping],
        collections: Mapping[Reference, Collection],
        bodies: Mapping[Reference, Mapping[str, Any]],
        findings: list[Finding],
    ) -> None:
        self._specs, self._mappings, self._bodies = specs, mappings, bodies
        self._collections, self._findings = collections, findings

    def read(self, artifact: Artifact) -> Endpoint | None:
        body, where = artifact.body, f"endpoint {artifact.reference}"
        entity = str(body.get("reference") or "")
        spec = self._specs.get(entity)
        path = str(body.get("path") or "").strip("/")
        if spec is None or not path:
            missing = "a 'path'" if spec is not None else f"an installed schema ('{entity}' is none)"
            self._findings.append(_error("endpoint", f"{where} needs {missing}", artifact.reference))
            return None
        collection = self._collection_of(body, entity, where)
        unknown = {"unknownProperties": collection.unknown, **body}
        prefixes = (collection.prefix, *collection.alias_prefixes)
        sent, seen = self._shape(body, "in", "body", "input"), self._shape(body, "out", "item", "output")
        return Endpoint(
            reference=artifact.reference,
            title=str(body.get("title") or spec.title),
            description=str(body.get("description") or spec.description),
            entity=entity,
            collection=collection,
            paths=tuple("/".join(filter(None, (API_ROOT, prefix, path))) for prefix in prefixes),
            methods=self._methods(body, where),
            pipeline=self._pipeline(body.get("mappings") or {}, where),
            merge_put=self._choice(body, "put", ("replace", "merge"), where) == "merge",
            append_arrays=self._choice(body, "patchArrays", ("replace", "append"), where) == "append",
            unknown=Unknown(self._choice(unknown, "unknownProperties", tuple(Unknown), where)),
            throws=tuple(body.get("throws") or ()),
            tags=tuple(body.get("tags") or ()),
            parameters=tuple(body.get("parameters") or ()),
            request_shape=sent,
            response_shape=seen,
            sent=ClientShape.of(sent, seen),
        )

    def _shape(self, body: Mapping[str, Any], side: str, part: str, key: str) -> JsonObject | None:
        """The JSON Schema that a mapping gives of its ``input`` or ``output``."""
        reference = ((body.get("mappings") or {}).get(side) or {}).get(part)
        shape = self._bodies.get(str(reference), {}).get(key)
        return shape if isinstance(shape, dict) else None

    def _collection_of(self, body: Mapping[str, Any], entity: Reference, where: str) -> Collection:
        named = str(body.get("collection") or "")
        if named:
            if named not in self._collections:
                self._findings.append(_error("endpoint", f"{where}: collection '{named}' is not installed"))
            return self._collections.get(named, NO_COLLECTION)
        for collection in self._collections.values():
            if collection.schema_prefix and entity.startswith(collection.schema_prefix):
                return collection
        return NO_COLLECTION

    def _methods(self, body: Mapping[str, Any], where: str) -> frozenset[str]:
        listed = body.get("methods") or METHODS
        methods = {str(m).upper() for m in listed} if isinstance(listed, list | tuple) else set()
        for unknown in sorted(methods - set(METHODS)):
            text = f"{where}: method '{unknown}' is not one of {', '.join(METHODS)}"
            self._findings.append(_error("endpoint", text))
        return frozenset(methods & set(METHODS))

    def _pipeline(self, config: JsonObject, where: str) -> Pipeline:
        inward, outward = config.get("in") or {}, config.get("out") or {}
        return Pipeline(
            query_in=self._mapping(inward.get("query"), where, "mappings.in.query"),
            body_in=self._mapping(inward.get("body"), where, "mappings.in.body"),
            item_out=self._mapping(outward.get("item"), where, "mappings.out.item"),
        )

    def _mapping(self, reference: object, where: str, key: str) -> CompiledMapping | None:
        if reference is None:
            return None
        mapping = self._mappings.get(str(reference))
        if mapping is None:
            self._findings.append(
                _error("endpoint", f"{where}, {key}: mapping '{reference}' is not installed")
            )
        return mapping

    def _choice(self, body: Mapping[str, Any], key: str, allowed: tuple[str, ...], where: str) -> str:
        value = str(body.get(key) or allowed[0])
        if value not in allowed:
            text = f"{where}: '{key}' is '{value}'; it must be one of {', '.join(allowed)}"
            self._findings.append(_error("endpoint", text))
            return allowed[0]
        return value


def _check_paths(endpoints: Iterable[Endpoint], findings: list[Finding]) -> None:
    owners: dict[str, Endpoint] = {}
    for endpoint in endpoints:
        for path in dict.fromkeys(endpoint.paths):
            first = owners.setdefault(path, endpoint)
            if first is not endpoint:
                text = f"endpoints {first.reference} and {endpoint.reference} both serve {path}"
                findings.append(_error("path", text, endpoint.reference))


def _entities(
    specs: Mapping[Reference, EntitySpec],
    endpoints: Sequence[Endpoint],
    settings: QuerySettings,
    findings: list[Finding],
) -> dict[Reference, Entity]:
    findings.extend(check_relations(specs))
    try:
        validators = compile_validators(specs)
    except ConfigurationError as error:
        findings.extend(error.findings)
        return {}
    findings.extend(check_defaults(specs, validators))
    parsers = {reference: QueryParser(spec, specs.get, settings) for reference, spec in specs.items()}
    return {
        reference: _entity(spec, validators[reference], parsers[reference], _home(reference, endpoints))
        for reference, spec in specs.items()
    }


def _entity(spec: EntitySpec, validator: Validator, parser: QueryParser, home: str | None) -> Entity:
    inverse = _inverse(spec)
    relations = spec.relations
    return Entity(
        spec=spec,
        validator=validator,
        parser=parser,
        home=home,
        blank=MappingProxyType({p.name: [] if p.many else None for p in spec.properties.values()}),
        label={"id": spec.reference, "ref": spec.reference, "name": spec.name},
        relations=relations,
        embedded=tuple(p for p in relations if p.embed),
        shown=tuple(
            ShownRelation(p.name, p.many, p.kind is PropertyKind.INVERSE, p.embed) for p in relations
        ),
        inverse=MappingProxyType(inverse),
        mirrored=tuple(inverse),
        immutable=tuple(p for p in spec.properties.values() if p.immutable),
        change_only=tuple(p for p in spec.properties.values() if p.change_only),
        in_place=tuple(p.name for p in relations if p.in_place),
        urls=tuple(p.name for p in spec.properties.values() if p.generate == "url"),
    )


def _inverse(spec: EntitySpec) -> dict[tuple[Reference, str], tuple[str, ...]]:
    names: dict[tuple[Reference, str], tuple[str, ...]] = {}
    for prop in spec.relations:
        if prop.kind is PropertyKind.INVERSE:
            mirrored = (str(prop.target), str(prop.inverse_of))
            names[mirrored] = (*names.get(mirrored, ()), prop.name)
    return names


def _home(entity: Reference, endpoints: Iterable[Endpoint]) -> str | None:
    """Where objects live: an endpoint that shows them as they are, else any that reads them."""
    serving = [e for e in endpoints if e.entity == entity and "GET" in e.methods]
    serving.sort(key=lambda e: e.is_mapped)
    return serving[0].path if serving else None


def _member(
    kind: type[Member], value: object, where: str, key: str, findings: list[Finding]
) -> Member | None:
    try:
        return kind(str(value))
    except ValueError:
        names = ", ".join(kind)
        text = f"{where}: '{key}' holds '{value}'; it must be one of {names}"
        findings.append(_error("collection", text))
        return None


def _error(code: str, message: str, reference: Reference = "") -> Finding:
    return Finding(Severity.ERROR, code, message, reference)
