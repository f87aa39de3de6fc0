"""Endpoint artifacts in Common Gateway's form to ``Endpoint``s.

What an endpoint cannot do yet is said in its ``waits_for``: it answers 405 with that sentence. What is no
endpoint at all is rejected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from gateway_core.catalog.actions import Actions
from gateway_core.catalog.endpoints import METHODS, Above, Collection, Endpoint, Receives
from gateway_core.catalog.original import original_collection, text
from gateway_core.catalog.path_forms import NoPath, PathForm, below, path_form
from gateway_core.catalog.read_endpoints import collection_by_prefix
from gateway_core.catalog.rejected import rejection
from gateway_core.schema import EntitySpec, PropertyKind
from gateway_core.types import Artifact, Finding, Json, Reference, Severity

UNGROUPED: Final = original_collection("")
SOURCES, SEVERAL = "sources", "multipleSchemas"
SUB, SUB_SCHEMA = "subEndpoints", "subSchemaEndpoints"
ON_LIST: Final = frozenset({"GET", "POST"})
ABOVE_ID: Final = "parentId"
UNHEARD: Final = "What happens here is done by a handler of the event"


class OriginalEndpointReader:
    """Reads endpoints against everything that they refer to."""

    def __init__(
        self,
        specs: Mapping[Reference, EntitySpec],
        sources: frozenset[Reference],
        collections: Mapping[Reference, Collection],
        findings: list[Finding],
    ) -> None:
        self._specs, self._sources = specs, sources
        self._collections, self._findings = collections, findings

    def read(self, artifact: Artifact) -> Endpoint | None:
        """The endpoint; None, and a finding, when there cannot be one."""
        try:
            return self._read(artifact)
        except NoPath as fault:
            self._reject(artifact, f"endpoint {artifact.reference}: {fault}")
        return None

    def _read(self, artifact: Artifact) -> Endpoint | None:
        part = artifact.body.get("$part")
        if part == SOURCES:
            return self._on_source(artifact)
        if part == SEVERAL:
            return self._on_several(artifact)
        if part == SUB:
            return self._below_for_events(artifact)
        if part == SUB_SCHEMA:
            return self._below_with_objects(artifact)
        if text(artifact.body, "reference"):
            return self._on_schema(artifact)
        return self._for_events(artifact)

    def _on_schema(self, artifact: Artifact) -> Endpoint | None:
        spec = self._spec(artifact, text(artifact.body, "reference"))
        if spec is None:
            return None
        collection = self._collection(spec.reference)
        path = artifact.body.get("path") or spec.title.lower().replace(" ", "_")
        form = path_form(path, artifact.body.get("pathRegex"), collection.prefix)
        return self._serving(artifact, spec, form, collection)

    def _on_several(self, artifact: Artifact) -> Endpoint | None:
        listed = artifact.body.get("schemas")
        references = [str(each) for each in listed] if isinstance(listed, list) else []
        known = [each for each in references if each in self._specs]
        for missing in sorted(set(references) - set(known)):
            message = f"endpoint {artifact.reference}: schema {missing} is not installed, and left out of it"
            self._findings.append(
                Finding(Severity.WARNING, "dangling-reference", message, artifact.reference)
            )
        if not known:
            self._reject(artifact, f"endpoint {artifact.reference}: none of its schemas is installed")
            return None
        first = self._specs[known[0]]
        form = path_form(artifact.body.get("path"), artifact.body.get("pathRegex"), "")
        collection = self._collection(first.reference)
        methods = frozenset({"GET"}) & self._methods(artifact)
        return self._serving(artifact, first, form, collection, others=tuple(known[1:]), methods=methods)

    def _below_with_objects(self, artifact: Artifact) -> Endpoint | None:
        """The objects of one schema that belong to one object of another."""
        body = artifact.body
        spec, base = self._spec(artifact, text(body, "reference")), self._spec(artifact, text(body, "$base"))
        if spec is None or base is None:
            return None
        collection = self._collection(base.reference)
        form = below(self._base_form(artifact, collection), text(body, "$below"), items=True, name=ABOVE_ID)
        above = _above(spec, base)
        methods = self._methods(artifact)
        if above is None:
            what = f"No property of {spec.title} leads to {base.title}, so that it could be listed by it."
            return self._waiting(artifact, form, collection, what, entity=spec)
        if not above.property:
            methods -= {"POST"}
        return self._serving(artifact, spec, form, collection, above=above, methods=methods)

    def _below_for_events(self, artifact: Artifact) -> Endpoint | None:
        """What exists for the sake of who listens to its events."""
        base = self._spec(artifact, text(artifact.body, "$base"))
        if base is None:
            return None
        collection = self._collection(base.reference)
        form = below(self._base_form(artifact, collection), text(artifact.body, "$below"), items=False)
        return self._waiting(artifact, form, collection, _unheard(artifact), entity=base)

    def _for_events(self, artifact: Artifact) -> Endpoint | None:
        body = artifact.body
        if not body.get("throws"):
            self._reject(artifact, f"endpoint {artifact.reference} has no schema, no source and no events")
            return None
        form = path_form(body.get("path"), body.get("pathRegex"), "")
        return self._waiting(artifact, form, UNGROUPED, _unheard(artifact))

    def _on_source(self, artifact: Artifact) -> Endpoint | None:
        source = text(artifact.body, "reference")
        if source not in self._sources:
            self._reject(artifact, f"endpoint {artifact.reference}: source '{source}' is not installed")
            return None
        form = path_form(artifact.body.get("path"), artifact.body.get("pathRegex"), "")
        listed = _texts(artifact.body.get("federationProxies"))
        federated = "Several sources are asked at one time here (federation), which is not supported."
        waits = federated if len(listed) > 1 else ""
        made = self._waiting(artifact, form, UNGROUPED, waits, open_ended=not form.pattern)
        return made if waits else replace(made, forwards=source)

    def _serving(
        self, artifact: Artifact, spec: EntitySpec, form: PathForm, collection: Collection, **more: Any
    ) -> Endpoint:
        return Endpoint(
            reference=artifact.reference,
            title=text(artifact.body, "title", "name") or spec.title,
            description=text(artifact.body, "description") or spec.description,
            entity=spec.reference,
            collection=collection,
            paths=(form.path,),
            unknown=collection.unknown,
            append_arrays=True,  # as a PATCH does there, and its clients count on it
            throws=_texts(artifact.body.get("throws")),
            tags=_tags(artifact) or ((collection.title,) if collection.title else ()),
            has_items=form.items,
            variables=form.variables,
            pattern=form.pattern,
            paginated=artifact.body.get("enablePagination") is not False,
            **{"methods": self._methods(artifact), **more},
        )

    def _waiting(
        self,
        artifact: Artifact,
        form: PathForm,
        collection: Collection,
        what: str,
        *,
        entity: EntitySpec | None = None,
        open_ended: bool = False,
    ) -> Endpoint:
        title = entity.title if entity is not None else artifact.reference
        return Endpoint(
            reference=artifact.reference,
            title=text(artifact.body, "title", "name") or title,
            description=text(artifact.body, "description"),
            entity=entity.reference if entity is not None else "",
            collection=collection,
            paths=(form.path,),
            methods=self._methods(artifact),
            throws=_texts(artifact.body.get("throws")),
            tags=_tags(artifact) or ((collection.title,) if collection.title else ()),
            has_items=False,
            variables=form.variables,
            pattern=form.pattern,
            waits_for=what,
            open_ended=open_ended,
        )

    def _base_form(self, artifact: Artifact, collection: Collection) -> PathForm:
        body = artifact.body
        base = self._specs[text(body, "$base")]
        path = body.get("path") or base.title.lower().replace(" ", "_")
        return path_form(path, body.get("pathRegex"), collection.prefix)

    def _spec(self, artifact: Artifact, reference: Reference) -> EntitySpec | None:
        spec = self._specs.get(reference)
        if spec is None:
            self._reject(artifact, f"endpoint {artifact.reference}: schema '{reference}' is not installed")
        return spec

    def _collection(self, schema: Reference) -> Collection:
        return collection_by_prefix(self._collections, schema) or UNGROUPED

    def _methods(self, artifact: Artifact) -> frozenset[str]:
        """The methods that are listed; all of them when none is."""
        listed = _texts(artifact.body.get("methods"))
        unknown = sorted({method.upper() for method in listed} - set(METHODS))
        if unknown:
            message = f"endpoint {artifact.reference}: method '{unknown[0][:50]}' does not exist here"
            self._findings.append(Finding(Severity.WARNING, "endpoint", message, artifact.reference))
        known = {method.upper() for method in listed} & set(METHODS)
        return frozenset(known or METHODS)

    def _reject(self, artifact: Artifact, message: str) -> None:
        self._findings.append(rejection(artifact, message))


def _above(spec: EntitySpec, base: EntitySpec) -> Above | None:
    """What leads from the objects of ``spec`` to the one of ``base`` that they belong to."""
    kinds = (PropertyKind.RELATION, PropertyKind.INVERSE)
    own = [p for kind in kinds for p in spec.properties.values() if p.kind is kind]
    leading = [p for p in own if p.target == base.reference]
    leading.sort(key=lambda p: p.name.lower() != base.name.lower())
    if leading:
        found = leading[0]
        inverse = found.inverse_of if found.kind is PropertyKind.INVERSE else None
        return Above(base.reference, found.name, inverse or "")
    forward = (p for p in base.properties.values() if p.kind is PropertyKind.RELATION)
    back = next((p.name for p in forward if p.target == spec.reference), None)
    return Above(base.reference, "", back) if back is not None else None


def _unheard(artifact: Artifact) -> str:
    events = ", ".join(_texts(artifact.body.get("throws"))) or "no event"
    return f"{UNHEARD} {events}, and none is installed."


def heard(endpoints: Iterable[Endpoint], actions: Actions) -> tuple[Endpoint, ...]:
    """The endpoints, where those that take messages and wait for somebody to hear of them, and are heard,
    serve."""
    return tuple(
        replace(endpoint, waits_for="", methods=frozenset({"POST"}), receives=Receives())
        if endpoint.waits_for.startswith(UNHEARD)
        and not endpoint.entity
        and "POST" in endpoint.methods
        and any(actions.on(name, "") for name in endpoint.throws)
        else endpoint
        for endpoint in endpoints
    )


def _tags(artifact: Artifact) -> tuple[str, ...]:
    given = artifact.body.get("tags")
    named = _texts(given) if not isinstance(given, dict) else ()
    one = artifact.body.get("tag")
    return named or ((one,) if isinstance(one, str) and one else ())


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list | tuple) else ()
