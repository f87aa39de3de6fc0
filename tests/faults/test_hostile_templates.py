"""Templates, mappings and documents that mean harm reach nothing but JSON."""

# ruff: noqa: E501 - one case, one line

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import hostile_templates
import pytest
from hostile_templates import DOCUMENT, FAILS, REFUSED, TEMPLATES

from gateway_core.errors import LimitExceeded, MappingError
from gateway_core.mapping.mapping import Services, compile_mapping

CASES = [
    pytest.param(template, expected, id=f"{category}: {template}")
    for category, templates in TEMPLATES.items()
    for template, expected in templates
]
PLAIN = {"passTrough": False, "mapping": {"y": "x"}}


def services() -> Services:
    """One harmless mapping to call, no object, no source, and a time that stands still."""
    plain = compile_mapping("plain", PLAIN)
    return Services(mapping={"plain": plain}.get, now=lambda: datetime(2025, 3, 14, 9, 35, tzinfo=UTC))


def is_json(value: Any) -> bool:
    """Whether a value is made of JSON's own kinds all the way down."""
    if type(value) is dict:
        return all(type(key) is str and is_json(item) for key, item in value.items())
    if type(value) is list:
        return all(map(is_json, value))
    if type(value) is float:
        return value - value == 0
    return value is None or type(value) in (str, int, bool)


def test_there_are_two_hundred_templates_or_more() -> None:
    """No template is written twice, and there are two hundred at the least."""
    written = [template for templates in TEMPLATES.values() for template, _ in templates]
    assert len(set(written)) == len(written) >= 200


@pytest.mark.parametrize(("template", "expected"), CASES)
def test_a_hostile_template_comes_to_nothing(template: str, expected: Any) -> None:
    """It is refused at installation or by an error of the mapping, or prints what is harmless."""
    before = json.dumps(DOCUMENT)
    body = {"passTrough": False, "mapping": {"t": template}}
    if expected is REFUSED:
        with pytest.raises(MappingError) as caught:
            compile_mapping("m", body)
        assert caught.value.kind == "syntax"
    elif expected is FAILS:
        mapping = compile_mapping("m", body)
        with pytest.raises(MappingError) as caught:
            mapping.apply(DOCUMENT, services())
    else:
        result = compile_mapping("m", body).apply(DOCUMENT, services())
        assert result == {"t": expected}
        assert is_json(result)
        assert json.dumps(DOCUMENT) == before
        return
    assert (caught.value.mapping, caught.value.key) == ("m", "t")
    assert caught.value.position is not None


@pytest.mark.parametrize("key", [*DOCUMENT["odd"], "__dict__", "__subclasses__", "mro", "loop", "_self"])
def test_odd_keys_travel_as_data(key: str) -> None:
    """A key that means something elsewhere is copied, read and written like any other."""
    body = {"passTrough": False, "mapping": {"copied": f"o.{key}", f"made.{key}": f"{{{{ o.{key} }}}}"}}
    result = compile_mapping("m", body).apply({"o": {key: "data"}}, services())
    assert result == {"copied": "data", "made": {key: "data"}}


BODIES: list[tuple[str, dict[str, Any], Any]] = [
    ("a prototype as target", {"mapping": {"__proto__.x": "name"}}, {"__proto__": {"x": "n"}}),
    ("a class as target", {"mapping": {"__class__": "name"}}, {"__class__": "n"}),
    ("a list position beyond all", {"mapping": {"a.1000000000": "name"}}, {"a": {"1000000000": "n"}}),
    ("a position below none", {"mapping": {"a.-1": "name"}}, {"a": {"-1": "n"}}),
    ("a position of many digits", {"mapping": {"a." + "9" * 500: "name"}}, {"a": {"9" * 500: "n"}}),
    ("a path without names", {"mapping": {"...": "name"}}, {"": {"": {"": {"": "n"}}}}),
    ("a target without a name", {"mapping": {"": "name"}}, {"": "n"}),
    ("a root of text", {"mapping": {"#": "name"}}, FAILS),
    ("a root beside others", {"mapping": {"#": "name", "x": "name"}}, {"#": "n", "x": "n"}),
    ("a target through a text", {"mapping": {"a": "name", "a.b": "name"}}, {"a": {"b": "n"}}),
    ("a target of many levels", {"mapping": {".".join("a" * 5000): "name"}}, REFUSED),
    ("a lone surrogate as source", {"mapping": {"a": "\ud800"}}, REFUSED),
    ("a lone surrogate as target", {"mapping": {"\udfff": "name"}}, REFUSED),
    ("a source that is a list", {"mapping": {"a": ["name"]}}, REFUSED),
    ("a source that is an object", {"mapping": {"a": {"$ref": "file:///etc/passwd"}}}, REFUSED),
    ("a source that is null", {"mapping": {"a": None}}, REFUSED),
    ("targets that are a text", {"mapping": "{{ name }}"}, REFUSED),
    ("targets that are a list", {"mapping": ["name"]}, REFUSED),
    ("casts that are a text", {"mapping": {"a": "name"}, "cast": "int"}, REFUSED),
    ("a cast that is no cast", {"mapping": {"a": "name"}, "cast": {"a": "system"}}, {"a": "n"}),
    ("a cast that is a member", {"mapping": {"a": "name"}, "cast": {"a": "__class__"}}, {"a": "n"}),
    ("casts of an odd kind", {"mapping": {"a": "name"}, "cast": {"a": [None, {"x": 1}, 7]}}, {"a": "n"}),
    ("a count of nothing", {"mapping": {"a": "name"}, "cast": {"a": "countValue:"}}, {"a": "n"}),
    ("a count of itself", {"mapping": {"a": "list"}, "cast": {"a": "countValue:a"}}, {"a": 2}),
    ("a comparison with a long number", {"mapping": {"a": "name"}, "cast": {"a": "unsetIfValue==" + "9" * 9999}}, {"a": "n"}),
    ("a cast of an absent path", {"mapping": {"a": "name"}, "cast": {"a.b.c": "jsonToArray"}}, {"a": "n"}),
    ("JSON that is none", {"mapping": {"a": "name"}, "cast": {"a": "jsonToArray"}}, {"a": None}),
    ("JSON with a number too large", {"mapping": {"a": "[1e999, 12345678901234567890]"}, "cast": {"a": "jsonToArray"}}, {"a": None}),
    ("JSON with long digits", {"mapping": {"a": "[" + "9" * 5000 + "]"}, "cast": {"a": "jsonToArray"}}, {"a": None}),
    ("JSON with no number", {"mapping": {"a": "[NaN, Infinity, 12345678901234567890]"}, "cast": {"a": "jsonToArray"}}, {"a": None}),
    ("JSON with a lone surrogate", {"mapping": {"a": '["\\ud800", 12345678901234567890]'}, "cast": {"a": "jsonToArray"}}, {"a": None}),
    ("deep JSON", {"mapping": {"a": "[" * 300 + "]" * 300}, "cast": {"a": "jsonToArray"}}, FAILS),
    ("base64 that is no text", {"mapping": {"a": "gICA"}, "cast": {"a": "base64Decode"}}, FAILS),
    ("a URL that is no text", {"mapping": {"a": "%ff%fe"}, "cast": {"a": "urlDecode"}}, {"a": "\ufffd\ufffd"}),
    ("a number too large", {"mapping": {"a": "9" * 500}, "cast": {"a": "float"}}, FAILS),
    ("a list as text", {"mapping": {"a": "list"}, "cast": {"a": "html"}}, FAILS),
    ("unset that is a text", {"mapping": {"a": "name"}, "unset": "a"}, REFUSED),
    ("unset of odd paths", {"mapping": {"a": "name"}, "unset": ["", ".", "a.b.c", "a.0", "__class__"]}, {"a": "n"}),
    ("value maps of odd kinds", {"mapping": {"a": "name"}, "values": {"a": {"n": {"deep": [1]}}}}, {"a": {"deep": [1]}}),
    ("value maps that are a list", {"mapping": {"a": "name"}, "values": {"a": ["n"]}}, REFUSED),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"), [case[1:] for case in BODIES], ids=[case[0] for case in BODIES]
)
def test_a_hostile_mapping_does_no_harm(body: dict[str, Any], expected: Any) -> None:
    """Odd targets, casts and sections are refused, or make plain JSON."""
    body = {"passTrough": False, **body}
    if expected is REFUSED:
        with pytest.raises(MappingError) as caught:
            compile_mapping("m", body)
        assert caught.value.mapping == "m"
        return
    mapping = compile_mapping("m", body)
    if expected is FAILS:
        with pytest.raises(MappingError) as caught:
            mapping.apply(DOCUMENT, services())
        assert caught.value.mapping == "m"
        assert caught.value.key
        return
    result = mapping.apply(DOCUMENT, services())
    assert result == expected
    assert is_json(result)


def outcome(body: dict[str, Any], document: Any, *, as_list: bool) -> tuple[str, Any]:
    """The mapping that an error names, or that of the result; and the result."""
    mapping = compile_mapping("m", body)
    try:
        return "m", mapping.apply(document, services(), as_list=as_list)
    except MappingError as error:
        return error.mapping, None


def nested(levels: int) -> Any:
    """A list in a list in a list."""
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "document",
    [
        nested(150),
        {"a": nested(900)},
        {"a.b": {"c.d": nested(900)}},
        {"a": 2**64, "b": -(2**63), "c": 1e308, "d": 5e-324},
        {"": {"": ""}, ".": {".": "."}, "&#46;": "&#46;"},
        {str(number): number for number in range(500)},
        {"a": "\x00" * 100, "b": "\ufeff\u2028\u202e"},
        {"listInput": {"listInput": []}, "value": "x"},
    ],
    ids=range(8),
)
@pytest.mark.parametrize("as_list", [False, True])
def test_a_hostile_document_does_no_harm(document: Any, *, as_list: bool) -> None:
    """Deep, odd and extreme documents give JSON or an error of the mapping."""
    body = {"mapping": {"t": "{{ a|json_encode }}{{ _context|keys|join(',') }}", "c": "a", "d.e": "{{ a }}"}}
    named, result = outcome(body, document, as_list=as_list)
    assert named == "m"
    assert json.dumps(result)


@pytest.mark.parametrize("document", ["text", 7, 1.5, None, True])
def test_only_lists_and_objects_are_documents(document: Any) -> None:
    """Anything else is refused by an error of the mapping."""
    with pytest.raises(MappingError):
        compile_mapping("m", {"mapping": {}}).apply(document, services())


def test_a_mapping_within_a_mapping_adds_no_depth_without_end() -> None:
    """Values that come back from ``map`` are bounded in depth, so that every result can be written."""
    body = {
        "passTrough": False,
        "mapping": {".".join("a" * 40): "{{ map('self', {n: n + 1})|json_encode }}"},
        "cast": {".".join("a" * 40): "jsonToArray"},
    }
    mapping = compile_mapping("self", body)
    with pytest.raises(LimitExceeded) as caught:
        mapping.apply({"n": 1}, Services(mapping=lambda reference: mapping))
    assert caught.value.limit in ("depth", "map_depth")


def test_the_categories_are_told() -> None:
    """The categories cover both families of sandboxes and the places where functions are expected."""
    assert {"Jinja2 escapes", "Twig escapes", "callables as text"} <= set(hostile_templates.TEMPLATES)
