"""What can only be said of schemas together: the findings of a whole set of entities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway_core.schema.reasons import reason
from gateway_core.schema.spec import EntitySpec, PropertyKind, PropertySpec
from gateway_core.schema.validate import Validator
from gateway_core.schema.vocabulary import suggestion
from gateway_core.schema.walk import pointer_text
from gateway_core.types import Finding, Reference, Severity


def check_relations(specs: Mapping[Reference, EntitySpec]) -> tuple[Finding, ...]:
    """Do targets and inverse properties meet? Without errors here the specs can be compiled."""
    found = [
        finding
        for spec in specs.values()
        for known in spec.properties.values()
        for finding in _relation_findings(spec, known, specs)
    ]
    return tuple(found)


def check_defaults(
    specs: Mapping[Reference, EntitySpec], validators: Mapping[Reference, Validator]
) -> tuple[Finding, ...]:
    """Does every default of an entity keep to the schema of its property?"""
    return tuple(
        finding
        for reference, spec in specs.items()
        for known in spec.properties.values()
        if known.default is not None
        for finding in _default_findings(spec, known, validators[reference])
    )


def _relation_findings(
    spec: EntitySpec, known: PropertySpec, specs: Mapping[Reference, EntitySpec]
) -> Iterator[Finding]:
    if known.target is None:
        return
    path = ("properties", known.name)
    target = specs.get(known.target)
    if target is None:
        text = f"there is no schema '{known.target}'"
        yield _error("schema-ref", spec, path, text, suggestion(known.target, specs))
    elif known.kind is PropertyKind.INLINE and target.guarded:
        names = ", ".join(prop.name for prop, _ in target.guarded)
        text = f"what may follow what in '{target.reference}' ({names}) is not kept to here: it stands inline"
        hint = "make it a relation, or put x-transitions on a property of this schema"
        yield Finding(
            Severity.WARNING, "schema-transitions", text, spec.reference, pointer_text(path), hint=hint
        )
    elif known.inverse_of is not None:
        back = target.properties.get(known.inverse_of)
        if back is None:
            text = f"'{target.reference}' has no property '{known.inverse_of}'"
            yield _error("schema-inverse", spec, path, text, suggestion(known.inverse_of, target.properties))
        elif back.kind is not PropertyKind.RELATION or back.target != spec.reference:
            text = f"'{known.inverse_of}' of '{target.reference}' is no relation to this schema"
            hint = 'one side keeps the relation as a plain $ref, the other names it in "x-inverseOf"'
            yield _error("schema-inverse", spec, path, text, hint)


def _default_findings(spec: EntitySpec, known: PropertySpec, validator: Validator) -> Iterator[Finding]:
    for violation in validator.check({known.name: known.default}, reject_unknown=False):
        if violation.pointer[:1] == (known.name,):
            path = ("properties", known.name, "default", *violation.pointer[1:])
            yield _error("schema-default", spec, path, f"the default {reason(violation)}", "")


def _error(code: str, spec: EntitySpec, path: tuple[str | int, ...], text: str, hint: str) -> Finding:
    return Finding(Severity.ERROR, code, text, spec.reference, pointer_text(path), hint=hint)
