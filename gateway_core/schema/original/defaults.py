"""Defaults: texts that mean values of other types, and templates, which never run here."""

from __future__ import annotations

import re

from gateway_core.schema import rules, walk
from gateway_core.schema.formats import CHECKS
from gateway_core.schema.original.frame import Frame
from gateway_core.schema.original.values import Unreadable, of_types
from gateway_core.schema.validate import compile_shape
from gateway_core.types import Json, JsonObject

_TEMPLATE = re.compile(r"\{[{%#]")
_REMARK = re.compile(r"\{#.*?#\}", re.DOTALL)
_MAX_TEMPLATE = 2000
_DEFINITIONS = frozenset({"$defs", "definitions"})
_CONDITIONS = _DEFINITIONS | walk.ONE | walk.LIST | {"dependentSchemas", "patternProperties"}
# What these templates ask for can be given without running anything.
_IDIOMS = (
    (re.compile(r"""\{\{\s*generated_uuid\(\s*\)\s*\}\}"""), "uuid"),
    (re.compile(r"""\{\{\s*object\.(?:id|getId\(\s*\))\s*\}\}"""), "id"),
    (re.compile(r"""\{\{\s*selfUrl\(\s*object\s*\)\s*\}\}"""), "url"),
    (re.compile(r"""\{\{\s*(['"])now\1\s*\|\s*date(?:\([^)}]*\))?\s*\}\}"""), "now"),
)


def default(node: JsonObject, made: JsonObject, types: tuple[str, ...], frame: Frame) -> JsonObject:
    """What the property is when a client leaves it out: ``default``, ``x-generate``, or nothing.

    ``made`` is the schema that the property has become; a default that does not keep to it is left out.
    """
    keyword = "defaultValue" if "defaultValue" in node else "default"
    value = node.get(keyword)
    if value is None:
        return {}
    if isinstance(value, str):
        text = _REMARK.sub("", value).strip() if len(value) <= _MAX_TEMPLATE else value
        if _TEMPLATE.search(value):
            return _template(keyword, text, made, frame)
        if text.lower() == "now" and made.get("format") in ("date", "date-time"):
            return {"x-generate": "now"}
    try:
        read = of_types(value, types)
    except Unreadable:
        read = value
    if value in ("", []) and not _keeps_to(read, made):
        return {}  # there, too, an empty default is none
    if _keeps_to(read, made):
        return {"default": read}
    frame.warn("schema-default", keyword, "the default is no value of this property, and is left out")
    return {}


def beside_conditions(made: JsonObject, frame: Frame) -> JsonObject:
    """The schema of an object without the defaults that its own conditions forbid."""
    nodes = {name: node for name, node in made["properties"].items() if isinstance(node, dict)}
    given = {name: node["default"] for name, node in nodes.items() if "default" in node}
    shape = {word: value for word, value in made.items() if word in _CONDITIONS}
    if not given or shape.keys() <= _DEFINITIONS:
        return made
    try:
        conditions = compile_shape(shape)
    except ValueError:  # it refers to other schemas
        return made
    properties = dict(made["properties"])
    for name, value in given.items():
        if any(violation.pointer[:1] == (name,) for violation in conditions.check({name: value})):
            below = frame.at("properties", name)
            below.warn(
                "schema-default", "default", "the default is forbidden by a condition, and is left out"
            )
            properties[name] = {k: v for k, v in properties[name].items() if k != "default"}
    return {**made, "properties": properties}


def _template(keyword: str, text: str, made: JsonObject, frame: Frame) -> JsonObject:
    for pattern, generator in _IDIOMS:
        if pattern.fullmatch(text) and _suits(generator, made):
            frame.info("schema-default-template", keyword, f"the template is not run: read as {generator}")
            return {"x-generate": generator} | ({"readOnly": True} if generator == "url" else {})
    hint = "fill the property in with a mapping, or let clients write it"
    text = "the default is a template: it is never run, and the property stays without one"
    frame.warn("schema-default-template", keyword, text, hint)
    return {}


_SAMPLES = {
    "id": "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11",
    "uuid": "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11",
    "url": "https://example.com/api/things/b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11",
}


def _suits(generator: str, made: JsonObject) -> bool:
    """Whether what is generated is a value of the property."""
    if generator == "now":
        return made.get("format") in ("date", "date-time", None) and _keeps_to("2024-01-31T12:00:00Z", made)
    return _keeps_to(_SAMPLES[generator], made)


def _keeps_to(value: Json, made: JsonObject) -> bool:
    if "$ref" in made:
        return isinstance(value, str) and CHECKS["reference"](value)
    try:
        return not compile_shape(made).check(value) and _keeps_to_rules(value, made)
    except ValueError:
        return False


def _keeps_to_rules(value: Json, made: JsonObject) -> bool:
    """Whether a default breaks no rule beyond its shape; inside objects that is not looked into."""
    places = [path for path, node in walk.walk(made) if not node.keys().isdisjoint(rules.WORDS)]
    if not places:
        return True
    known = rules.rules_of(made.get)
    return places == [()] and known is not None and rules.keeps_to(value, known)
