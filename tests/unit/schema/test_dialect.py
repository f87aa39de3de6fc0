"""From schema artifact to entity: what the vocabulary means, and what is said about faults."""

from __future__ import annotations

import copy

import jsonschema
import pytest

from gateway_core.errors import ConfigurationError
from gateway_core.schema import (
    PropertyKind,
    check_defaults,
    check_relations,
    compile_validators,
    translate,
)
from gateway_core.types import Severity

ID = "https://example.com/x.thing.schema.json"
OTHER = "https://example.com/x.other.schema.json"


def findings(properties, **root):
    """The findings about a schema with these properties, by code and place."""
    body = {"$id": ID, "type": "object", "x-maxDepth": 3, "properties": properties, **root}
    return {(f.code, f.pointer): f for f in translate(body, {ID, OTHER}.__contains__).findings}


def only(properties, **root):
    """The one finding about a schema with these properties."""
    (found,) = findings(properties, **root).values()
    return found


def test_a_good_schema_has_no_findings(library):
    """The library uses the whole vocabulary and nothing is remarked."""
    for translation in library.translations.values():
        assert translation.findings == ()
        assert translation.usable
    assert check_relations(library.specs) == ()
    assert check_defaults(library.specs, library.validators) == ()


def test_entity(library):
    """What a schema says about the entity as a whole."""
    spec = library.specs[library.author]
    assert (spec.reference, spec.name, spec.title, spec.version) == (
        library.author,
        "author",
        "Author",
        "1.2.0",
    )
    assert spec.description == "Who wrote books."
    assert (spec.max_depth, spec.name_properties) == (2, ("name", "home.city"))
    assert spec.required == {"name", "number"}
    assert spec.source == library.bodies[0]
    assert library.specs[library.book].max_depth == 3


def test_kinds_of_properties(library):
    """A $ref is a relation unless it is inline or inverse; an object with members is inline."""
    author = library.specs[library.author].properties
    book = library.specs[library.book].properties
    assert book["author"].kind is PropertyKind.RELATION
    assert (book["reviews"].kind, book["reviews"].many) == (PropertyKind.RELATION, True)
    assert (author["books"].kind, author["books"].inverse_of) == (PropertyKind.INVERSE, "author")
    assert author["home"].kind is PropertyKind.INLINE
    assert author["home"].target == library.address
    assert book["publisher"].kind is PropertyKind.INLINE
    assert book["extra"].kind is PropertyKind.VALUE
    assert [p.name for p in library.specs[library.book].relations] == ["author", "sequel", "reviews"]


def test_everything_below_inline_is_inline(library):
    """A $ref inside an inline object is kept inline too."""
    offices = library.specs[library.book].properties["publisher"].properties["offices"]
    assert (offices.kind, offices.target) == (PropertyKind.INLINE, library.address)


def test_local_references_are_followed_and_may_recur(library):
    """A property described under $defs has its members, also when they contain themselves."""
    shelf = library.specs[library.book].properties["shelf"]
    assert shelf.kind is PropertyKind.INLINE
    assert shelf.properties["above"].properties["row"].types == {"integer"}


def test_flags_of_properties(library):
    """Every annotation arrives in the spec, beside the $ref or on the list that holds it."""
    author = library.specs[library.author].properties
    book = library.specs[library.book].properties
    assert (author["number"].generate, author["number"].indexed) == ("sequence", True)
    assert author["mail"].sensitive
    assert (author["born"].sensitive, author["born"].nullable, author["born"].types) == (
        True,
        True,
        {"string"},
    )
    assert not author["name"].sensitive
    assert (author["books"].embed, author["books"].cascade_delete) == (False, False)
    assert (book["reviews"].embed, book["reviews"].cascade_delete) == (True, True)
    assert book["available"].default is True
    assert book["cover"].read_only
    assert (book["tags"].types, book["printings"].format) == ({"string"}, "date-time")


def test_null_is_a_value_where_the_schema_says_so(library):
    """Types, enums and alternatives may hold null; a relation is nullable by its type."""
    book = library.specs[library.book].properties
    assert {name for name, known in book.items() if known.nullable} == {"genre", "sequel", "size"}
    assert (book["genre"].types, book["size"].types) == ({"string"}, {"integer"})


def test_a_property_without_constraints_allows_null():
    """JSON Schema lets an unconstrained property be null, and const and not say for themselves."""
    nodes = {"any": {}, "const": {"const": None}, "one": {"const": 1}, "all": {"allOf": [{"type": "string"}]}}
    spec = translate({"$id": ID, "properties": nodes}, ID.__eq__).spec
    assert {n for n, p in spec.properties.items() if p.nullable} == {"any", "const"}
    assert spec.properties["one"].types == {"integer"}


def test_write_form_is_well_formed_and_self_contained(library):
    """Both meta schema and URNs hold: every $ref leads to a write form of the set."""
    for spec in library.specs.values():
        jsonschema.Draft202012Validator.check_schema(spec.schema)
        assert spec.schema["$id"].startswith("urn:x-gateway:open:write:")


def test_translation_leaves_the_artifact_alone(library):
    """The body that is translated stays as it was."""
    body = copy.deepcopy(library.bodies[1])
    translate(body, lambda _: True)
    assert body == library.bodies[1]


@pytest.mark.parametrize(
    ("node", "pointer", "message", "hint"),
    [
        (
            {"type": "datetime"},
            "/type",
            "'datetime' is not a JSON Schema type",
            '"string" with format "date-time"',
        ),
        ({"type": "strng"}, "/type", "'strng' is not a JSON Schema type", 'type "string"'),
        ({"type": ["zzz"]}, "/type", "'zzz' is not a JSON Schema type", "the types are array"),
        (
            {"type": "string", "required": True},
            "/required",
            "list of property names",
            "under required of the object",
        ),
        ({"readOnly": "true"}, "/readOnly", "readOnly must be true, not the text 'true'", "without quotes"),
        ({"x-inline": "false"}, "/x-inline", "x-inline must be false, not the text", "without quotes"),
        (
            {"exclusiveMinimum": True},
            "/exclusiveMinimum",
            "exclusiveMinimum must be a number",
            "the limit itself",
        ),
        ({"type": 3}, "/type", "type must be the name of a type", ""),
        ({"type": ["string", "string"]}, "/type", "each type once", ""),
        ({"x-generate": "random"}, "/x-generate", "must be one of sequence, uuid, now", ""),
        ({"maxLength": -1}, "/maxLength", "maxLength is malformed", ""),
        ({"properties": []}, "/properties", "properties must be of type object", ""),
        ({"properties": {"type": "array"}}, "/properties/type", "'type' must be a schema", "write an object"),
        ({"$ref": 3}, "/$ref", "$ref must be of type string", ""),
    ],
)
def test_malformed_keyword(node, pointer, message, hint):
    """A keyword with a wrong value is an error that names its place and the way out."""
    found = only({"y": node})
    assert (found.severity, found.code) == (Severity.ERROR, "schema-keyword")
    assert (found.reference, found.pointer) == (ID, f"/properties/y{pointer}")
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("keyword", "hint"),
    [
        ("inversedBy", "x-inverseOf"),
        ("nullable", '["string", "null"]'),
        ("maxLenght", "maxLength"),
        ("x-inlined", "x-inline"),
        ("zzzzzz", ""),
    ],
)
def test_unknown_keyword(keyword, hint):
    """A keyword that nobody knows is a warning, with the word that was meant."""
    found = only({"y": {keyword: "a"}})
    assert (found.severity, found.code) == (Severity.WARNING, "schema-unknown-keyword")
    assert (found.pointer, hint in found.hint) == (f"/properties/y/{keyword}", True)


@pytest.mark.parametrize(
    "pattern", ["(?=a)b", r"(a)\1", "[", "(?<!a)b", "a{2000}", "(" * 3, r"^\p{Nope}$", r"\C"]
)
def test_a_pattern_that_is_not_linear_is_refused(pattern):
    """What RE2 or the engine that matches cannot compile is an error, wherever it stands."""
    assert only({"y": {"type": "string", "pattern": pattern}}).code == "schema-pattern"
    found = only({"y": {"patternProperties": {pattern: {}}}})
    assert (found.severity, found.code) == (Severity.ERROR, "schema-pattern")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("https://example.com/none.json", "there is no schema"),
        ("#/$defs/none", "names nothing in this schema"),
        ("#anchor", "names nothing in this schema"),
        (f"{OTHER}#/properties/a", "into another schema"),
    ],
)
def test_a_reference_to_nothing_is_an_error(reference, message):
    """Every $ref must lead somewhere."""
    found = only({"y": {"$ref": reference}}, **{"$defs": {"a": {}}})
    assert (found.severity, found.code, found.pointer) == (Severity.ERROR, "schema-ref", "/properties/y/$ref")
    assert message in found.message


def test_a_relation_stands_on_a_property_or_its_items():
    """Elsewhere a $ref to a schema only describes a value, and that is remarked."""
    relation = {"$ref": OTHER}
    assert not findings({"y": relation, "z": {"type": "array", "items": relation}})
    found = only({"y": {"anyOf": [relation, {"type": "null"}]}})
    assert (found.severity, found.pointer) == (Severity.WARNING, "/properties/y/anyOf/0/$ref")


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "schema-id", ""),
        ({"$id": f"{ID}#x"}, "schema-keyword", "/$id"),
        ({"$id": ID, "$schema": "http://json-schema.org/draft-07/schema#"}, "schema-dialect", "/$schema"),
        ({"$id": ID, "type": "array"}, "schema-root", "/type"),
        ({"$id": ID, "required": ["a"]}, "schema-property", "/required/0"),
        ({"$id": ID, "x-nameProperties": ["a.b"]}, "schema-property", "/x-nameProperties/0"),
        ({"$id": ID, "properties": {"_self": {}}}, "schema-name", "/properties/_self"),
        ({"$id": ID, "properties": {"a.b": {}}}, "schema-name", "/properties/a.b"),
        ({"$id": ID, "properties": {"a/b~c": {"$id": "x:y"}}}, "schema-id", "/properties/a~1b~0c/$id"),
        (
            {"$id": ID, "properties": {"a": {"$dynamicRef": "#a"}}},
            "schema-keyword",
            "/properties/a/$dynamicRef",
        ),
        ({"$id": ID, "properties": {"a": {"format": "e-mail"}}}, "schema-format", "/properties/a/format"),
        ({"$id": ID, "properties": {"a": {"x-inverseOf": "b"}}}, "schema-flag", "/properties/a/x-inverseOf"),
        *(
            (
                {"$id": ID, "properties": {"a": {**a, "x-search": True}}},
                "schema-flag",
                "/properties/a/x-search",
            )
            for a in ({"type": "integer"}, {"$ref": ID}, {"type": "array", "items": {"type": "boolean"}})
        ),
        (
            {"$id": ID, "properties": {"a": {"$ref": ID, "x-inline": True, "x-inverseOf": "a"}}},
            "schema-flag",
            "/properties/a/x-inverseOf",
        ),
    ],
)
def test_faults_of_a_schema(body, code, pointer):
    """Each fault is one finding with its own code, at its own place."""
    (found,) = translate(body, ID.__eq__).findings
    assert (found.code, found.pointer) == (code, pointer)


def test_an_unknown_format_says_which_is_meant():
    """A format that is not in the table is not enforced, and a close one is suggested."""
    found = only({"y": {"type": "string", "format": "datetime"}})
    assert (found.severity, found.hint) == (Severity.WARNING, "did you mean 'date-time'?")


def test_all_faults_are_told_at_once():
    """A second look at the schema finds nothing new."""
    assert len(findings({"a": {"type": "datetime"}, "b": {"required": True}, "c": {"minLength": "1"}})) == 3


@pytest.mark.parametrize(
    "body",
    [
        {"$id": 3, "type": 5, "properties": [], "required": "all", "x-maxDepth": "3"},
        {"$id": ID, "properties": {"a": None, "b": [], "c": "x", "d": {"items": 4, "enum": "x"}}},
        {"$id": ID, "properties": {"a": {"type": {"x": 1}, "format": 3, "$ref": None, "x-generate": []}}},
        {"$id": ID, "required": True, "$defs": 1, "allOf": {}, "x-nameProperties": [1]},
        {"$id": ID, "properties": {"a": {"anyOf": [1, None], "const": [], "default": {}}}},
    ],
)
def test_nothing_that_a_schema_says_crashes(body):
    """A broken schema has error findings and a write form that accepts no document."""
    translation = translate(body, lambda _: True)
    assert not translation.usable
    (validator,) = compile_validators({"x": translation.spec}).values()
    assert [v.code for v in validator.check({})] == ["not"]


@pytest.mark.parametrize("levels", [100, 5_000, 100_000])
def test_a_schema_nested_too_deeply_is_refused(levels):
    """Depth is measured before anything recurs."""
    node: dict = {"type": "string"}
    for _ in range(levels):
        node = {"not": node}
    assert only({"y": node}).code == "schema-depth"


def test_a_definition_that_is_only_itself_does_no_harm():
    """A circle of local references ends."""
    loop = {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}
    translation = translate({"$id": ID, "properties": {"y": {"$ref": "#/$defs/a"}}, "$defs": loop}, ID.__eq__)
    assert translation.spec.properties["y"].types == frozenset()
    assert compile_validators({ID: translation.spec})[ID].check({}) == ()


def relation_findings(properties, other):
    bodies = [{"$id": ID, "properties": properties}, {"$id": OTHER, "properties": other}]
    specs = {body["$id"]: translate(body, {ID, OTHER}.__contains__).spec for body in bodies}
    return specs, check_relations(specs)


@pytest.mark.parametrize(
    ("other", "message", "hint"),
    [
        ({"things": {"$ref": ID}}, "has no property 'thing'", "did you mean 'things'?"),
        ({"thing": {"type": "string"}}, "is no relation to this schema", "x-inverseOf"),
        ({"thing": {"$ref": OTHER}}, "is no relation to this schema", "plain $ref"),
        ({"thing": {"$ref": ID, "x-inverseOf": "others"}}, "is no relation to this schema", "one side"),
    ],
)
def test_both_sides_of_a_relation_must_meet(other, message, hint):
    """An inverse property names a relation of its target that leads back."""
    inverse = {"others": {"type": "array", "items": {"$ref": OTHER}, "x-inverseOf": "thing"}}
    _, found = relation_findings(inverse, other)
    assert [(f.code, f.pointer) for f in found][:1] == [("schema-inverse", "/properties/others")]
    assert message in found[0].message
    assert hint in found[0].hint


def test_a_target_that_is_missing_is_found_before_compiling():
    """A set that lacks a target has a finding, and compiling it is a configuration error."""
    spec = translate({"$id": ID, "properties": {"a": {"$ref": OTHER}}}, lambda _: True).spec
    (found,) = check_relations({ID: spec})
    assert (found.code, found.pointer) == ("schema-ref", "/properties/a")
    with pytest.raises(ConfigurationError) as raised:
        compile_validators({ID: spec})
    assert [f.reference for f in raised.value.findings] == [ID]


def test_a_default_must_keep_to_its_schema():
    """A default that would be refused from a client is an error of the configuration."""
    properties = {"a": {"type": "integer", "default": "x"}, "b": {"type": "string", "default": "x"}}
    specs, _ = relation_findings(properties, {})
    (found,) = check_defaults(specs, compile_validators(specs))
    assert (found.code, found.pointer) == ("schema-default", "/properties/a/default")
    assert found.message == "the default must be a whole number"
