"""The dialect of Common Gateway, keyword by keyword: what it becomes, and what is said of it."""

from __future__ import annotations

import pytest

from gateway_core.schema import check_relations, compile_validators, normalise, translate
from gateway_core.types import Severity

ENTITY = "https://docs.commongateway.nl/schemas/Entity.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = "https://example.com/x.thing.schema.json"
OTHER = "https://example.com/x.other.schema.json"
SOME_ID = "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11"


def translation_of(properties, bodies=(), **root):
    """A schema with these properties, among the others."""
    body = {"$id": ID, "$schema": ENTITY, "type": "object", "properties": properties, **root}
    known = {ID: body, OTHER: {"$id": OTHER, "$schema": ENTITY, "properties": {}}}
    known |= {other["$id"]: other for other in bodies}
    found = translate({k: v for k, v in body.items() if v is not None}, known.__contains__, known.get)
    assert found.usable, found.findings
    return found


def made(node, **root):
    """What one property becomes."""
    return translation_of({"a": node, "b": {}, "c": {}}, **root).spec.source["properties"]["a"]


def said(node, **root):
    """What is said of it: severity, code and place below the property."""
    found = remarks(translation_of({"a": node, "b": {}, "c": {}}, **root))
    return {(f.severity.value, f.code, f.pointer.removeprefix("/properties/a")) for f in found}


def remarks(translation):
    """What is said of a schema, but for the list of what the original did not enforce."""
    return [f for f in translation.findings if f.code != "schema-enforced"]


def broken(document, properties, bodies=(), **root):
    """The violations of a document, as place and code."""
    translation = translation_of(properties, bodies, **root)
    specs = {ID: translation.spec}
    for body in bodies or [{"$id": OTHER, "$schema": ENTITY, "properties": {}}]:
        known = {ID, OTHER, *(b["$id"] for b in bodies)}
        specs[body["$id"]] = translate(body, known.__contains__).spec
    return {(".".join(map(str, v.pointer)), v.code) for v in compile_validators(specs)[ID].check(document)}


class TestWhoseDialect:
    @pytest.mark.parametrize(
        "body",
        [
            {"$schema": ENTITY},
            {"$schema": f"{ENTITY}#"},
            {"$schema": "http://docs.commongateway.nl/schemas/entity.schema.json"},
            {"$schema": ENTITY, "properties": {"a": {"x-index": True}}},
            {"$schema": DIALECT, "properties": {"a": {"required": True}}},
            {"properties": {"a": {"required": "true"}}},
            {"properties": {"a": {"type": "datetime"}}},
            {"properties": {"a": {"inversedBy": "b"}}},
            {"properties": {"a": {"type": "object", "properties": {"b": {"immutable": True}}}}},
        ],
    )
    def test_that_of_the_original(self, body):
        """It says so, or it has words that only that dialect has."""
        assert translate({"$id": ID, **body}, lambda _: True).spec.source["x-lenient"] is True

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"$schema": DIALECT, "properties": {"a": {"type": "string"}}},
            {"properties": {"a": {"required": True, "x-index": True}}},
            {"x-maxDepth": 2, "properties": {"a": {"type": "datetime"}}},
            {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"required": True}}},
            {"$schema": 3, "properties": {"a": {"required": True}}},
            {"properties": {"a": {"unique": True}}},
        ],
    )
    def test_ours(self, body):
        """Anything else, and above all what has an x- word: a slip in it is told as before."""
        assert "x-lenient" not in translate({"$id": ID, **body}, lambda _: True).spec.source

    def test_a_slip_in_a_schema_of_ours_is_refused_by_name(self):
        """One x- word is enough."""
        body = {"$id": ID, "properties": {"a": {"type": "string", "required": True, "x-index": True}}}
        (found,) = translate(body, lambda _: True).findings
        assert (found.severity, found.pointer) == (Severity.ERROR, "/properties/a/required")

    def test_who_is_recognised_by_words_is_told_so(self):
        """Its author may have meant ours."""
        (found,) = translate({"$id": ID, "properties": {"a": {"required": True}}}, lambda _: True).findings
        assert (found.severity, found.code) == (Severity.INFO, "schema-original")
        assert translate({"$id": ID, "$schema": ENTITY, "properties": {}}, lambda _: True).findings == ()


class TestTypes:
    @pytest.mark.parametrize(
        ("node", "expected"),
        [
            ({"type": "string"}, {"type": ["string", "null"]}),
            ({}, {"type": ["string", "null"]}),
            ({"type": "text"}, {"type": ["string", "null"]}),
            ({"type": "integer"}, {"type": ["integer", "null"]}),
            ({"type": "int"}, {"type": ["integer", "null"]}),
            ({"type": "number"}, {"type": ["number", "null"]}),
            ({"type": "float"}, {"type": ["number", "null"]}),
            ({"type": "boolean"}, {"type": ["boolean", "null"]}),
            ({"type": "bool"}, {"type": ["boolean", "null"]}),
            ({"type": "array"}, {"type": ["array", "null"]}),
            ({"type": "object"}, {"type": ["object", "null"]}),
            ({"type": "date"}, {"type": ["string", "null"], "format": "date"}),
            ({"type": "datetime"}, {"type": ["string", "null"], "format": "date-time"}),
            ({"type": "uuid"}, {"type": ["string", "null"], "format": "uuid"}),
            ({"type": ["string", "integer"]}, {"type": ["string", "integer", "null"]}),
            ({"type": ["integer", "null"], "nullable": "false"}, {"type": "integer"}),
            ({"type": "string", "nullable": False}, {"type": "string"}),
            ({"type": "string", "nullable": "false"}, {"type": "string"}),
            ({"items": {"type": "integer"}}, {"type": ["array", "null"], "items": {"type": "integer"}}),
            ({"enum": [1, 2.5]}, {"type": ["number", "null"], "enum": [1, 2.5, None]}),
            ({"enum": [True]}, {"type": ["boolean", "null"], "enum": [True, None]}),
            ({"const": "x"}, {"type": ["string", "null"], "enum": ["x", None]}),
            ({"const": "x", "nullable": False}, {"type": "string", "const": "x"}),
            ([], {}),
            (True, {}),
        ],
    )
    def test_each(self, node, expected):
        """Null is a value unless the property says otherwise; what is not said is a text."""
        assert made(node) == expected
        assert said(node) == set()

    @pytest.mark.parametrize(
        ("node", "expected", "code", "place"),
        [
            ({"type": "strng"}, {"type": ["string", "null"]}, "schema-type", "/type"),
            ({"type": "Integer"}, {"type": ["integer", "null"]}, "schema-type", "/type"),
            ({"type": "zzz"}, {}, "schema-type", "/type"),
            ({"type": 3}, {}, "schema-type", "/type"),
            ("text", {}, "schema-malformed", ""),
            (
                {"type": "string", "nullable": "perhaps"},
                {"type": ["string", "null"]},
                "schema-malformed",
                "/nullable",
            ),
        ],
    )
    def test_what_cannot_be_read(self, node, expected, code, place):
        """It is read as what is near, or lets in any value, and is told."""
        assert made(node) == expected
        assert said(node) == {("warning", code, place)}

    @pytest.mark.parametrize(
        ("node", "expected"),
        [
            ({"format": "json"}, {"type": ["object", "array", "string", "null"]}),
            ({"type": "string", "format": "json"}, {"type": ["string", "object", "array", "null"]}),
            ({"type": "object", "format": "json"}, {"type": ["object", "null"]}),
            ({"type": "array", "format": "json"}, {"type": ["array", "null"]}),
            ({"type": "json"}, {"type": ["object", "array", "string", "null"]}),
        ],
    )
    def test_json_is_any_object_or_list(self, node, expected):
        """As a text it is let in, too, where the type says text."""
        assert made(node) == expected

    def test_several_values(self):
        """``multiple``, and what a list says only of its items."""
        assert (
            made({"type": "integer", "multiple": True, "minItems": 1})
            == {
                "type": ["array", "null"],
                "minItems": 1,
                "items": {"type": "integer"},
            }
            | {}
        )
        assert made({"type": "array", "enum": ["a"], "format": "uuid"})["items"] == {
            "type": "string",
            "format": "uuid",
            "enum": ["a"],
        }
        assert made({"type": "array", "items": []}) == {"type": ["array", "null"]}
        assert made({"type": "array", "items": [{"type": "integer"}, {}]})["prefixItems"][0] == {
            "type": "integer"
        }

    def test_objects_inside(self):
        """Their members are read like those of the schema itself."""
        node = {
            "type": "object",
            "properties": {"x": {"type": "date", "required": "true"}, "y": {}},
            "required": ["y"],
        }
        assert made(node) == {
            "type": ["object", "null"],
            "properties": {
                "x": {"type": ["string", "null"], "format": "date"},
                "y": {"type": ["string", "null"]},
            },
            "required": ["y", "x"],
        }

    def test_properties_of_what_is_no_object(self):
        """They mean nothing, and are told."""
        assert made({"type": "array", "properties": {"$ref": OTHER}}) == {"type": ["array", "null"]}
        assert said({"type": "array", "properties": {"x": {}}}) == {
            ("warning", "schema-malformed", "/properties")
        }


class TestFormats:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ("datetime", "date-time"),
            ("date-time", "date-time"),
            ("date", "date"),
            ("Y-m-d", "date"),
            ("url", "url"),
            ("uri", "uri"),
            ("bsn", "bsn"),
            ("rsin", "rsin"),
            ("uuid", "uuid"),
            ("email", "email"),
            ("phone", "phone"),
            ("telephone", "telephone"),
            ("iban", "iban"),
            ("kvk", "kvk"),
            ("countryCode", "countryCode"),
            ("duration", "duration"),
            ("text", None),
            ("int64", None),
            ("string", None),
        ],
    )
    def test_each(self, given, expected):
        """It is enforced under its name here; what says nothing says nothing."""
        assert made({"type": "string", "format": given}).get("format") == expected
        assert said({"type": "string", "format": given}) == set()

    def test_what_is_not_known_is_told_and_not_enforced(self):
        """There it makes each write end in an error of the server."""
        assert said({"type": "string", "format": "colour"}) == {("warning", "schema-format", "/format")}
        assert broken({"a": "x"}, {"a": {"type": "string", "format": "colour"}}) == set()
        assert said({"format": 3}) == {("warning", "schema-malformed", "/format")}

    def test_a_postal_code_of_four_digits(self):
        """The list that it stands for is a pattern here."""
        assert broken({"a": "012"}, {"a": {"type": "string", "format": "dutch_pc4"}}) == {("a", "pattern")}

    def test_the_format_of_a_date_counts(self):
        """A moment with the format of a day is a day."""
        assert made({"type": "datetime", "format": "date"})["format"] == "date"


class TestRequired:
    def test_on_a_property_and_in_the_list(self):
        """Both count; there the list cancels the other."""
        properties = {"a": {"required": True}, "b": {"required": "true"}, "c": {}, "d": {"required": "false"}}
        spec = translation_of(properties, required=["c"]).spec
        assert spec.required == {"a", "b", "c"}

    def test_names_that_do_not_exist(self):
        """They are told, with what is meant, and ask for nothing."""
        translation = translation_of({"names": {}, "b": {}}, required=["name", "b"])
        (found,) = translation.findings
        assert (found.severity, found.code, found.pointer) == (
            Severity.WARNING,
            "schema-property",
            "/required/0",
        )
        assert "names" in found.hint
        assert translation.spec.required == {"b"}

    @pytest.mark.parametrize("required", [True, "a", {"0": "a"}, [], {}, None])
    def test_other_ways_to_write_the_list(self, required):
        """PHP writes lists as objects, and one name as a text; a flag is none."""
        spec = translation_of({"a": {}}, required=required).spec
        assert spec.required == ({"a"} if required in ("a", {"0": "a"}) else set())

    def test_null_will_do_where_it_is_allowed(self):
        """As there: a property that may be null may be required, and null."""
        assert broken({"a": None}, {"a": {"required": True}}) == set()
        assert broken({}, {"a": {"required": True}}) == {("a", "required")}
        assert broken({"a": None}, {"a": {"required": True, "nullable": False}}) == {("a", "type")}


class TestLimits:
    @pytest.mark.parametrize(
        ("node", "expected"),
        [
            ({"type": "string", "minLength": 1, "maxLength": "5"}, {"minLength": 1, "maxLength": 5}),
            ({"type": "array", "minLength": 1, "maxLength": 5}, {"minItems": 1, "maxItems": 5}),
            ({"type": "integer", "minLength": 2, "maxLength": 3}, {"minimum": 10, "maximum": 999}),
            ({"type": "integer", "minLength": 1}, {}),
            ({"type": "boolean", "maxLength": 3}, {}),
            ({"type": "integer", "minimum": "1", "maximum": 2.5}, {"minimum": 1, "maximum": 2.5}),
            ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
            ({"type": "number", "maximum": 1, "exclusiveMaximum": "true"}, {"exclusiveMaximum": 1}),
            ({"type": "number", "maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
            ({"type": "number", "exclusiveMaximum": 3}, {"exclusiveMaximum": 3}),
            ({"type": "number", "multipleOf": "0.5"}, {"multipleOf": 0.5}),
            ({"type": "array", "uniqueItems": "true", "minItems": "1"}, {"uniqueItems": True, "minItems": 1}),
            ({"type": "object", "maxProperties": 2}, {"maxProperties": 2}),
            ({"type": "string", "pattern": "/^a+$/i"}, {"pattern": "(?i)^a+$"}),
            ({"type": "string", "pattern": "^a$"}, {"pattern": "^a$"}),
            ({"type": "date", "maxDate": "now"}, {"x-maxDate": "now"}),
            ({"type": "date", "minDate": "-18 years"}, {"x-minDate": "now-P18Y"}),
            ({"type": "date", "minDate": "today +2 weeks"}, {"x-minDate": "today+P2W"}),
            ({"type": "date", "minDate": "3 days ago"}, {"x-minDate": "now-P3D"}),
            ({"type": "date", "minDate": "today 18 years ago"}, {"x-minDate": "today-P18Y"}),
            ({"type": "date", "maxDate": "tomorrow"}, {"x-maxDate": "today+P1D"}),
            ({"type": "date", "maxDate": "2030-01-01"}, {"x-maxDate": "2030-01-01"}),
        ],
    )
    def test_each(self, node, expected):
        """Numbers may be texts, exclusive limits flags, and lengths those of lists and numbers."""
        kept = {k: v for k, v in made(node).items() if k not in ("type", "format", "items")}
        assert kept == expected
        assert {severity for severity, _, _ in said(node)} <= {"info"}

    @pytest.mark.parametrize(
        "node",
        [
            {"maxLength": "long"},
            {"maxLength": -1},
            {"minItems": 1.5},
            {"minimum": "low"},
            {"multipleOf": 0},
            {"exclusiveMinimum": True},
            {"pattern": 3},
            {"pattern": "(?=a)b"},
            {"maxDate": "soon"},
            {"maxFileSize": "big"},
            {"fileTypes": 3},
            {"enum": 3},
            {"readOnly": "perhaps"},
        ],
    )
    def test_what_cannot_be_read_is_left_out_and_told(self, node):
        """The rest of the property stays."""
        (keyword,) = node
        assert keyword not in made({"type": "string", **node})
        ((severity, _, place),) = said({"type": "string", **node})
        assert (severity, place) == ("warning", f"/{keyword}")

    def test_files(self):
        """As base64 or a data URL, alone or in an object with their name."""
        node = {"type": "file", "maxFileSize": "9", "fileTypes": ["text/plain"], "required": True}
        for value in (
            "YWJj",
            "data:text/plain;base64,YWJj",
            {"filename": "a.txt", "base64": "YWJj", "size": 3},
        ):
            assert broken({"a": value}, {"a": node}) == set()
        assert broken({"a": "YWJjYWJjYWJjYWJj"}, {"a": node}) == {("a", "maxFileSize")}
        assert broken({"a": {"base64": "iVBORw0KGgo="}}, {"a": node}) == {("a.base64", "fileTypes")}
        assert broken({"a": {"filename": "a.txt"}}, {"a": node}) == {("a.base64", "required")}
        assert broken({"a": "?"}, {"a": node}) == {("a", "format")}
        assert broken({"a": "?"}, {"a": {"type": "string", "format": "base64"}}) == {("a", "format")}


class TestEnumerations:
    @pytest.mark.parametrize(
        ("node", "expected"),
        [
            ({"type": "integer", "enum": ["1", 2]}, [1, 2, None]),
            ({"type": "string", "enum": [1, "b", True]}, ["1", "b", "true", None]),
            ({"type": "string", "enum": {"x": "a", "y": "b"}}, ["a", "b", None]),
            ({"type": "string", "enum": ["a", "a", None], "nullable": False}, ["a", None]),
            ({"type": "boolean", "enum": ["true"], "nullable": False}, [True]),
        ],
    )
    def test_values_are_those_of_the_type(self, node, expected):
        """Written as text or as number, once each, and null where it is allowed."""
        assert made(node)["enum"] == expected

    def test_a_value_of_another_type_is_told(self):
        """It is never given."""
        assert said({"type": "integer", "enum": ["x", 1]}) == {("warning", "schema-malformed", "/enum")}
        assert "enum" not in made({"type": "string", "enum": []})


class TestDefaults:
    @pytest.mark.parametrize(
        ("node", "expected"),
        [
            ({"type": "boolean", "default": "false"}, {"default": False}),
            ({"type": "boolean", "default": "true", "readOnly": True}, {"default": True, "readOnly": True}),
            ({"type": "integer", "default": "0"}, {"default": 0}),
            ({"type": "number", "default": "1.5"}, {"default": 1.5}),
            ({"type": "string", "default": "now"}, {"default": "now"}),
            ({"type": "string", "default": 5}, {"default": "5"}),
            ({"type": "array", "default": '["a"]'}, {"default": ["a"]}),
            ({"type": "object", "default": {"a": 1}}, {"default": {"a": 1}}),
            ({"type": "string", "default": "a", "defaultValue": "b"}, {"default": "b"}),
            ({"type": "string", "default": ""}, {"default": ""}),
            ({"type": "integer", "default": ""}, {}),
            ({"type": "integer", "default": []}, {}),
            ({"type": "string", "default": None}, {}),
            ({"type": "datetime", "default": "now"}, {"x-generate": "now"}),
            ({"type": "date", "default": "now"}, {"x-generate": "now"}),
            (
                {"type": "string", "format": "uuid", "default": "{{ generated_uuid() }}"},
                {"x-generate": "uuid"},
            ),
            ({"type": "string", "default": "{{object.id}}{# later #}"}, {"x-generate": "id"}),
            ({"type": "datetime", "default": "{{ 'now'|date('c') }}"}, {"x-generate": "now"}),
            ({"default": "{{ selfUrl(object) }}", "format": "url"}, {"x-generate": "url", "readOnly": True}),
        ],
    )
    def test_each(self, node, expected):
        """Texts are read as the type; templates that are understood are given out by the register."""
        kept = {k: v for k, v in made(node).items() if k not in ("type", "format")}
        assert kept == expected
        assert {severity for severity, _, _ in said(node)} <= {"info"}

    @pytest.mark.parametrize(
        ("node", "code"),
        [
            ({"type": "integer", "default": "many"}, "schema-default"),
            ({"type": "string", "maxLength": 2, "default": "long"}, "schema-default"),
            ({"type": "string", "enum": ["a"], "default": "b"}, "schema-default"),
            ({"type": "string", "default": "{{ 7*7 }}"}, "schema-default-template"),
            ({"type": "string", "default": "{% set a = 1 %}"}, "schema-default-template"),
            ({"type": "string", "default": "{# only this #}"}, "schema-default-template"),
            ({"type": "integer", "default": "{{ generated_uuid() }}"}, "schema-default-template"),
            ({"$ref": OTHER, "default": "x"}, "schema-default"),
        ],
    )
    def test_what_cannot_be_kept_is_left_out_and_told(self, node, code):
        """No template ever runs: the property stays without a default."""
        result = made(node)
        assert "default" not in result
        assert "x-generate" not in result
        assert {(s, c) for s, c, _ in said(node)} == {("warning", code)}


class TestConditions:
    @pytest.mark.parametrize(
        ("logic", "holds", "fails"),
        [
            ({"==": [{"var": "b"}, "x"]}, [{"b": "x"}], [{"b": "y"}, {}]),
            ({"==": ["x", {"var": "b"}]}, [{"b": "x"}], [{"b": "y"}]),
            ({"===": [{"var": ["b"]}, "x"]}, [{"b": "x"}], [{}]),
            ({"!=": [{"var": "b"}, "x"]}, [{"b": "y"}, {}], [{"b": "x"}]),
            ({"!==": [{"var": "b"}, "x"]}, [{"b": "y"}], [{"b": "x"}]),
            ({"==": [{"var": "b"}, None]}, [{}, {"b": None}], [{"b": "x"}]),
            ({"==": [{"var": "f"}, True]}, [{"f": True}], [{"f": False}, {}]),
            ({"==": [{"var": "f"}, False]}, [{"f": False}, {}], [{"f": True}]),
            ({"==": [{"var": "n"}, "5"]}, [{"n": 5}], [{"n": 6}]),
            ({"==": [{"var": "b"}, 5]}, [{"b": "5"}], [{"b": "6"}]),
            ({"var": "b"}, [{"b": "x"}], [{"b": ""}, {}, {"b": None}]),
            ({"!!": [{"var": "b"}]}, [{"b": "x"}], [{}]),
            ({"!": {"var": "b"}}, [{}, {"b": ""}], [{"b": "x"}]),
            ({"and": [{"var": "b"}, {"var": "f"}]}, [{"b": "x", "f": True}], [{"b": "x"}]),
            ({"or": [{"var": "b"}, {"var": "f"}]}, [{"b": "x"}, {"f": True}], [{}]),
            ({"in": [{"var": "b"}, ["x", "y"]]}, [{"b": "y"}], [{"b": "z"}, {}]),
            ({"in": ["x", {"var": "l"}]}, [{"l": ["y", "x"]}], [{"l": ["y"]}, {}]),
            ({"in": [".", {"var": "b"}]}, [{"b": "a.b"}], [{"b": "ab"}]),
            ({"missing": ["b", "f"]}, [{"b": "x"}, {}], [{"b": "x", "f": True}]),
            ({">": [{"var": "n"}, 5]}, [{"n": 6}], [{"n": 5}, {}]),
            ({">=": [{"var": "n"}, 5]}, [{"n": 5}], [{"n": 4}]),
            ({"<": [5, {"var": "n"}]}, [{"n": 6}], [{"n": 5}]),
            ({"<=": [1, {"var": "n"}, 5]}, [{"n": 1}, {"n": 5}], [{"n": 0}, {"n": 6}]),
            ({"if": [{"var": "f"}, {"var": "b"}, True]}, [{"f": True, "b": "x"}, {}], [{"f": True}]),
            ({"==": [{"var": "o.p"}, "x"]}, [{"o": {"p": "x"}}], [{"o": {"p": "y"}}, {"o": {}}]),
            ('{"==": [{"var": "b"}, "x"]}', [{"b": "x"}], [{}]),
            (True, [{}], []),
        ],
    )
    def test_required_and_forbidden_if(self, logic, holds, fails):
        """A rule of JSON logic over the members of the object."""
        others = {
            "b": {},
            "n": {"type": "integer"},
            "f": {"type": "boolean"},
            "l": {"type": "array", "items": {"type": "string"}},
            "o": {"type": "object"},
        }
        needed = {"a": {"requiredIf": logic}, **others}
        barred = {"a": {"forbiddenIf": logic}, **others}
        for document in holds:
            assert broken(document, needed) == {("a", "required")}
            assert broken({"a": "x", **document}, needed) == set()
            assert broken({"a": "x", **document}, barred) == {("a", "forbidden")}
            assert broken(document, barred) == set()
        for document in fails:
            assert broken(document, needed) == set()
            assert broken({"a": "x", **document}, barred) == set()

    @pytest.mark.parametrize(
        "logic",
        [
            {"map": [{"var": "b"}, {"var": ""}]},
            {"==": [{"var": "b"}, {"var": "c"}]},
            {"==": [{"var": ["b", "default"]}, "x"]},
            {"+": [1, 2]},
            {"a": 1, "b": 2},
            "{{ input }}",
            "no json",
            {"missing": [{"var": "b"}]},
            {"<": ["a", {"var": "b"}]},
        ],
    )
    def test_what_cannot_be_said_is_told(self, logic):
        """The property is neither required nor forbidden."""
        assert said({"requiredIf": logic}) == {("warning", "schema-condition", "/requiredIf")}
        assert broken({}, {"a": {"requiredIf": logic}, "b": {}, "c": {}}) == set()

    def test_what_is_read_only_is_not_asked_for(self):
        """Clients cannot give it."""
        assert said({"requiredIf": True, "readOnly": True}) == {("info", "schema-not-kept", "/requiredIf")}

    def test_a_default_that_a_condition_forbids(self):
        """It would make every document wrong: it is left out, and told."""
        node = {"forbiddenIf": {"!": {"var": "b"}}, "default": "x"}
        assert "default" not in made(node)
        assert said(node) == {("warning", "schema-default", "/default")}
        assert made({"forbiddenIf": {"var": "b"}, "default": "x"})["default"] == "x"

    def test_inside_an_object(self):
        """The condition is about the object that holds the member."""
        inner = {"type": "object", "properties": {"x": {"requiredIf": {"var": "y"}}, "y": {}}}
        assert broken({"a": {"y": "1"}}, {"a": inner}) == {("a.x", "required")}

    @pytest.mark.parametrize(
        ("keyword", "fine", "wrong"),
        [
            ("allOf", {"b": "1", "c": "1"}, {"b": "1"}),
            ("anyOf", {"c": "1"}, {}),
            ("oneOf", {"b": "1"}, {"b": "1", "c": "1"}),
        ],
    )
    def test_lists_of_properties(self, keyword, fine, wrong):
        """Of a property: what must stand beside it; of the schema: what must be there."""
        beside = {"a": {keyword: ["b", "c"]}, "b": {}, "c": {}}
        assert broken({"a": "x", **fine}, beside) == set()
        assert broken({"a": "x", **wrong}, beside) != set()
        assert broken(wrong, beside) == set()
        plain = {"a": {}, "b": {}, "c": {}}
        assert broken(fine, plain, **{keyword: ["b", "c"]}) == set()
        assert broken(wrong, plain, **{keyword: ["b", "c"]}) != set()
        assert said({keyword: ["none"]}) == {("warning", "schema-property", f"/{keyword}")}

    def test_lists_of_schemas(self):
        """They are what JSON Schema means by them, in this dialect."""
        node = {"anyOf": [{"type": "date"}, {"type": "integer"}]}
        assert broken({"a": "2024-01-31"}, {"a": node}) == set()
        assert broken({"a": 5}, {"a": node}) == set()
        assert ("a", "format") in broken({"a": "x"}, {"a": node})


class TestWords:
    @pytest.mark.parametrize(
        ("node", "word", "value"),
        [
            ({"immutable": True}, "x-immutable", True),
            ({"immutable": "true"}, "x-immutable", True),
            ({"unsetable": True}, "x-changeOnly", True),
            ({"mustBeUnique": True}, "x-unique", True),
            ({"unique": True}, "x-unique", True),
            ({"mustBeUnique": True, "caseSensitive": False}, "x-caseInsensitive", True),
            ({"searchable": True}, "x-index", True),
            ({"sortable": "true"}, "x-index", True),
            ({"readOnly": "true"}, "readOnly", True),
            ({"writeOnly": True}, "writeOnly", True),
            ({"deprecated": "true"}, "deprecated", True),
            ({"title": "T"}, "title", "T"),
            ({"description": "D"}, "description", "D"),
            ({"example": 5}, "example", 5),
            ({"examples": "one"}, "examples", ["one"]),
            ({"$ref": OTHER, "cascade": False}, "x-linkOnly", True),
            ({"$ref": OTHER, "cascadeDelete": "true"}, "x-cascadeDelete", True),
            ({"$ref": OTHER, "format": "json"}, "x-show", "object"),
            ({"$ref": OTHER, "format": "url"}, "x-show", "url"),
            ({"$ref": OTHER, "format": "uri"}, "x-show", "url"),
            ({"$ref": OTHER, "format": "iri"}, "x-show", "path"),
        ],
    )
    def test_kept_under_another_name(self, node, word, value):
        """What is enforced at run time has a word of ours."""
        assert made(node)[word] == value
        assert said(node) == set()

    @pytest.mark.parametrize(
        "word",
        [
            "immutable",
            "unsetable",
            "mustBeUnique",
            "unique",
            "caseSensitive",
            "searchable",
            "sortable",
            "readOnly",
            "deprecated",
            "cascadeDelete",
            "multiple",
            "uniqueItems",
        ],
    )
    def test_a_flag_that_is_off_says_nothing(self, word):
        """Also as text."""
        for off in (False, "false", None, 0):
            assert made({"type": "string", word: off}) == {"type": ["string", "null"]}

    @pytest.mark.parametrize(
        "word",
        [
            "cacheSubObjects",
            "createAuditTrails",
            "extend",
            "function",
            "include",
            "iri",
            "mayBeOrphaned",
            "objectConfig",
            "objectIdentifier",
            "persistToGateway",
            "schemaProperties",
            "source",
            "subresource",
            "triggerParentEvents",
        ],
    )
    def test_what_has_no_effect_is_told(self, word):
        """With the reason, and never as an error."""
        assert said({word: True}) == {("info", "schema-not-kept", f"/{word}")}

    def test_what_nobody_knows_is_told_and_kept(self):
        """On a property and on the schema."""
        translation = translation_of({"a": {"colour": "red"}}, season="spring")
        assert {(f.severity, f.code, f.pointer) for f in translation.findings} == {
            (Severity.INFO, "schema-unknown-keyword", "/properties/a/colour"),
            (Severity.INFO, "schema-unknown-keyword", "/season"),
        }
        assert translation.spec.source["season"] == "spring"
        assert translation.spec.source["properties"]["a"]["colour"] == "red"

    @pytest.mark.parametrize(
        ("given", "proper", "value"),
        [
            ("maxLenght", "maxLength", 5),
            ("minLenght", "minLength", 5),
            ("requierd", "required", True),
            ("desciption", "description", "d"),
            ("enums", "enum", ["a"]),
            ("formats", "format", "date"),
            ("nullabel", "nullable", False),
        ],
    )
    def test_slips(self, given, proper, value):
        """A word that can only be another one is read as that, and told."""
        assert ("warning", "schema-spelling", f"/{given}") in said({"type": "string", given: value})
        right, read = {"type": "string", proper: value}, {"type": "string", given: value}
        assert made(read) == made(right)

    def test_a_slip_beside_the_word_itself_is_none(self):
        """Then the word counts."""
        assert made({"type": "string", "maxLength": 5, "maxLenght": 9})["maxLength"] == 5


class TestEnforced:
    def test_what_did_not_hold_there_is_told_once(self):
        """For who moves from there: rules without a format, rules that never held, cancelled flags."""
        properties = {
            "a": {"maxLength": 5, "enum": ["a"]},
            "b": {"maxLength": 5, "format": "uuid", "pattern": "b", "required": True},
            "c": {"immutable": True, "minLength": 0, "mustBeUnique": False},
            "d": {"required": True},
        }
        (found,) = translation_of(properties, required=["d"]).findings
        assert (found.severity, found.code, found.pointer) == (Severity.INFO, "schema-enforced", "")
        assert found.message.endswith(
            ": enum of a; immutable of c; maxLength of a; pattern of b; required of b"
        )

    def test_many_names_are_counted(self):
        """The remark stays short."""
        (found,) = translation_of({f"p{n}": {"maxLength": 5} for n in range(40)}).findings
        assert "and 28 more" in found.message

    def test_where_everything_held_nothing_is_told(self):
        """Beside a format."""
        assert translation_of({"a": {"maxLength": 5, "format": "email"}, "b": {}}).findings == ()


class TestNames:
    @pytest.mark.parametrize("name", ["_links", "@context", "$x", "_self", "embedded", ""])
    def test_names_that_a_property_cannot_have(self, name):
        """It is left out, as there, and told."""
        translation = translation_of({name: {}, "a": {}})
        assert list(translation.spec.properties) == ["a"]
        assert [(f.severity, f.code) for f in translation.findings] == [(Severity.WARNING, "schema-name")]

    def test_an_id_of_its_own(self):
        """Read only it is the object's; else it is that unless a client gives another."""
        assert list(translation_of({"id": {"readOnly": True}}).spec.properties) == []
        assert translation_of({"id": {"type": "string"}}).spec.properties["id"].generate == "id"
        assert translation_of({"id": {"type": "integer"}}).spec.properties["id"].generate is None

    def test_what_names_an_object(self):
        """The properties that it lists, and those that are called so."""
        properties = {"code": {}, "title": {}, "naam": {}}
        spec = translation_of(properties, nameProperties=["code", "nmae"]).spec
        assert spec.name_properties == ("code", "title", "naam")
        assert translation_of({"a": {}}).spec.name_properties == ()

    def test_the_schema_itself(self):
        """Its texts, version and depth, whatever they are written as."""
        translation = translation_of({"a": {}}, version=0.1, maxDepth="4", title="T", description="D")
        spec = translation.spec
        assert (spec.version, spec.max_depth, spec.title, spec.description) == ("0.1", 4, "T", "D")
        assert translation.findings == ()
        assert {f.pointer for f in translation_of({}, version=[], maxDepth=[]).findings} == {
            "/version",
            "/maxDepth",
        }

    @pytest.mark.parametrize("properties", [[], None, "x", 3])
    def test_a_schema_without_properties(self, properties):
        """It is one of an object without members."""
        assert translation_of(properties).spec.properties == {}

    def test_a_schema_of_a_value(self):
        """It describes no object; where another refers to it, it describes the value."""
        values = {"$id": OTHER, "$schema": ENTITY, "type": "string", "enum": ["x", "y"]}
        translation = translate(values, lambda _: True)
        assert [(f.severity, f.code) for f in translation.findings] == [(Severity.WARNING, "schema-root")]
        assert broken({"a": "z"}, {"a": {"$ref": OTHER}}, [values]) == {("a", "enum")}
        assert broken({"a": "y"}, {"a": {"$ref": OTHER}}, [values]) == set()


def pair(own, other, **more):
    """Two schemas whose properties ``x`` and ``y`` refer to each other, installed together."""
    mine = {"$id": ID, "$schema": ENTITY, "properties": {"x": own}}
    theirs = {"$id": OTHER, "$schema": ENTITY, "properties": {"y": other, **more}}
    bodies = {ID: mine, OTHER: theirs}
    found = {id: translate(body, bodies.__contains__, bodies.get) for id, body in bodies.items()}
    specs = {id: translation.spec for id, translation in found.items()}
    assert check_relations(specs) == ()
    compile_validators(specs)
    inverse = (specs[ID].properties["x"].inverse_of, specs[OTHER].properties["y"].inverse_of)
    return inverse, {f.code for t in found.values() for f in t.findings}


def one(reference, **more):
    return {"type": "object", "$ref": reference, **more}


def many(reference, **more):
    return {"type": "array", "items": {"$ref": reference}, **more}


class TestRelations:
    @pytest.mark.parametrize(
        ("node", "expected"),
        [
            (one(OTHER), {"type": ["object", "null"], "$ref": OTHER}),
            ({"$ref": OTHER}, {"type": ["object", "null"], "$ref": OTHER}),
            (one(OTHER, nullable=False), {"type": "object", "$ref": OTHER}),
            (
                {"type": "string", "$ref": OTHER, "format": "uuid"},
                {"type": ["object", "null"], "$ref": OTHER},
            ),
            (many(OTHER), {"type": ["array", "null"], "items": {"type": "object", "$ref": OTHER}}),
            (
                {"type": "array", "$ref": OTHER, "maxItems": 2},
                {"type": ["array", "null"], "items": {"type": "object", "$ref": OTHER}, "maxItems": 2},
            ),
            (one(ID), {"type": ["object", "null"], "$ref": ID}),
        ],
    )
    def test_each(self, node, expected):
        """A reference to a schema, its own too, is a relation."""
        assert made(node) == expected

    @pytest.mark.parametrize(
        ("own", "other", "inverse"),
        [
            (one(OTHER, inversedBy="y"), many(ID, inversedBy="x"), (None, "x")),
            (many(OTHER, inversedBy="y"), one(ID, inversedBy="x"), ("y", None)),
            (one(OTHER, inversedBy="y"), one(ID, inversedBy="x", required=True), ("y", None)),
            (one(OTHER, inversedBy="y", required=True), one(ID, inversedBy="x"), (None, "x")),
            (one(OTHER, inversedBy="y", readOnly=True), many(ID, inversedBy="x"), ("y", None)),
            (one(OTHER, inversedBy="y"), one(ID, inversedBy="x"), ("y", None)),
            (many(OTHER, inversedBy="y"), many(ID, inversedBy="x"), ("y", None)),
            (one(OTHER, inversedBy="y"), many(ID), ("y", None)),
            (one(OTHER), many(ID, inversedBy="x"), (None, "x")),
        ],
    )
    def test_one_side_of_two_keeps_the_reference(self, own, other, inverse):
        """One that clients write, before a list, before one that may be absent; the other shows it."""
        assert pair(own, other)[0] == inverse

    @pytest.mark.parametrize(
        ("own", "other"),
        [
            (one(OTHER, inversedBy="z"), one(ID)),
            (one(OTHER, inversedBy="y"), {"type": "string"}),
            (one(OTHER, inversedBy="y"), one(ID, inversedBy="w")),
            (one(OTHER, inversedBy="y"), one(OTHER)),
        ],
    )
    def test_what_does_not_meet_is_told(self, own, other):
        """Both sides stay relations of their own."""
        inverse, codes = pair(own, other)
        assert inverse == (None, None)
        assert "schema-inverse" in codes

    def test_a_mirror_of_a_schema_of_ours(self):
        """The side that keeps nothing there cannot keep something here."""
        ours = {"$id": OTHER, "properties": {"y": {"$ref": ID, "x-inverseOf": "x"}}}
        theirs = {"$id": ID, "$schema": ENTITY, "properties": {"x": one(OTHER, inversedBy="y")}}
        bodies = {ID: theirs, OTHER: ours}
        specs = {id: translate(body, bodies.__contains__, bodies.get).spec for id, body in bodies.items()}
        assert check_relations(specs) == ()
        assert specs[OTHER].properties["y"].inverse_of == "x"

    def test_a_property_that_mirrors_itself(self):
        """Nothing mirrors it."""
        translation = translation_of({"x": one(ID, inversedBy="x")})
        assert [f.code for f in translation.findings] == ["schema-inverse"]
        assert translation.spec.properties["x"].inverse_of is None

    def test_the_other_side_is_not_asked_for(self):
        """What is kept by others cannot be required of a client."""
        properties = {"x": many(OTHER, inversedBy="y", required=True)}
        other = {"$id": OTHER, "$schema": ENTITY, "properties": {"y": one(ID, inversedBy="x")}}
        assert translation_of(properties, [other]).spec.required == set()

    def test_a_schema_that_is_not_installed(self):
        """The warning names it; the property takes an id, a URL or an object."""
        translation = translation_of({"a": one("https://elsewhere.example/z.json"), "b": many("urn:z")})
        assert [(f.severity, f.code, f.pointer) for f in translation.findings] == [
            (Severity.WARNING, "schema-ref", "/properties/a/$ref"),
            (Severity.WARNING, "schema-ref", "/properties/b/items/$ref"),
        ]
        assert "elsewhere.example/z.json" in translation.findings[0].message
        validator = compile_validators({ID: translation.spec})[ID]
        for value in (SOME_ID, "https://example.com/1", {"any": "thing"}):
            assert validator.check({"a": value, "b": [value]}) == ()
        assert {v.code for v in validator.check({"a": "x", "b": ["x"]})} == {"anyOf"}

    def test_an_excluded_schema_is_shown_as_its_id(self):
        """Unless a client asks for more."""
        other = {"$id": OTHER, "$schema": ENTITY, "exclude": True, "properties": {}}
        assert translation_of({"a": one(OTHER)}, [other]).spec.properties["a"].embed is False

    def test_inside_another_property_objects_are_kept_with_it(self):
        """What only relations can have is told."""
        inner = {"type": "object", "properties": {"x": one(OTHER, inversedBy="y")}}
        translation = translation_of({"a": inner})
        assert [(f.severity, f.code) for f in translation.findings] == [(Severity.INFO, "schema-not-kept")]

    @pytest.mark.parametrize("reference", ["#/definitions/d", "#/properties/b"])
    def test_local_references(self, reference):
        """They stay what they are."""
        translation = translation_of(
            {"a": {"$ref": reference}, "b": {"type": "date"}}, definitions={"d": {"type": "date"}}
        )
        assert translation.findings == ()
        assert translation.spec.properties["a"].format == "date"

    @pytest.mark.parametrize("reference", ["#/nothing", f"{OTHER}#/properties/a", "#anchor"])
    def test_references_to_nothing_are_left_out(self, reference):
        """And told."""
        found = {s for s, _, _ in said({"$ref": reference})}
        assert found == {"warning"}


class TestLenience:
    @pytest.mark.parametrize(
        ("node", "given", "kept"),
        [
            ({"type": "integer"}, "5", 5),
            ({"type": "integer"}, "5.5", "5.5"),
            ({"type": "number"}, "5.5", 5.5),
            ({"type": "boolean"}, "true", True),
            ({"type": "boolean"}, "False", False),
            ({"type": "boolean"}, "yes", "yes"),
            ({"type": "string"}, "", ""),
            ({"type": "string"}, "5", "5"),
            ({"type": "integer"}, "", None),
            ({"type": "date"}, "", None),
            ({"type": "string", "minLength": 1}, "", None),
            ({"type": "string", "enum": ["a"]}, "", None),
            ({"type": "string", "minLength": 1, "nullable": False}, "", ""),
            ({"type": "object"}, [], None),
            ({"type": "object"}, {}, {}),
            ({"type": "array"}, "", None),
            ({"type": "array"}, [], []),
            ({"$ref": OTHER}, "", None),
            ({"$ref": OTHER}, [], None),
            ({"$ref": OTHER}, {}, None),
            ({"type": "date"}, "2024-01-31T10:00:00Z", "2024-01-31"),
            ({"type": "datetime"}, "2024-01-31", "2024-01-31T00:00:00Z"),
            ({"type": "datetime"}, "2024-01-31 10:00", "2024-01-31T10:00:00Z"),
            ({"type": "datetime"}, "2024-01-31UTC10:00:00", "2024-01-31T10:00:00Z"),
            ({"type": "datetime"}, "2024-01-31T10:00:00+0100", "2024-01-31T09:00:00Z"),
            ({"type": "datetime"}, "soon", "soon"),
            ({"type": "array", "items": {"type": "integer"}}, ["1", "x"], [1, "x"]),
        ],
    )
    def test_of_what_clients_write(self, node, given, kept):
        """What PHP would have understood is understood; what it is not stays, and is refused."""
        spec = translation_of({"a": node}).spec
        result = normalise({"a": given}, spec, lambda _: None)["a"]
        assert result == kept
        assert type(result) is type(kept)
