"""Endpoint artifacts in our form to ``Endpoint``s, against everything that they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_core.catalog.endpoints import (
    API_ROOT,
    METHODS,
    Collection,
    Endpoint,
    Pipeline,
    Receives,
    Unknown,
)
from gateway_core.catalog.members import ClientShape
from gateway_core.mapping.mapping import CompiledMapping
from gateway_core.schema import EntitySpec, compile_shape
from gateway_core.types import Artifact, Finding, JsonObject, Reference, Severity

NO_COLLECTION = Collection(reference="", title="")


class EndpointReader:
    """Reads endpoint artifacts against everything they refer to."""

    def __init__(
        self,
        specs: Mapping[Reference, EntitySpec],
        mappings: Mapping[Reference, CompiledMapping],
        collections: Mapping[Reference, Collection],
        bodies: Mapping[Reference, Mapping[str, Any]],
        sources: frozenset[Reference],
        findings: list[Finding],
    ) -> None:
        self._specs, self._mappings, self._bodies = specs, mappings, bodies
        self._collections, self._sources, self._findings = collections, sources, findings

    def read(self, artifact: Artifact) -> Endpoint | None:
        if "receives" in artifact.body:
            return self._receiving(artifact)
        body, where = artifact.body, f"endpoint {artifact.reference}"
        if body.get("source"):
            return self._forwarding(artifact, where)
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

    def _forwarding(self, artifact: Artifact, where: str) -> Endpoint | None:
        """An endpoint that hands requests on to a source."""
        body = artifact.body
        source, path = str(body["source"]), str(body.get("path") or "").strip("/")
        if source not in self._sources or not path:
            missing = "a 'path'" if path == "" else f"an installed source ('{source}' is none)"
            self._findings.append(_error("endpoint", f"{where} needs {missing}", artifact.reference))
            return None
        collection = self._collection_of(body, source, where)
        prefixes = (collection.prefix, *collection.alias_prefixes)
        return Endpoint(
            reference=artifact.reference,
            title=str(body.get("title") or path),
            description=str(body.get("description") or ""),
            entity="",
            collection=collection,
            paths=tuple("/".join(filter(None, (API_ROOT, prefix, path))) for prefix in prefixes),
            methods=self._methods(body, where),
            tags=tuple(body.get("tags") or ()),
            has_items=False,
            open_ended=True,
            forwards=source,
            to=str(body.get("to") or ""),
        )

    def _receiving(self, artifact: Artifact) -> Endpoint | None:
        """An endpoint that takes messages and throws events."""
        body, where = artifact.body, f"endpoint {artifact.reference}"
        path, told = str(body.get("path") or "").strip("/"), body["receives"]
        throws = tuple(map(str, body.get("throws") or ()))
        if not path or not throws or not isinstance(told, Mapping) or told.keys() - {"identity", "keep"}:
            text = f"{where} receives messages: it needs a 'path', names in 'throws', and 'receives' as an "
            text += "object with 'identity' and 'keep'"
            self._findings.append(_error("endpoint", text, artifact.reference))
            return None
        collection = self._collection_of(body, "", where)
        prefixes = (collection.prefix, *collection.alias_prefixes)
        return Endpoint(
            reference=artifact.reference,
            title=str(body.get("title") or path),
            description=str(body.get("description") or ""),
            entity="",
            collection=collection,
            paths=tuple("/".join(filter(None, (API_ROOT, prefix, path))) for prefix in prefixes),
            methods=frozenset({"POST"}),
            throws=throws,
            tags=tuple(body.get("tags") or ()),
            has_items=False,
            receives=Receives(
                tuple(map(str, told.get("identity") or ())), tuple(map(str, told.get("keep") or ()))
            ),
        )

    def _shape(self, body: Mapping[str, Any], side: str, part: str, key: str) -> JsonObject | None:
        """The JSON Schema that a mapping gives of its ``input`` or ``output``."""
        reference = ((body.get("mappings") or {}).get(side) or {}).get(part)
        shape = self._bodies.get(str(reference), {}).get(key)
        if not isinstance(shape, dict):
            return None
        try:
            compile_shape(shape)
        except ValueError as error:
            reason = str(error).partition("\n")[0]
            text = f"mapping {reference}: '{key}' is no JSON Schema: {reason}"
            self._findings.append(_error("mapping", text, str(reference)))
            return None
        return shape

    def _collection_of(self, body: Mapping[str, Any], entity: Reference, where: str) -> Collection:
        named = str(body.get("collection") or "")
        if named:
            if named not in self._collections:
                self._findings.append(_error("endpoint", f"{where}: collection '{named}' is not installed"))
            return self._collections.get(named, NO_COLLECTION)
        return collection_by_prefix(self._collections, entity) or NO_COLLECTION

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


def collection_by_prefix(collections: Mapping[Reference, Collection], entity: Reference) -> Collection | None:
    """The collection that a schema belongs to by the beginning of its reference; the longest counts."""
    begins = [
        (len(prefix), collection)
        for collection in collections.values()
        for prefix in collection.schema_prefixes
        if entity.startswith(prefix)
    ]
    return max(begins, key=lambda each: each[0])[1] if begins else None


def _error(code: str, message: str, reference: Reference = "") -> Finding:
    return Finding(Severity.ERROR, code, message, reference)
