"""The query parameters of a collection, described for people and for an OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway_core.query.paths import ID, RELATIONS, SELF, Paths, Specs
from gateway_core.query.shape import (
    MAX_FACETS,
    MAX_OFFSET,
    MAX_VERSION,
    REMOVED,
    VERSION,
    QuerySettings,
    searched,
)
from gateway_core.query.values import holds_scalars, reads
from gateway_core.schema.formats import FORMATS, UUID
from gateway_core.schema.spec import EntitySpec, PropertySpec
from gateway_core.types import Json, JsonObject

MAX_INLINE = 4

_NULLS: JsonObject = {"enum": ["IS NULL", "IS NOT NULL"]}
_ON_TEXT = "like, regex, case_insensitive, ne, in, >=, >, <=, <"
_ON_NUMBERS = "ne, in, >=, >, <=, <"
_ON_DATES = "after, strictly_after, before, strictly_before, ne, in"
_OTHERWISE = "ne, in"
_EXAMPLES = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}

REFERENCE_PATTERN = rf"^((https?://[^\s/?#]+)?(/[^\s/?#]*)*/)?{UUID}$"


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """One query parameter. ``schema`` is JSON Schema for its value; lists are repeated parameters."""

    name: str
    description: str
    schema: JsonObject
    example: Json = None


def parameters(
    spec: EntitySpec, specs: Specs, settings: QuerySettings | None = None
) -> tuple[ParameterInfo, ...]:
    """Everything that a collection of the entity can be asked: window, order, search, shape,
    and a filter for each member, inline members and those of related objects one step away."""
    settings = settings or QuerySettings()
    paths = Paths(spec, specs)
    filters = {info.name: info for info in _of_entity(paths, spec, "", follow=True)}
    orders = ParameterInfo(
        "_order",
        "Members to order by, separated by commas; a minus in front is descending. Also as "
        "`_order[member]=asc` or `_order[member]=desc`, several times; related members as `relation.member`.",
        {"type": "string"},
        "-_self.dateCreated",
    )
    search = ParameterInfo(
        "_search",
        "A part of a text of the object, without regard to case: of those that its schema marks with "
        "`x-search`, or of any where it marks none. `_search[a,b.c]=…` looks in the named members only.",
        {"type": "string", "minLength": 1},
        "text",
    )
    counted = ParameterInfo(
        "_queries",
        f"Members whose values are counted over all objects that match, at most {MAX_FACETS}: the answer has "
        "them under `facets`, each with its most frequent values.",
        _names(),
        ["_self.version"],
    )
    words = (*shape_parameters(window=True, settings=settings), orders, counted)
    return (*words, *((search,) if searched(paths) else ()), *filters.values())


def shape_parameters(*, window: bool, settings: QuerySettings | None = None) -> tuple[ParameterInfo, ...]:
    """What shapes an answer, and with ``window`` the page of a collection too."""
    shapes = (
        ParameterInfo("_fields", "Only these members, dotted paths.", _names()),
        ParameterInfo("_unset", "Without these members, dotted paths.", _names()),
        ParameterInfo("_extend", "Relations to embed too, or `all`.", _names(), ["all"]),
    )
    return (*window_parameters(settings or QuerySettings()), *shapes) if window else shapes


def past_parameter(word: str) -> ParameterInfo:
    """``_version`` of one object, or ``_removed`` of a collection."""
    if word == VERSION:
        text = "The object as it was in this version, with what it embedded then."
        return ParameterInfo(VERSION, text, {"type": "integer", "minimum": 1, "maximum": MAX_VERSION}, 1)
    text = (
        "Removed objects instead of those that are there; needs the scope `write`. Relations are no filters."
    )
    return ParameterInfo(REMOVED, text, {"type": "boolean"}, "true")


def window_parameters(settings: QuerySettings) -> tuple[ParameterInfo, ...]:
    limit: JsonObject = {
        "type": "integer",
        "minimum": 1,
        "maximum": settings.max_limit,
        "default": min(settings.default_limit, settings.max_limit),
    }
    start: JsonObject = {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET}
    page: JsonObject = {"type": "integer", "minimum": 1, "maximum": MAX_OFFSET // settings.max_limit}
    return (
        ParameterInfo("_limit", "How many objects a page holds.", limit, settings.default_limit),
        ParameterInfo("_page", "The page, counted from 1.", page, 1),
        ParameterInfo("_start", "How many objects to skip; goes before `_page`.", start, 0),
        ParameterInfo("_offset", "The same as `_start`, which goes before it.", start, 0),
    )


def _names() -> JsonObject:
    return {"type": "array", "items": {"type": "string", "minLength": 1}}


def _of_entity(paths: Paths, spec: EntitySpec, prefix: str, *, follow: bool) -> Iterator[ParameterInfo]:
    for prop in spec.properties.values():
        node = _node(spec.source, prop.name)
        if prop.kind in RELATIONS:
            yield _reference(f"{prefix}{prop.name}", node)
            target = paths.entity(prop.target) if follow and prop.target else None
            if target is not None:
                yield from _of_entity(paths, target, f"{prefix}{prop.name}.", follow=False)
        else:
            yield from _of_document(paths, prop, f"{prefix}{prop.name}", node, 0)
    for name, prop in SELF.items():
        if not follow and name != "id":
            continue
        dotted = "owner.id" if name == "owner" else name
        described = {"description": f"What the register itself keeps of an object: `{dotted}`."}
        make = _reference(f"{prefix}_self.{dotted}", described) if prop is ID else None
        yield make or _value(prop, f"{prefix}_self.{dotted}", described)


def _of_document(
    paths: Paths, prop: PropertySpec, name: str, node: Mapping[str, Any], depth: int
) -> Iterator[ParameterInfo]:
    if holds_scalars(prop):
        yield _value(prop, name, node)
        return
    yield ParameterInfo(name, _sentence(node, "Whether there is a value."), _NULLS, "IS NOT NULL")
    source = _inline_source(paths, prop, node)
    if depth < MAX_INLINE:
        for inner in paths.members(prop).values():
            yield from _of_document(
                paths, inner, f"{name}.{inner.name}", _node(source, inner.name), depth + 1
            )


def _inline_source(paths: Paths, prop: PropertySpec, node: Mapping[str, Any]) -> Mapping[str, Any]:
    target = paths.entity(prop.target) if prop.target else None
    if target is not None:
        return target.source
    items = node.get("items")
    return items if isinstance(items, dict) else node


def _reference(name: str, node: Mapping[str, Any]) -> ParameterInfo:
    """An object by its id: a relation, or ``_self.id``."""
    text = "An object: its uuid, or a path or URL that ends in it. Operators: ne, in."
    schema: JsonObject = {"anyOf": [{"type": "string", "pattern": REFERENCE_PATTERN}, _NULLS]}
    return ParameterInfo(name, _sentence(node, text), schema, FORMATS["uuid"].example)


def _value(prop: PropertySpec, name: str, node: Mapping[str, Any]) -> ParameterInfo:
    operators = f"Operators: {_operators(prop)}."
    return ParameterInfo(name, _sentence(node, operators), _schema(prop), _example(prop, node))


def _operators(prop: PropertySpec) -> str:
    if prop.format in ("date", "date-time"):
        return _ON_DATES
    if reads(prop, "string"):
        return _ON_TEXT
    return _ON_NUMBERS if reads(prop, "integer", "number") else _OTHERWISE


def _schema(prop: PropertySpec) -> JsonObject:
    """What a plain value may be; text takes part of a text (``%part%``), so its format is not required."""
    if prop.format in ("date", "date-time"):
        formats = {"date", prop.format}
        return {"anyOf": [*({"type": "string", "format": f} for f in sorted(formats)), _NULLS]}
    if reads(prop, "string"):
        return {"type": "string"}
    kinds = sorted(prop.types & _EXAMPLES.keys())
    return {"anyOf": [*({"type": kind} for kind in kinds), _NULLS]}


def _example(prop: PropertySpec, node: Mapping[str, Any]) -> Json:
    """From the schema where it gives one, else one of the format or type."""
    for keyword in ("examples", "enum"):
        given = node.get(keyword)
        if isinstance(given, list) and given and isinstance(given[0], str | int | float):
            return str(given[0]) if reads(prop, "string") else given[0]
    known = FORMATS.get(prop.format or "")
    if known is not None:
        return known.example
    return next((example for kind, example in _EXAMPLES.items() if reads(prop, kind)), "text")


def _node(source: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A property of a schema as it was written; empty when it is found behind a reference."""
    properties = source.get("properties")
    node = properties.get(name) if isinstance(properties, Mapping) else None
    return node if isinstance(node, Mapping) else {}


def _sentence(node: Mapping[str, Any], added: str) -> str:
    text = node.get("description") or node.get("title")
    text = text.strip() if isinstance(text, str) else ""
    return f"{text}{'' if text.endswith(('.', '?', '!')) or not text else '.'} {added}".strip()
