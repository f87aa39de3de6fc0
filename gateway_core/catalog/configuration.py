"""What applications configure of endpoints: mappings that hold for their own requests.

An application's ``configuration`` is a list of maps from an endpoint to ``in`` and ``out``
(``common-gateway.md`` 3.8). That of the default application holds for whoever is known as no other
application that has a configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from gateway_core.catalog.endpoints import API_ROOT, Endpoint, Pipeline
from gateway_core.catalog.members import ClientShape
from gateway_core.catalog.original import DEFAULT_APPLICATION
from gateway_core.mapping.mapping import CompiledMapping
from gateway_core.types import Artifact, Finding, Json, JsonObject, Reference, Severity

GLOBAL = "global"


class Configurations:
    """The configurations of all applications, ready to be looked up by endpoint."""

    def __init__(
        self,
        applications: Iterable[Artifact],
        mappings: Mapping[Reference, CompiledMapping],
        bodies: Mapping[Reference, Mapping[str, Any]],
        findings: list[Finding],
    ) -> None:
        self._mappings, self._bodies, self._findings = mappings, bodies, findings
        self._listed = {a.reference: list(_maps(a, findings)) for a in applications if _has_configuration(a)}
        self._used: set[tuple[Reference, str]] = set()

    def applied(self, endpoints: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
        """The endpoints as the applications have them; a configuration of none of them is a finding."""
        made = tuple(map(self._applied, endpoints))
        for application, maps in self._listed.items():
            for key in dict.fromkeys(key for each in maps for key in each):
                if key != GLOBAL and (application, key) not in self._used:
                    text = f"application {application} configures '{key[:200]}', which is no endpoint here"
                    self._findings.append(Finding(Severity.WARNING, "dangling-reference", text, application))
        return made

    def _applied(self, endpoint: Endpoint) -> Endpoint:
        own = {reference: self._configured(endpoint, reference) for reference in self._listed}
        plain = own.pop(DEFAULT_APPLICATION, endpoint)
        variants = {reference: seen for reference, seen in own.items() if seen != plain}
        return replace(plain, variants=MappingProxyType(variants))

    def _configured(self, endpoint: Endpoint, application: Reference) -> Endpoint:
        sides = self._sides(endpoint, application)
        if not sides or not endpoint.has_objects:
            return endpoint
        inward, outward = sides.get("in"), sides.get("out")
        where = f"application {application}, endpoint {endpoint.reference}"
        try:
            pipeline = self._pipeline(endpoint.pipeline, inward, outward)
        except LookupError as error:
            text = f"{where}: mapping '{error.args[0]}' is not installed"
            self._findings.append(Finding(Severity.WARNING, "dangling-reference", text, application))
            return replace(
                endpoint, waits_for=f"The mapping {error.args[0]} of this endpoint is not installed."
            )
        sent = self._shape(pipeline.body_in, "input")
        seen = self._shape(pipeline.of_one, "output")
        return replace(
            endpoint,
            pipeline=pipeline,
            request_shape=sent,
            response_shape=seen,
            sent=ClientShape.of(sent, seen),
        )

    def _sides(self, endpoint: Endpoint, application: Reference) -> JsonObject:
        """``in`` and ``out`` as they hold for the endpoint: each whole from the first map that has it, by the
        endpoint's reference before its path before ``global``."""
        keys = [endpoint.reference, *(path.removeprefix(API_ROOT) for path in endpoint.paths), GLOBAL]
        sides: JsonObject = {}
        for each in self._listed[application]:
            here: JsonObject = {}
            for key in keys:
                configured = each.get(key)
                if isinstance(configured, dict):
                    self._used.add((application, key))
                    here = {**configured, **here}
            sides = {**here, **sides}
        return sides

    def _pipeline(self, base: Pipeline, inward: Json, outward: Json) -> Pipeline:
        pipeline = base
        if isinstance(inward, dict):
            query, body = self._mapping(inward, "query"), self._mapping(inward, "body")
            pipeline = replace(pipeline, query_in=query, body_in=body)
        if isinstance(outward, dict):
            answer = self._mapping(outward, "body")
            bare, full_for = _bare(outward.get("embedded"))
            pipeline = replace(pipeline, item_out=None, answer_out=answer, bare=bare, full_for=full_for)
        return pipeline

    def _mapping(self, side: JsonObject, part: str) -> CompiledMapping | None:
        given = side.get(part)
        reference = given.get("mapping") if isinstance(given, dict) else given
        return self._mappings[str(reference)] if reference else None

    def _shape(self, mapping: CompiledMapping | None, key: str) -> JsonObject | None:
        shape = self._bodies.get(mapping.reference, {}).get(key) if mapping is not None else None
        return shape if isinstance(shape, dict) else None


def _has_configuration(application: Artifact) -> bool:
    return bool(application.body.get("configuration"))


def _maps(application: Artifact, findings: list[Finding]) -> Iterator[JsonObject]:
    given = application.body.get("configuration")
    for each in given if isinstance(given, list | tuple) else [given]:
        if isinstance(each, dict):
            yield each
        else:
            text = f"application {application.reference}: 'configuration' holds what is no object"
            findings.append(Finding(Severity.WARNING, "application", text, application.reference))


def _bare(given: Json) -> tuple[bool, frozenset[str]]:
    """``embedded: {unset: true}`` and ``{unset: {except: [media types]}}``."""
    unset = given.get("unset") if isinstance(given, dict) else None
    if not isinstance(unset, dict):
        return bool(unset), frozenset()
    listed = unset.get("except")
    return True, frozenset(map(str, listed)) if isinstance(listed, list) else frozenset()
