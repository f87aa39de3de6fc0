"""What applications may do that act for one user at a time: with which objects, told by claims of a token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from gateway_core.catalog.computed import Known
from gateway_core.catalog.computed_check import STAND_INS, filter_of
from gateway_core.catalog.endpoints import Bound, Endpoint, Limit
from gateway_core.catalog.snapshot import Entity
from gateway_core.errors import InvalidQuery
from gateway_core.schema.vocabulary import suggestion
from gateway_core.types import Artifact, Finding, Json, JsonObject, Reference, Severity

METHODS: Final = ("GET", "PATCH")


def limited(
    endpoints: Sequence[Endpoint], applications: Iterable[Artifact], findings: list[Finding]
) -> tuple[Endpoint, ...]:
    """The endpoints with what the ``limits`` of applications say of them. What is wrong is an error, and what
    is about an endpoint that is not there a warning: nothing is allowed by it."""
    seen = list(endpoints)
    places: dict[Reference, list[int]] = {}  # endpoints of Common Gateway may share a reference
    for number, endpoint in enumerate(endpoints):
        places.setdefault(endpoint.reference, []).append(number)
    for application in applications:
        given = application.body.get("limits")
        if given is None:
            continue
        if not isinstance(given, Mapping):
            findings.append(_fault(application, "'limits' must be an object", "/limits"))
            continue
        for reference, each in given.items():
            place = f"/limits/{reference}"
            if reference not in places:
                text = f"'limits' names '{reference[:200]}', which is no endpoint here"
                findings.append(_fault(application, text, place, suggestion(reference, places), warns=True))
            for number in places.get(reference, ()):
                try:
                    limit = _limit(each, seen[number])
                except _Wrong as wrong:
                    findings.append(_fault(application, f"'limits' of {reference}: {wrong}", place))
                    continue
                seen[number] = _with(seen[number], application.reference, limit)
    return tuple(seen)


def check_limits(endpoints: Iterable[Endpoint], entities: Mapping[Reference, Entity]) -> Iterator[Finding]:
    """An error for each filter of a limit that the schema of its endpoint does not have."""
    for endpoint in endpoints:
        entity = entities.get(endpoint.entity)
        if entity is None:
            continue
        for application, seen in endpoint.variants.items():
            for bound in seen.limit.bounds if seen.limit is not None else ():
                tried = STAND_INS if bound.claim else (bound.value,)
                faults = [fault for value in tried if (fault := _refused(entity, bound, value)) is not None]
                if len(faults) == len(tried):
                    text = f"application {application}: 'limits' of {endpoint.reference}: {faults[0].detail}"
                    yield Finding(Severity.ERROR, "application", text, application, hint=faults[0].hint)


def bounding(bound: Bound, value: Json) -> JsonObject:
    """The filter that a bound is with a value, compared as it is, as the parser of queries takes it."""
    return filter_of(bound.name, Known(()), value)


class _Wrong(Exception):
    """What is wrong with a limit, in words."""


def _limit(given: Json, endpoint: Endpoint) -> Limit:
    if endpoint.others or endpoint.above is not None or not endpoint.entity or not endpoint.has_objects:
        raise _Wrong("only endpoints of the objects of one schema can be limited")
    if not isinstance(given, Mapping) or given.keys() - {"methods", "filters"}:
        raise _Wrong("it must be an object with 'methods' and 'filters'")
    methods = given.get("methods", ["GET"])
    if not isinstance(methods, list) or not methods or any(each not in METHODS for each in methods):
        raise _Wrong(f"'methods' must be a list of {' and '.join(METHODS)}")
    if "PATCH" in methods and endpoint.is_mapped:
        raise _Wrong("PATCH is for endpoints that show objects as they are stored")
    filters = given.get("filters")
    if not isinstance(filters, Mapping) or not filters:
        raise _Wrong("'filters' must tell which objects are meant")
    return Limit(frozenset(methods), tuple(_bound(name, each) for name, each in filters.items()))


def _bound(name: str, given: Any) -> Bound:
    told = given.items() if isinstance(given, Mapping) and len(given) == 1 else ()
    for key, value in told:
        if key == "claim" and isinstance(value, str) and value:
            return Bound(name, claim=value)
        if key == "value" and isinstance(value, str | int | float | bool):
            return Bound(name, value=value)
    raise _Wrong(f"'{name}' must be an object with either a 'claim' or a 'value'")


def _with(endpoint: Endpoint, application: Reference, limit: Limit) -> Endpoint:
    seen = replace(endpoint.seen_by(application), limit=limit, variants={})
    return replace(endpoint, variants=MappingProxyType({**endpoint.variants, application: seen}))


def _refused(entity: Entity, bound: Bound, value: Json) -> InvalidQuery | None:
    try:
        entity.parser.parse(bounding(bound, value))
    except InvalidQuery as fault:
        return fault
    return None


def _fault(application: Artifact, text: str, pointer: str, hint: str = "", *, warns: bool = False) -> Finding:
    severity = Severity.WARNING if warns else Severity.ERROR
    code, reference = "dangling-reference" if warns else "application", application.reference
    told = f"application {reference}: {text}"
    return Finding(severity, code, told, reference, pointer, hint=hint, path=application.origin.path)
