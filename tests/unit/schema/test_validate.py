"""Checking documents: every violation at once, in words, without a value, quickly."""

from __future__ import annotations

import copy
import gc
import json
import time

import pytest

from gateway_core.schema import MAX_DEPTH, compile_validators, reason, translate

SOME_ID = "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11"
ID = "https://example.com/x.thing.schema.json"
SECRET = "s3cret-value"


def check(node, value, **root):
    """The violations of ``value`` as a property of a schema, as (place, code, params)."""
    translation = translate({"$id": ID, "properties": {"y": node}, **root}, ID.__eq__)
    assert translation.usable, translation.findings
    found = compile_validators({ID: translation.spec})[ID].check({"y": value})
    return [(".".join(map(str, v.pointer)), v.code, dict(v.params)) for v in found]


def test_a_valid_document_has_no_violations(library, book):
    """The example uses references, objects, inline objects and nulls."""
    assert library.check(library.book, book) == ()


def test_all_violations_come_together(library):
    """One check tells everything that is wrong, with leaf places in nested objects."""
    document = {
        "title": 3,
        "isbn": "12",
        "author": {"name": "", "mail": "x", "home": {"postcode": "0"}, "books": [{"titel": "x"}, 5]},
        "sequel": "not-a-reference",
        "reviews": [{"stars": 9}, "x", {"stars": 1}, SOME_ID],
        "price": 1000,
        "tags": ["long tag", "a", "a"],
        "publisher": {"country": "XX", "offices": ["/x"]},
    }
    assert library.faults(library.book, document) == {
        ("title", "type"),
        ("isbn", "pattern"),
        ("author.name", "minLength"),
        ("author.mail", "format"),
        ("author.home.city", "required"),
        ("author.home.postcode", "format"),
        ("author.books.0.title", "required"),
        ("author.books.0.titel", "unknown-property"),
        ("author.books.1", "type"),
        ("sequel", "format"),
        ("reviews", "maxItems"),
        ("reviews.0.stars", "maximum"),
        ("reviews.1", "format"),
        ("reviews.2.text", "required"),
        ("price", "exclusiveMaximum"),
        ("tags", "uniqueItems"),
        ("tags.0", "maxLength"),
        ("publisher.name", "required"),
        ("publisher.country", "format"),
        ("publisher.offices.0", "type"),
    }


def test_required_members(library):
    """Members with a default or a generator need not be sent; the others must."""
    assert library.faults(library.book, {}) == {("title", "required"), ("author", "required")}
    assert library.faults(library.author, {}) == {("name", "required")}


def test_an_inverse_object_needs_no_reference_back(library):
    """Where an inverse property holds an object, the gateway fills in the relation to its holder."""
    assert library.check(library.author, {"name": "A", "books": [{"title": "T"}, SOME_ID]}) == ()


def test_relations_inside_inline_objects_are_objects(library):
    """Below an inline object nothing is a reference, and required members are asked for."""
    home = {"city": "C", "keeper": {"name": "K", "books": [{"title": "T"}]}}
    assert library.check(library.author, {"name": "A", "home": home}) == ()
    assert library.faults(library.author, {"name": "A", "home": {"city": "C", "keeper": SOME_ID}}) == {
        ("home.keeper", "type")
    }


def test_read_only_members_are_unknown_to_the_check(library, book):
    """Normalising drops them, so what is left of them is not checked by any rule."""
    assert library.faults(library.book, {**book, "cover": 3}) == {("cover", "unknown-property")}


def test_a_read_only_default_passes():
    """A default may be filled in before the check, also where clients cannot write."""
    assert check({"type": "string", "readOnly": True, "default": "a"}, "a") == []


def test_unknown_properties(library, book):
    """An unknown property names the one that is meant, or those that exist."""
    (close,) = library.check(library.book, {**book, "titel": SECRET})
    assert (close.pointer, close.params["suggestion"]) == (("titel",), "title")
    assert reason(close) == "is not a known property; did you mean 'title'?"
    (far,) = library.check(library.book, {**book, "publisher": {"name": "P", "xyz": 1}})
    assert far.pointer == ("publisher", "xyz")
    assert far.params == {"known": ["country", "name", "offices", "since"]}
    assert reason(far) == "is not a known property; known are country, name, offices and since"


def test_unknown_properties_may_be_ignored(library, book):
    """Without ``reject_unknown`` they pass at every level, and nothing else does."""
    document = {**book, "x": 1, "author": {"name": "A", "y": {"z": 1}}, "shelf": {"q": 1}}
    assert library.faults(library.book, document) == {
        ("x", "unknown-property"),
        ("author.y", "unknown-property"),
        ("shelf.q", "unknown-property"),
    }
    assert library.check(library.book, document, reject_unknown=False) == ()
    assert library.faults(library.book, {**document, "title": 1}, reject_unknown=False) == {("title", "type")}


def test_an_object_that_its_author_opened_stays_open():
    """Patterns and schemas for further members are the author's decision, and free JSON is free."""
    known = {"type": "object", "properties": {"a": {}}}
    assert check({**known, "additionalProperties": True}, {"b": 1}) == []
    assert check({**known, "patternProperties": {"^b": {}}}, {"b": 1}) == []
    assert check({"type": "object"}, {"b": 1}) == []
    assert check({**known, "additionalProperties": {"type": "string"}}, {"b": 1}) == [
        ("y.b", "type", {"types": ["string"]})
    ]


@pytest.mark.parametrize(
    "composition",
    [
        {"allOf": [{"properties": {"b": {}}}]},
        {"anyOf": [{"properties": {"b": {}}}, {"properties": {"b": {}}}]},
        {"if": {"properties": {"b": {}}}, "then": {"properties": {"b": {}}}},
        {"$ref": "#/$defs/b"},
    ],
)
def test_composed_members_are_known(composition):
    """Members that a part of a composed schema declares are known, others are not."""
    node = {"type": "object", "properties": {"a": {}}, **composition}
    definitions = {"$defs": {"b": {"properties": {"b": {}}}}}
    assert check(node, {"a": 1, "b": 1}, **definitions) == []
    ((place, code, params),) = check(node, {"a": 1, "b": 1, "zz": 1}, **definitions)
    assert (place, code, {"a", "b"} >= set(params["known"])) == ("y.zz", "unknown-property", True)


OBJECT = {"type": "object", "required": ["z"], "properties": {"z": {"type": "integer"}}}


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
@pytest.mark.parametrize(
    ("branches", "value", "expected"),
    [
        ([OBJECT, {"type": "null"}], {}, [("y.z", "required", {})]),
        ([OBJECT, {"type": "null"}], {"z": "x"}, [("y.z", "type", {"types": ["integer"]})]),
        ([{"type": "integer"}, {"type": "null"}], "x", [("y", "type", {"types": ["integer", "null"]})]),
        ([{"maxLength": 2}, {"pattern": "^a"}], "bbb", None),
        ([{"anyOf": [OBJECT, {"type": "null"}]}, {"type": "string"}], {}, [("y.z", "required", {})]),
        ([OBJECT, {"type": "object", "required": ["q"]}], {}, None),
    ],
)
def test_alternatives_report_the_one_that_is_meant(keyword, branches, value, expected):
    """The alternative for this type of value tells what is wrong; without one the keyword does."""
    found = check({keyword: branches}, value)
    assert found == (expected or [("y", keyword, {})])


@pytest.mark.parametrize(
    ("node", "value", "code", "params", "words"),
    [
        ({"maxLength": 200}, "x" * 201, "maxLength", {"limit": 200}, "must be at most 200 characters long"),
        ({"minLength": 1}, "", "minLength", {"limit": 1}, "must be at least 1 character long"),
        ({"minimum": 1}, 0, "minimum", {"limit": 1}, "must be at least 1"),
        ({"maximum": 1}, 2, "maximum", {"limit": 1}, "must be at most 1"),
        ({"exclusiveMinimum": 0}, 0, "exclusiveMinimum", {"limit": 0}, "must be more than 0"),
        ({"exclusiveMaximum": 9}, 9, "exclusiveMaximum", {"limit": 9}, "must be less than 9"),
        ({"multipleOf": 5}, 3, "multipleOf", {"factor": 5}, "must be a multiple of 5"),
        (
            {"enum": ["a", "b", None]},
            "c",
            "enum",
            {"allowed": ["a", "b", None]},
            "must be one of a, b or null",
        ),
        ({"enum": []}, "c", "enum", {"allowed": []}, "has no allowed value"),
        ({"const": "a"}, "c", "const", {"expected": "a"}, "must be a"),
        (
            {"const": {"a": 1}},
            1,
            "const",
            {"expected": {"a": 1}},
            "must be the value that the schema prescribes",
        ),
        ({"pattern": "^a$"}, "b", "pattern", {"pattern": "^a$"}, "must match the pattern ^a$"),
        ({"type": ["string", "null"]}, 1, "type", {"types": ["null", "string"]}, "must be null or a text"),
        ({"format": "email"}, "b", "format", {"format": "email"}, "must be an e-mail address"),
        ({"maxItems": 1}, [1, 2], "maxItems", {"limit": 1}, "must hold at most 1 item"),
        ({"minItems": 2}, [], "minItems", {"limit": 2}, "must hold at least 2 items"),
        ({"minProperties": 2}, {}, "minProperties", {"limit": 2}, "must have at least 2 members"),
        ({"maxProperties": 0}, {"a": 1}, "maxProperties", {"limit": 0}, "must have at most 0 members"),
        ({"uniqueItems": True}, [1, 1], "uniqueItems", {}, "must not hold the same item twice"),
        ({"contains": {"const": 1}}, [], "contains", {}, "must hold the items that its schema asks for"),
        ({"not": {"type": "string"}}, "a", "not", {}, "must not match what its schema excludes"),
        (False, "a", "forbidden", {}, "is not allowed here"),
        (
            {"propertyNames": {"maxLength": 1}},
            {"ab": 1},
            "propertyNames",
            {},
            "has a member whose name is not allowed",
        ),
    ],
)
def test_codes_params_and_words(node, value, code, params, words):
    """Every keyword has a stable code, its own value as parameter, and a sentence."""
    translation = translate({"$id": ID, "properties": {"y": node}}, ID.__eq__)
    (violation,) = compile_validators({ID: translation.spec})[ID].check({"y": value})
    assert (violation.pointer, violation.code, dict(violation.params)) == (("y",), code, params)
    assert reason(violation) == words


def test_long_lists_are_cut_in_words():
    """A sentence shows twenty options; the parameters hold all."""
    translation = translate({"$id": ID, "properties": {"y": {"enum": list(range(30))}}}, ID.__eq__)
    (violation,) = compile_validators({ID: translation.spec})[ID].check({"y": "x"})
    assert reason(violation).endswith("18, 19 or 10 more")
    assert len(violation.params["allowed"]) == 30


def test_no_violation_repeats_a_value(library, book):
    """Whatever is wrong, neither parameters nor words hold what the client sent."""
    hostile = {key: [SECRET] if isinstance(value, str) else SECRET for key, value in book.items()}
    hostile |= {"author": {"name": {"x": SECRET}, "mail": SECRET, "home": SECRET}, "genre": SECRET}
    found = library.check(library.book, hostile)
    assert len(found) > 10
    for violation in found:
        assert SECRET not in json.dumps(dict(violation.params)) + reason(violation)


def test_unknown_formats_are_annotations():
    """A format that is not in our table is enforced by nobody, also if the library knows it."""
    for name in ("regex", "iri", "uri-template", "idn-email", "zzz"):
        assert check({"format": name}, "[ {") == []


def test_formats_of_the_table_win_over_those_of_the_library():
    """What ours accept or refuse is what holds."""
    assert check({"format": "duration"}, "P1W2D") == [("y", "format", {"format": "duration"})]
    assert check({"format": "bsn"}, "111222333") == []


def test_a_property_may_have_any_name():
    """Names that mean something in pointers, URIs or our own vocabulary are names."""
    for name in ("a/b", "~1", "%41", "a b", "é", "$ref", "x-closed", "properties", "required"):
        body = {"$id": ID, "required": [name], "properties": {name: {"type": "array", "items": {"$ref": ID}}}}
        body["properties"]["back"] = {"$ref": ID, "x-inverseOf": name}
        translation = translate(body, ID.__eq__)
        assert translation.usable, translation.findings
        validator = compile_validators({ID: translation.spec})[ID]
        assert validator.check({name: [SOME_ID], "back": {}}) == ()
        assert [(v.pointer, v.code) for v in validator.check({})] == [((name,), "required")]


def test_any_reference_gives_a_legal_identity():
    """An $id with odd characters is percent-encoded in the write form's."""
    reference = "urn:x:é/ü?a=b&c=%20"
    spec = translate({"$id": reference, "properties": {"y": {"$ref": reference}}}, reference.__eq__).spec
    assert spec.schema["$id"].isascii()
    assert compile_validators({reference: spec})[reference].check({"y": {"y": {}}}) == ()


@pytest.mark.parametrize("reject_unknown", [True, False])
@pytest.mark.parametrize("levels", [MAX_DEPTH, 5_000, 100_000])
def test_depth_is_a_violation(library, levels, reject_unknown):
    """A document nested too deeply is refused without being walked."""
    document: dict = {}
    for _ in range(levels):
        document = {"sequel": document}
    (violation,) = library.check(library.book, document, reject_unknown=reject_unknown)
    assert (violation.pointer, violation.code) == ((), "too-deep")
    assert reason(violation) == "must be nested at most 100 levels deep"


@pytest.mark.parametrize("document", [None, [], "x", 3, True, [[]]])
def test_an_entity_is_an_object(library, document):
    """Anything else is one violation of type, at the root."""
    assert library.faults(library.book, document) == {("", "type")}


def test_a_hostile_document_is_checked_in_linear_time(library):
    """Ten thousand faults take well under a few seconds, and all are told."""
    document = {"name": "A", "books": [{"title": 1, f"k{n}": 1} for n in range(5_000)]}
    started = time.perf_counter()
    assert len(library.check(library.author, document)) == 10_000
    assert time.perf_counter() - started < 10


def test_valid_documents_cost_little(library, book):
    """A check of a valid document stays far below a millisecond, unknown properties included."""
    gc.collect()
    rounds = 200
    started = time.perf_counter()
    for _ in range(rounds):
        library.check(library.book, book)
    assert (time.perf_counter() - started) / rounds < 0.0005


def test_checking_changes_nothing(library, book):
    """The document stays as it was."""
    before = copy.deepcopy(book)
    library.check(library.book, book)
    assert book == before
