"""From a schema artifact to what the gateway knows about an entity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from gateway_core.schema import forms, nodes, original, transitions, vocabulary
from gateway_core.schema.formats import FORMATS
from gateway_core.schema.own_words import GENERATORS, SHOWN
from gateway_core.schema.rules import rules_of
from gateway_core.schema.spec import EntitySpec, PropertyKind, PropertySpec, Transitions
from gateway_core.types import Finding, JsonObject, Reference, Severity

DEFAULT_DEPTH = 3
_MAX_NESTING = 16
_DEMANDING = ("const", "enum", "format", "minLength", "pattern")


def _nothing(_: Reference) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Translation:
    """The entity and all findings. With an error among them the spec is for display only."""

    spec: EntitySpec
    findings: tuple[Finding, ...]

    @property
    def usable(self) -> bool:
        """Whether the spec can be compiled: no finding is an error."""
        return not any(finding.severity is Severity.ERROR for finding in self.findings)


def translate(
    body: Mapping[str, Any], known: vocabulary.Known, others: original.Others = _nothing
) -> Translation:
    """Translate one schema artifact; ``known`` tells for a ``$id`` whether such a schema exists.

    A schema in the dialect of Common Gateway is read into ours first; ``others`` finds the bodies
    of the schemas that it refers to, without which relations do not mirror one another.
    Never raises for what a schema says: everything wrong with it is a finding. An unusable
    schema gets a write form that accepts no document.
    """
    source = dict(body)
    deep = vocabulary.too_deep(source, vocabulary.MAX_SCHEMA_DEPTH)
    if deep or not original.speaks(source):
        findings = vocabulary.inspect(source, known)
    else:
        source, findings = _rewritten(source, known, others)
    if not any(finding.severity is Severity.ERROR for finding in findings):
        told = transitions.inspect(source)
        findings += tuple(replace(finding, reference=nodes.text(source, "$id")) for finding in told)
    usable = not any(finding.severity is Severity.ERROR for finding in findings)
    reference = nodes.text(source, "$id")
    schema = forms.write_schema(reference, source) if usable else _refusal(reference)
    return Translation(_spec(reference, {} if deep else source, schema, source), findings)


def _rewritten(
    source: JsonObject, known: vocabulary.Known, others: original.Others
) -> tuple[JsonObject, tuple[Finding, ...]]:
    rewritten = original.rewrite(source, known, others)
    if isinstance(source.get("$schema"), str) and source["$schema"] != forms.DIALECT:
        return rewritten.body, rewritten.findings
    text = "this is read as a schema of Common Gateway, by the words that it uses"
    hint = f'if it is to be checked as one of ours, write "$schema": "{forms.DIALECT}" and one x- word'
    remark = Finding(
        Severity.INFO, "schema-original", text, reference=nodes.text(source, "$id"), pointer="", hint=hint
    )
    return rewritten.body, (remark, *rewritten.findings)


def _refusal(reference: Reference) -> JsonObject:
    return {"$schema": forms.DIALECT, "$id": forms.urn(reference), "not": {}}


def _spec(reference: Reference, body: JsonObject, schema: JsonObject, source: JsonObject) -> EntitySpec:
    depth = body.get("x-maxDepth")
    name = short_name(reference)
    properties = _properties(body, body, inline=False, level=0)
    return EntitySpec(
        reference=reference,
        name=name,
        title=nodes.text(body, "title") or name,
        description=nodes.text(body, "description"),
        version=nodes.text(body, "version"),
        properties=properties,
        required=frozenset(nodes.names(body, "required")),
        max_depth=depth if isinstance(depth, int) and not isinstance(depth, bool) else DEFAULT_DEPTH,
        name_properties=nodes.names(body, "x-nameProperties"),
        schema=schema,
        ordered_by_time=body.get("x-indexTimes") is True,
        source=source,
        guarded=tuple(_guarded(body, properties)),
    )


def _guarded(
    body: JsonObject, properties: Mapping[str, PropertySpec]
) -> Iterator[tuple[PropertySpec, Transitions]]:
    for name, child in nodes.members(body).items():
        rules = transitions.transitions_of(nodes.read(child, body))
        if rules is not None:
            yield properties[name], rules


def short_name(reference: Reference) -> str:
    """The name of an entity in its reference: ``thing`` in ``https://x.nl/shop.thing.schema.json``."""
    last = reference.rstrip("/").rpartition("/")[2]
    stem = last.removesuffix(".json").removesuffix(".schema")
    return stem.rpartition(".")[2] or stem


def _properties(
    node: JsonObject, body: JsonObject, *, inline: bool, level: int
) -> Mapping[str, PropertySpec]:
    if level > _MAX_NESTING:  # a local reference that contains itself
        return MappingProxyType({})
    found = {
        name: _property(name, nodes.read(child, body), body, inline, level)
        for name, child in nodes.members(node).items()
    }
    return MappingProxyType(found)


def _property(name: str, known: nodes.Property, body: JsonObject, inline: bool, level: int) -> PropertySpec:
    element = known.element
    kind = _kind(known, inline)
    format_name = nodes.text(element, "format") or None
    known_format = FORMATS.get(format_name) if format_name else None
    generate, show = known.flag("x-generate"), known.flag("x-show")
    return PropertySpec(
        name=name,
        kind=kind,
        types=nodes.types(element),
        format=format_name,
        many=known.many,
        target=known.target,
        inverse_of=known.flag("x-inverseOf") if kind is PropertyKind.INVERSE else None,
        embed=known.flag("x-embed") is not False,
        cascade_delete=known.flag("x-cascadeDelete") is True,
        read_only=not known.written,
        write_only=known.flag("writeOnly") is True,
        nullable=known.nullable,
        generate=generate if generate in GENERATORS else None,
        default=known.node.get("default"),
        indexed=known.flag("x-index") is True,
        immutable=known.flag("x-immutable") is True,
        change_only=known.flag("x-changeOnly") is True,
        unique=known.flag("x-unique") is True,
        folded=known.flag("x-caseInsensitive") is True,
        show=show if show in SHOWN else "id",
        lenient=body.get("x-lenient") is True,
        demanding=any(element.get(keyword) not in (None, 0) for keyword in _DEMANDING),
        rules=rules_of(known.flag),
        searched=known.flag("x-search") is True,
        few_values=nodes.few_values(element),
        sensitive=known.flag("x-sensitive") is True or (known_format is not None and known_format.sensitive),
        properties=_properties(element, body, inline=True, level=level + 1),
    )


def _kind(known: nodes.Property, inline: bool) -> PropertyKind:
    if known.target is None:
        return PropertyKind.INLINE if nodes.members(known.element) else PropertyKind.VALUE
    if inline or known.flag("x-inline") is True:
        return PropertyKind.INLINE
    return PropertyKind.INVERSE if isinstance(known.flag("x-inverseOf"), str) else PropertyKind.RELATION
