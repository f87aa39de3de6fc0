"""Artifacts of computed endpoints, read against everything they refer to. Faults are found, never raised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from gateway_core.catalog.computed import (
    INPUTS,
    MAX_FOUND,
    OBJECT,
    PARAMETERS,
    SETTINGS,
    Computed,
    Fixed,
    Known,
    Parameter,
    Selection,
    Type,
    Value,
)
from gateway_core.catalog.endpoints import VERSIONS, Collection, Endpoint, UrlFilters
from gateway_core.mapping.mapping import CompiledMapping
from gateway_core.query.describe import REFERENCE_PATTERN
from gateway_core.schema import FORMATS, EntitySpec, compile_shape
from gateway_core.schema.vocabulary import suggestion
from gateway_core.types import Artifact, Finding, Json, JsonObject, Reference, Severity

COMPUTED_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "$id": "its reference; needed",
        "reference": "the `$id` of the schema of the object that the path names; needed",
        "path": "`<path>/{id}/<word>`, where an endpoint of that schema serves `<path>`; needed",
        "mapping": "the `$id` of the mapping that makes the answer; its `output` is the answer's schema. "
        "Needed",
        "collection": "the `$id` of its collection; that of the endpoint at `<path>` when absent",
        "parameters": "the query parameters, by name, see below",
        "inputs": "objects to find beside the one that the path names, by name, see below",
        "settings": "any JSON for the mapping: what a municipality may want to change without it",
        "title": "heads it in the API document",
        "description": "for people",
        "version": "for people",
        "tags": "its groups in the API document; those of the endpoint at `<path>` when absent",
    }
)
PARAMETER_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "reference": "the `$id` of a schema: the parameter is the id, path or URL of an object of it",
        "type": "`string` (default), `integer`, `number` or `boolean`",
        "enum": "the values that it may have",
        "format": "as in a schema",
        "pattern": "as in a schema",
        "maxLength": "as in a schema; 500 when absent",
        "minimum": "as in a schema",
        "maximum": "as in a schema",
        "required": "`true`: 400 without it",
        "description": "for the API document",
        "example": "for the API document",
    }
)
INPUT_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "reference": "the `$id` of the schema of the objects; needed",
        "filters": 'filters as clients write them, with a value, a list of values, or `{"from": "…"}`: a '
        "dotted path into what is known so far; needed",
        "order": "a path and `asc` or `desc`; in the order of creation when absent",
        "limit": f"how many at most, up to {MAX_FOUND} (default 10)",
    }
)
_ASSERTIONS = ("enum", "format", "pattern", "maxLength", "minimum", "maximum")
_MEMBERS = frozenset({"id", "_id", "_self", "embedded"})
_LIMIT = 10


class ComputedReader:
    """Reads artifacts; ``findings`` grows by what is wrong with them."""

    def __init__(
        self,
        specs: Mapping[Reference, EntitySpec],
        mappings: Mapping[Reference, CompiledMapping],
        bodies: Mapping[Reference, Mapping[str, Any]],
        endpoints: Iterable[Endpoint],
        findings: list[Finding],
    ) -> None:
        self._specs, self._mappings, self._bodies = specs, mappings, bodies
        self._findings = findings
        self._endpoints = tuple(e for e in endpoints if _has_objects(e))
        self._served: dict[str, Reference] = {}
        self._artifact = ""

    def read(self, artifact: Artifact) -> Endpoint | None:
        """The endpoint of an artifact, None when it cannot be used."""
        body, self._artifact = artifact.body, artifact.reference
        spec = self._specs.get(str(body.get("reference") or ""))
        mapping = self._mappings.get(str(body.get("mapping") or ""))
        if spec is None or mapping is None:
            key = "reference" if spec is None else "mapping"
            self._add(f"'{key}' names '{body.get(key)}', which is not installed")
            return None
        place, _, word = str(body.get("path") or "").strip("/").partition("/{id}/")
        if not place or not word or "/" in word or "{" in place + word or word == VERSIONS:
            hint = f"write '<path>/{{id}}/<word>'; '{VERSIONS}' is used already"
            self._add("'path' does not say below which objects it is, and how it is called", hint)
            return None
        above = self._above(place, spec.reference, body)
        if above is None:
            hint = "compute below the path of an endpoint of the same schema"
            self._add(f"no endpoint that reads '{spec.reference}' serves '{place}'", hint)
            return None
        collection = above.collection
        self._check_served(above, word)
        parameters = tuple(self._parameters(_object(body, "parameters"), collection))
        selections = tuple(self._selections(_object(body, "inputs"), parameters, spec))
        self._check_reads(mapping, parameters, selections)
        shape = self._bodies.get(mapping.reference, {}).get("output")
        return Endpoint(
            reference=artifact.reference,
            title=str(body.get("title") or word),
            description=str(body.get("description") or ""),
            entity=spec.reference,
            collection=collection,
            paths=above.paths,
            methods=frozenset({"GET"}),
            tags=tuple(body.get("tags") or above.tags or (above.title,)),
            response_shape=shape if isinstance(shape, dict) else None,
            computed=Computed(word, mapping, parameters, selections, _object(body, "settings")),
        )

    def _above(self, place: str, entity: Reference, body: Mapping[str, Any]) -> Endpoint | None:
        named = body.get("collection")
        for endpoint in self._endpoints:
            prefix = endpoint.collection.prefix
            served = endpoint.path.removeprefix("/api/").removeprefix(f"{prefix}/" if prefix else "")
            fits = named is None or endpoint.collection.reference == named
            if served == place and endpoint.entity == entity and fits and "GET" in endpoint.methods:
                return endpoint
        return None

    def _check_served(self, above: Endpoint, word: str) -> None:
        first = self._served.setdefault(f"{above.path}/{word}", self._artifact)
        if first != self._artifact:
            self._add(f"'{first}' serves {above.path}/{{id}}/{word} already")

    def _parameters(self, given: JsonObject, collection: Collection) -> Iterator[Parameter]:
        for name, body in given.items():
            where = f"parameter '{name}'"
            if not isinstance(body, dict) or not name or name.startswith("_") or not name.isidentifier():
                self._add(f"{where} must be an object under a name of letters and digits")
                continue
            self._check_keys(body, PARAMETER_KEYS, where)
            if name in collection.words.values():
                self._add(f"{where} is a word of its collection already")
            target = body.get("reference")
            if target is not None and target not in self._specs:
                self._add(f"{where}: 'reference' names '{target}', which is not installed")
                continue
            parameter = self._parameter(name, body, target)
            if parameter is None:
                continue
            form = FORMATS.get(str(body.get("format")))
            if form is not None and form.sensitive and collection.url_filters is not UrlFilters.ALLOW:
                self._add(f"{where} is personal data, which may not stand in a URL of this collection")
            yield parameter

    def _parameter(self, name: str, body: JsonObject, target: Reference | None) -> Parameter | None:
        type = str(body.get("type") or Type.STRING)
        if type not in tuple(Type):
            self._add(f"parameter '{name}': 'type' is none of {', '.join(Type)}")
            return None
        schema: JsonObject = {"type": type, **({"maxLength": 500} if type == Type.STRING else {})}
        schema |= {key: body[key] for key in _ASSERTIONS if key in body}
        if target is not None:
            schema = {"type": "string", "pattern": REFERENCE_PATTERN}
        try:
            validator = compile_shape(schema)
        except ValueError:
            self._add(
                f"parameter '{name}' is no schema that can be used: look at its enum, pattern and limits"
            )
            return None
        return Parameter(
            name=name,
            description=str(body.get("description") or ""),
            type=Type(type),
            target=target,
            required=body.get("required") is True,
            described=schema,
            validator=validator,
            example=body.get("example"),
        )

    def _selections(
        self, given: JsonObject, parameters: tuple[Parameter, ...], base: EntitySpec
    ) -> Iterator[Selection]:
        known: dict[str, EntitySpec | None] = {
            p.name: self._specs.get(str(p.target)) for p in parameters if p.target is not None
        }
        for name, body in given.items():
            where = f"input '{name}'"
            target = str(body.get("reference")) if isinstance(body, dict) else ""
            if target not in self._specs or name in known or not name.isidentifier():
                self._add(f"{where} must be an object with the 'reference' of a schema, under a new name")
                continue
            self._check_keys(body, INPUT_KEYS, where)
            filters = _object(body, "filters")
            limit = body.get("limit", _LIMIT)
            if not filters:
                self._add(f"{where} has no 'filters': it would find whatever there is")
            if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MAX_FOUND:
                self._add(f"{where}: 'limit' must be a whole number from 1 to {MAX_FOUND}")
                continue
            values = tuple(
                (key, self._value(value, where, known, parameters, base)) for key, value in filters.items()
            )
            yield Selection(name, target, values, _object(body, "order"), limit)
            known[name] = None

    def _value(
        self,
        value: Json,
        where: str,
        known: Mapping[str, EntitySpec | None],
        parameters: tuple[Parameter, ...],
        base: EntitySpec,
    ) -> Value:
        if not isinstance(value, dict):
            return Fixed(value)
        steps = tuple(str(value.get("from") or "").split("."))
        plain = {p.name for p in parameters if p.target is None}
        names = {OBJECT: base.properties.keys() | _MEMBERS, PARAMETERS: plain, INPUTS: known.keys()}.get(
            steps[0]
        )
        if value.keys() != {"from"} or names is None or len(steps) < 2:
            hint = f'write {{"from": "{OBJECT}.…"}}, or begin with {PARAMETERS} or {INPUTS}'
            self._add(f"{where}: a filter has an object as its value that names nothing", hint)
        elif steps[1] not in names:
            self._add(f"{where}: there is no '{steps[0]}.{steps[1]}'", suggestion(steps[1], names))
        elif steps[0] == INPUTS:
            spec = known[steps[1]]
            members = spec.properties.keys() | _MEMBERS if spec is not None else set[str]()
            if spec is not None and (len(steps) < 3 or steps[2] not in members):
                text = f"{where}: '{steps[1]}' has no such member"
                self._add(text, suggestion(steps[2] if len(steps) > 2 else "", members))
        return Known(steps)

    def _check_keys(self, body: JsonObject, known: Mapping[str, str], where: str) -> None:
        for key in body.keys() - known.keys():
            self._add(f"{where}: '{key}' means nothing here", suggestion(key, known))

    def _check_reads(
        self, mapping: CompiledMapping, parameters: Iterable[Parameter], selections: Iterable[Selection]
    ) -> None:
        listed = tuple(parameters)
        names = {
            PARAMETERS: {p.name for p in listed if p.target is None},
            INPUTS: {p.name for p in listed if p.target} | {s.name for s in selections},
        }
        for path in sorted(mapping.reads):
            if len(path) > 1 and path[0] in names and path[1] not in names[path[0]]:
                self._add(
                    f"mapping {mapping.reference} reads '{path[0]}.{path[1]}', which is never there",
                    suggestion(path[1], names[path[0]]),
                    Severity.WARNING,
                )
            elif path[0] not in (OBJECT, SETTINGS, PARAMETERS, INPUTS):
                hint = f"what is there begins with {OBJECT}, {PARAMETERS}, {INPUTS} or {SETTINGS}"
                text = f"mapping {mapping.reference} reads '{path[0]}', which is never there"
                self._add(text, hint, Severity.WARNING)

    def _add(self, message: str, hint: str = "", severity: Severity = Severity.ERROR) -> None:
        text = f"computed endpoint {self._artifact}: {message}"
        self._findings.append(Finding(severity, "computed", text, self._artifact, hint=hint))


def _has_objects(endpoint: Endpoint) -> bool:
    plain = not endpoint.variables and not endpoint.others and endpoint.above is None
    return plain and endpoint.has_items and not endpoint.waits_for


def _object(body: Mapping[str, Any], key: str) -> JsonObject:
    value = body.get(key)
    return dict(value) if isinstance(value, Mapping) else {}
