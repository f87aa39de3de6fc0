"""Case files: what is equal, what an expected error allows, and where mappings are found."""

from __future__ import annotations

from typing import Any

import pytest

from gateway_core.errors import ConfigurationError
from gateway_core.operations.mapping_cases import (
    NOTHING,
    Difference,
    Library,
    first_difference,
    run_cases,
)

HERE = {"$id": "here", "passTrough": False, "absent": "omit", "mapping": {"x": "a"}}
OUTER = {**HERE, "$id": "outer", "mapping": {"x": "{{ map('here', _context)|json_encode }}"}}
BROKEN = {**HERE, "$id": "broken", "mapping": {"x": "{{ a"}}
FAILING = {**HERE, "$id": "failing", "mapping": {"x": "{{ 1 / a }}"}}


def messages(record: dict[str, Any], *installed: dict[str, Any], beside: Any = None) -> list[str]:
    """What is wrong with each case that does not pass."""
    library = Library({body["$id"]: body for body in installed}.get)
    return [failure.message for failure in run_cases("f", [record], library, beside).failures]


def record(expectation: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"cases": [{"name": "n", "input": {"a": 1}, **expectation}], **more}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({}, []),
        ({"a": {}}, {"a": []}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"0": "x", "1": "y"}, ["x", "y"]),
        (1.0, 1.0),
        (None, None),
    ],
)
def test_equal_as_php_sees_it(left: Any, right: Any) -> None:
    """Empty arrays are equal, keys have no order, and keys from 0 on in order make a list."""
    assert first_difference(left, right) is None
    assert first_difference(right, left) is None


@pytest.mark.parametrize(
    ("expected", "got", "difference"),
    [
        (1, 1.0, ("", 1, 1.0)),
        (1, True, ("", 1, True)),
        ("1", 1, ("", "1", 1)),
        (None, [], ("", None, [])),
        ([1, 2], [2, 1], ("0", 1, 2)),
        ({"1": "y", "0": "x"}, ["x", "y"], ("", {"1": "y", "0": "x"}, ["x", "y"])),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 3}]}}, ("a.b.1.c", 2, 3)),
        ({"a": 1}, {}, ("", {"a": 1}, [])),
        ({"a": 1, "c": 1}, {"c": 1}, ("a", 1, NOTHING)),
        ({"c": 1}, {"c": 1, "b": None}, ("b", NOTHING, None)),
        ([1], [1, 2], ("1", NOTHING, 2)),
    ],
)
def test_the_first_difference_is_named(expected: Any, got: Any, difference: Any) -> None:
    """A difference tells its path and both values; types count, and so does the order of lists."""
    found = first_difference(expected, got)
    assert found == Difference(*difference)
    assert [type(each) for each in (found.expected, found.got)] == [type(each) for each in difference[1:]]


@pytest.mark.parametrize(
    "where",
    [
        {"mapping": HERE},
        {"mapping": "here"},
        {"reference": "here"},
        {"reference": "here", "related": ["outer"]},
        {"reference": "outer", "related": ["here"]},
        {"reference": "outer", "related": {"here": None}},
        {"mapping": OUTER, "related": {"here": HERE}},
        {"mapping": OUTER, "related": [HERE]},
        {"mapping": OUTER},
    ],
)
def test_a_mapping_is_found_where_it_is_named(where: dict[str, Any]) -> None:
    """Mappings are written out, or found by reference among those installed."""
    expected = "here" if "outer" not in str(where.get("reference", where.get("mapping"))) else "outer"
    output = {"x": 1} if expected == "here" else {"x": '{"x":1}'}
    assert messages(record({"output": output}, **where), HERE, OUTER) == []


def test_what_is_written_out_comes_before_what_is_installed() -> None:
    """A related mapping in the record hides an installed one of the same reference."""
    other = {**HERE, "mapping": {"y": "a"}}
    expected = record({"output": {"x": '{"y":1}'}}, mapping=OUTER, related={"here": other})
    assert messages(expected, HERE) == []


def test_without_a_reference_the_mapping_beside_it_is_meant() -> None:
    """A record that names no mapping is about the one that the file lies beside."""
    assert messages(record({"output": {"x": 1}}), beside=HERE) == []
    assert "there is no mapping for this record" in messages(record({"output": {"x": 1}}))[0]


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({"reference": "nowhere"}, "there is no mapping nowhere"),
        ({"reference": "here", "related": ["nowhere"]}, "there is no related mapping nowhere"),
    ],
)
def test_a_mapping_that_is_not_there_fails_its_cases(where: dict[str, Any], told: str) -> None:
    """A reference that leads nowhere fails each case of the record, and names what to give."""
    (message,) = messages(record({"output": {}}, **where), HERE)
    assert told in message
    assert "--bundle" in message


@pytest.mark.parametrize(
    ("mapping", "value", "error", "passes"),
    [
        (FAILING, 0, {"kind": "runtime"}, True),
        (FAILING, 0, {"kind": "type"}, True),
        (FAILING, 1, {"kind": "runtime"}, True),
        (FAILING, 0, {"kind": "runtime", "required": True}, True),
        (FAILING, 0, {"kind": "type", "required": True}, False),
        (FAILING, 1, {"kind": "runtime", "required": True}, False),
        (FAILING, 0, {"kind": "syntax"}, False),
        (BROKEN, 0, {"kind": "syntax"}, True),
        (HERE, 0, {"kind": "syntax"}, False),
    ],
)
def test_an_expected_error(mapping: Any, value: int, error: dict[str, Any], *, passes: bool) -> None:
    """An error may be a sensible value too unless it is required; syntax is found while compiling."""
    case = {"name": "n", "input": {"a": value}, "error": error}
    assert (messages({"mapping": mapping, "cases": [case]}) == []) is passes


def test_an_error_that_was_not_expected_fails() -> None:
    """A mapping that fails, or does not compile, fails a case that expects a result, and says why."""
    case = {"name": "n", "input": {"a": 0}, "output": {}}
    assert "Division by zero" in messages({"mapping": FAILING, "cases": [case]})[0]
    assert "cannot be compiled" in messages({"mapping": BROKEN, "cases": [case]})[0]


def test_a_case_brings_its_own_world() -> None:
    """Clock, objects and answers are those of the case; what it lacks is a mapping error."""
    sources = {"t": "{{ 'now'|date('c') }}", "o": "{{ getObject('i').n }}", "c": "{{ call('s', '/e') }}"}
    body = {**HERE, "mapping": sources}
    world = {"now": "2020-02-02T00:00:00Z", "objects": {"i": {"n": 1}}, "calls": {"/e": "answer"}}
    output = {"t": "2020-02-02T00:00:00+00:00", "o": "1", "c": "answer"}
    assert messages(record({"output": output, **world}, mapping=body)) == []
    lacking = {**world, "calls": []}
    assert "no answer for this call" in messages(record({"output": output, **lacking}, mapping=body))[0]


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        [1],
        [{"mapping": HERE}],
        [{"cases": {}}],
        [{"cases": [1]}],
        [{"cases": [{"name": "n"}]}],
        [{"cases": [{"name": "n", "input": 1}]}],
        [{"cases": [{"name": "n", "input": 1, "output": 1, "error": {}}]}],
        [{"cases": [{"name": "n", "input": 1, "error": "type"}]}],
        [{"cases": [{"name": "n", "input": {}, "output": {}, "now": "soon"}]}],
    ],
    ids=str,
)
def test_what_is_no_case_file_is_refused(content: Any) -> None:
    """What does not have the form of a case file is refused as a whole, with its name."""
    with pytest.raises(ConfigurationError, match=r"^f"):
        run_cases("f", content, Library({}.get), HERE)
