"""Damaged schemas of the original's dialect: they become schemas of ours, or are told, and never crash."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gateway_core.schema import check_defaults, check_relations, compile_validators, normalise, translate
from gateway_core.schema.original import words
from gateway_core.types import Severity

ENTITY = "https://docs.commongateway.nl/schemas/Entity.schema.json"
ONE, TWO = "https://example.com/d.one.schema.json", "https://example.com/d.two.schema.json"
LASTING = {"schema-id", "schema-depth"}

WHOLE: dict[str, Any] = {
    "$id": ONE,
    "$schema": ENTITY,
    "title": "One",
    "type": "object",
    "version": "0.1",
    "nameProperties": ["name"],
    "required": ["name", "nothing"],
    "anyOf": ["name", "born"],
    "definitions": {"d": {"type": "datetime"}},
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "name": {
            "type": "string",
            "minLength": "1",
            "required": True,
            "mustBeUnique": True,
            "immutable": "true",
        },
        "born": {"type": "date", "maxDate": "-18 years", "requiredIf": {"==": [{"var": "kind"}, "a"]}},
        "kind": {"enum": ["a", "b"], "default": "a", "anyOf": ["name"]},
        "count": {"type": "integer", "maxLength": 3, "minimum": 0, "exclusiveMinimum": True, "default": "5"},
        "scan": {"type": "file", "maxFileSize": 100, "fileTypes": ["image/*"]},
        "other": {"$ref": TWO, "inversedBy": "ones", "cascadeDelete": True, "format": "json"},
        "kin": {"type": "array", "items": {"$ref": ONE}, "inversedBy": "kin", "cascade": False},
        "far": {"$ref": "https://example.com/nowhere.json"},
        "local": {"$ref": "#/definitions/d"},
        "part": {
            "type": "object",
            "properties": {"x": {"required": "true"}, "y": {"forbiddenIf": {"var": "x"}}},
        },
        "tags": {"type": "array", "items": {"type": "string", "pattern": "/^a/i"}, "uniqueItems": True},
        "url": {"default": "{{ selfUrl(object) }}", "format": "url", "readOnly": True},
    },
}
SECOND: dict[str, Any] = {
    "$id": TWO,
    "$schema": ENTITY,
    "properties": {"ones": {"type": "array", "items": {"$ref": ONE}, "inversedBy": "other"}},
}

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        [
            "true",
            "false",
            "now",
            "",
            "{{ x }}",
            "{#",
            ONE,
            TWO,
            "#",
            "#/properties/name",
            "#/definitions/d",
            "(",
            "/a/i",
        ]
    ),
    st.sampled_from(sorted(words.EVERY)),
    st.sampled_from(["array", "date", "datetime", "file", "json", "object", "string", "integer"]),
)
WORDS = st.one_of(
    st.sampled_from(sorted(words.EVERY | {"properties", "items", "$defs", "x-index", "x-unique"})),
    st.text(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=8,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside a document."""
    found = [path] if path else []
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        found += places(child, (*path, key))
    return found


PLACES = places(WHOLE)


@st.composite
def damaged(draw: Any) -> dict[str, Any]:
    """The whole schema with some values replaced, removed or added."""
    body = copy.deepcopy(WHOLE)
    for path in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=4)):
        holder: Any = body
        for step in path[:-1]:
            found = holder.get(step) if isinstance(holder, dict) else None
            holder = holder if found is None else found
        action = draw(st.sampled_from(["replace", "remove", "add"]))
        if isinstance(holder, dict):
            if action == "remove":
                holder.pop(str(path[-1]), None)
            else:
                holder[str(path[-1]) if action == "replace" else draw(WORDS)] = draw(VALUES)
        elif isinstance(holder, list):
            holder.append(draw(VALUES))
    return body


def checked(body: dict[str, Any], second: dict[str, Any] = SECOND) -> None:
    """It compiles beside another schema, or what makes it no schema at all is told; nothing is changed."""
    before = json.dumps(body)
    bodies = {ONE: body, TWO: second}
    found = {id: translate(each, bodies.__contains__, bodies.get) for id, each in bodies.items()}
    assert json.dumps(body) == before
    errors = {f.code for f in found[ONE].findings if f.severity is Severity.ERROR}
    assert errors <= LASTING, found[ONE].findings
    assert all(f.message and f.code for f in found[ONE].findings)
    if errors or found[ONE].spec.reference != ONE:
        return
    Draft202012Validator.check_schema(found[ONE].spec.source)
    specs = {id: translation.spec for id, translation in found.items()}
    assert check_relations(specs) == ()
    validators = compile_validators(specs)
    assert check_defaults(specs, validators) == ()
    for document in ({}, {"name": "", "born": "x", "other": {"a": 1}, "kin": [[], 3]}):
        validators[ONE].check(normalise(document, specs[ONE], specs.get))


@settings(max_examples=200)
@given(damaged())
def test_damage_never_raises(body):
    """A schema of which anything is missing, wrong or too much still becomes one of ours."""
    checked({"$schema": ENTITY, **{k: v for k, v in body.items() if k != "$schema"}})


@settings(max_examples=80)
@given(st.dictionaries(WORDS, VALUES, max_size=6), st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_nonsense_never_raises(body, properties):
    """Anything that calls itself such a schema, and a second one as bad."""
    nonsense = {**body, "$schema": ENTITY, "$id": ONE, "properties": properties}
    checked(nonsense)
    checked(nonsense, {**nonsense, "$id": TWO})


@settings(max_examples=80)
@given(VALUES)
def test_one_property_of_any_value_never_raises(node):
    """Whatever stands where a property should."""
    checked({"$id": ONE, "$schema": ENTITY, "properties": {"name": node}})


@pytest.mark.parametrize("levels", [50, 200, 100_000])
def test_depth_is_measured_before_anything_recurs(levels):
    """A schema nested too deeply is told so."""
    node: Any = {"type": "string"}
    for _ in range(levels):
        node = {"items": node}
    body = {"$id": ONE, "$schema": ENTITY, "properties": {"a": node}}
    codes = {f.code for f in translate(body, lambda _: True).findings}
    assert ("schema-depth" in codes) == (levels > 60)


def test_a_schema_without_an_id_is_told_so():
    """Nobody could refer to it."""
    for body in ({}, {"$id": 3}, {"$id": ""}):
        found = translate({"$schema": ENTITY, "properties": {}, **body}, lambda _: True)
        assert [f.code for f in found.findings] == ["schema-id"]
        assert not found.usable
