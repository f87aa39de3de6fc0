"""Does a document keep to its schema? All violations at once, without repeating any value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Never
from urllib.parse import unquote

import jsonschema_rs

from gateway_core.errors import ConfigurationError
from gateway_core.schema import forms, nodes, walk
from gateway_core.schema.formats import CHECKS
from gateway_core.schema.reasons import reason
from gateway_core.schema.rules import broken, ruled
from gateway_core.schema.spec import EntitySpec
from gateway_core.schema.vocabulary import too_deep
from gateway_core.types import Finding, Json, JsonObject, Pointer, Reference, Severity, Violation

__all__ = ["MAX_DEPTH", "Validator", "compile_shape", "compile_validators", "reason"]

MAX_DEPTH = 100

_Kind = jsonschema_rs.ValidationErrorKind

# The attribute of an error's kind that holds the keyword's value, and its name in our params.
_LIMITS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "const": ("expected_value", "expected"),
        "enum": ("options", "allowed"),
        "exclusiveMaximum": ("limit", "limit"),
        "exclusiveMinimum": ("limit", "limit"),
        "format": ("format", "format"),
        "maxItems": ("limit", "limit"),
        "maxLength": ("limit", "limit"),
        "maxProperties": ("limit", "limit"),
        "maximum": ("limit", "limit"),
        "minItems": ("limit", "limit"),
        "minLength": ("limit", "limit"),
        "minProperties": ("limit", "limit"),
        "minimum": ("limit", "limit"),
        "multipleOf": ("multiple_of", "factor"),
        "pattern": ("pattern", "pattern"),
        "type": ("types", "types"),
    }
)


@dataclass(frozen=True, slots=True)
class Validator:
    """The compiled write form of one entity. Made by ``compile_validators``; safe in threads."""

    reference: Reference
    _open: jsonschema_rs.Draft202012Validator
    _closed: jsonschema_rs.Draft202012Validator
    _resources: Mapping[str, JsonObject]
    _ruled: Mapping[Reference, EntitySpec] = field(default_factory=dict)

    def check(
        self, document: Json, *, reject_unknown: bool = True, now: datetime | None = None
    ) -> tuple[Violation, ...]:
        """Every violation of the document, in the order of its members; none when it is valid.

        ``now`` is what bounds of dates that move with time are compared with; without it they are
        passed over. ``reject_unknown`` makes properties that no schema declares a violation, at every
        place whose members are declared. Documents nested more than ``MAX_DEPTH`` deep are
        not looked into: they have one violation, ``too-deep``.
        """
        if too_deep(document, MAX_DEPTH):
            return (Violation((), "too-deep", {"limit": MAX_DEPTH}),)
        validator = self._closed if reject_unknown else self._open
        if not self._ruled and validator.is_valid(document):
            return ()
        found: dict[tuple[Any, ...], Violation] = {}
        for error in validator.iter_errors(document):
            for violation in _violations(error, self._resources):
                found.setdefault((violation.pointer, violation.code), violation)
        if self._ruled:
            for violation in broken(document, self._ruled[self.reference], self._ruled, now):
                found.setdefault((violation.pointer, violation.code), violation)
        return tuple(found.values())


def compile_validators(specs: Mapping[Reference, EntitySpec]) -> Mapping[Reference, Validator]:
    """One validator per entity. The specs must hold every entity that one of them refers to.

    Raises ``ConfigurationError`` with a finding per schema that does not compile.
    """
    _raise_if_any(list(_dangling(specs)))
    closed = {reference: forms.closed(spec.schema) for reference, spec in specs.items()}
    documents = [spec.schema for spec in specs.values()] + list(closed.values())
    registry = jsonschema_rs.Registry([(d["$id"], d) for d in documents], retriever=_refuse)
    resources = MappingProxyType(dict(_resources(closed.values())))
    compiled: dict[Reference, Validator] = {}
    with_rules = ruled(specs)
    findings: list[Finding] = []
    for reference, spec in specs.items():
        try:
            pair = (_compile(spec.schema["$id"], registry), _compile(closed[reference]["$id"], registry))
        except ValueError as error:
            findings.append(Finding(Severity.ERROR, "schema-compile", _first_line(error), reference))
        else:
            rules = specs if reference in with_rules else {}
            compiled[reference] = Validator(reference, *pair, resources, rules)
    _raise_if_any(findings)
    return MappingProxyType(compiled)


def compile_shape(shape: JsonObject) -> Validator:
    """A validator of a JSON Schema that stands alone. Raises ``ValueError`` when it is none."""
    compiled = jsonschema_rs.Draft202012Validator(
        shape,
        retriever=_refuse,
        formats=dict(CHECKS),
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
    )
    return Validator("", compiled, compiled, MappingProxyType({}))


def _dangling(specs: Mapping[Reference, EntitySpec]) -> Iterator[Finding]:
    """What refers to a write form that is not among them; the registry would not say who does."""
    documents = [spec.schema for spec in specs.values()]
    present = {identity for identity, _ in _resources(documents)}
    for reference, spec in specs.items():
        used = {str(node.get("$ref", "")).partition("#")[0] for _, node in walk.walk(spec.schema)}
        missing = sorted(urn for urn in used - present if urn.startswith(forms.OPEN))
        if missing:
            names = ", ".join(sorted({unquote(urn.rpartition(":")[2]) for urn in missing}))
            yield Finding(Severity.ERROR, "schema-ref", f"there is no schema {names}", reference)


def _raise_if_any(findings: list[Finding]) -> None:
    if findings:
        names = ", ".join(finding.reference for finding in findings)
        raise ConfigurationError(f"schemas cannot be compiled: {names}", findings)


def _refuse(uri: str) -> Never:
    raise ValueError(f"there is no schema {uri}")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]


def _compile(identity: str, registry: jsonschema_rs.Registry) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        {"$ref": identity},
        registry=registry,
        retriever=_refuse,
        formats=dict(CHECKS),
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def _resources(documents: Iterable[JsonObject]) -> Iterator[tuple[str, JsonObject]]:
    """Every resource with an identity, embedded ones too, to look keywords up in."""
    for document in documents:
        for _, node in walk.walk(document):
            if "$id" in node:
                yield node["$id"], node


def _violations(
    error: jsonschema_rs.ValidationError, resources: Mapping[str, JsonObject]
) -> Iterator[Violation]:
    pointer: Pointer = tuple(error.instance_path)
    kind = error.kind
    if isinstance(kind, _Kind.AdditionalProperties | _Kind.UnevaluatedProperties):
        yield from _unknown(pointer, kind.unexpected, _holder(error, resources), resources)
    elif isinstance(kind, _Kind.AnyOf | _Kind.OneOfNotValid):
        yield from _alternatives(error, kind.context, resources)
    elif isinstance(kind, _Kind.Required):
        yield Violation((*pointer, kind.property), "required")
    elif isinstance(kind, _Kind.PropertyNames):
        yield Violation(pointer, "propertyNames")
    else:
        code = _code(error)
        attribute, name = _LIMITS.get(code, ("", ""))
        yield Violation(pointer, code, {name: getattr(kind, attribute)} if attribute else {})


def _code(error: jsonschema_rs.ValidationError) -> str:
    if isinstance(error.kind, _Kind.FalseSchema):
        return "forbidden"
    return error.kind.name


def _unknown(
    pointer: Pointer,
    unexpected: Iterable[str],
    holder: JsonObject,
    resources: Mapping[str, JsonObject],
) -> Iterator[Violation]:
    known = sorted(_declared(holder, resources) - {"_id"})
    for name in unexpected:
        params: dict[str, Any] = {"known": known}
        close = get_close_matches(name, known, n=1)
        if close:
            params["suggestion"] = close[0]
        yield Violation((*pointer, name), "unknown-property", params)


def _holder(error: jsonschema_rs.ValidationError, resources: Mapping[str, JsonObject]) -> JsonObject:
    """The schema node that holds the keyword which failed."""
    base, _, place = (error.absolute_keyword_location or "").partition("#")
    node = walk.resolve(resources.get(base, {}), place.rpartition("/")[0])
    return node if isinstance(node, dict) else {}


def _declared(holder: JsonObject, resources: Mapping[str, JsonObject]) -> set[str]:
    """The names of the members that a node, or what it is composed of, declares."""
    declared: set[str] = set()
    seen: set[int] = set()
    pending = [holder]
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        declared.update(nodes.members(node))
        target = resources.get(str(node.get("$ref", "")))
        pending += [target] if target is not None else []
        applied = walk.subschemas(node)
        pending += [c for path, c in applied if path[0] in _COMPOSING and isinstance(c, dict)]
    return declared


_COMPOSING = frozenset({"allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas"})


def _alternatives(
    error: jsonschema_rs.ValidationError,
    branches: list[list[jsonschema_rs.ValidationError]],
    resources: Mapping[str, JsonObject],
) -> Iterator[Violation]:
    """What is wrong with the alternative that the document seems to mean.

    An alternative for another type of value is not meant. When one is left, its own
    violations say most; when none is left, the type is wrong; else no alternative fits.
    """
    here = error.instance_path
    wrong = [_wrong_types(branch, here) for branch in branches]
    meant = [branch for branch, types in zip(branches, wrong, strict=True) if not types]
    if len(meant) == 1:
        for inner in meant[0]:
            yield from _violations(inner, resources)
    elif meant:
        yield Violation(tuple(here), error.kind.name)
    else:
        yield Violation(tuple(here), "type", {"types": sorted({t for types in wrong for t in types})})


def _wrong_types(branch: list[jsonschema_rs.ValidationError], here: list[str | int]) -> list[str]:
    """The types that an alternative asks for, when the value itself has none of them."""
    for inner in branch:
        if isinstance(inner.kind, _Kind.Type) and inner.instance_path == here:
            return list(inner.kind.types)
    return []
