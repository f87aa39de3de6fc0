"""What a mapping says of a client's shape, and what it would pass over."""

from __future__ import annotations

from typing import Any

import pytest

from gateway_core.catalog.members import Members

SENT = {
    "properties": {
        "name": {"type": "string"},
        "inner": {"type": ["object", "null"], "properties": {"a": {"type": "string"}}},
        "list": {"type": "array", "items": {"type": "object", "properties": {"b": {}}}},
        "free": {"type": "object"},
        "more": {"type": "object", "properties": {"c": {}}, "additionalProperties": True},
        "either": {"anyOf": [{"properties": {"d": {}}}], "properties": {"e": {}}},
    }
}
SEEN = {"properties": {"id": {"type": "string"}, "inner": {"type": "object", "properties": {"shown": {}}}}}


@pytest.mark.parametrize(
    ("document", "unknown"),
    [
        ({"name": 1, "inner": {"a": 1}, "list": [{"b": 1}, {}]}, []),
        ({"id": "x", "inner": {"shown": 1}}, []),
        ({"inner": None, "list": None}, []),
        ({"nmae": 1, "inner": {"x": 1, "a": {"y": 1}}}, [("nmae",), ("inner", "x")]),
        ({"list": [{"b": 1}, {"c": 1}]}, [("list", 1, "c")]),
        ({"free": {"x": {"y": 1}}, "more": {"x": 1}, "either": {"x": 1}}, []),
        ([{"name": 1}, {"x": 1}], [(1, "x")]),
        ("text", []),
    ],
)
def test_unknown_members_are_found(document: Any, unknown: list[tuple[Any, ...]]) -> None:
    """Those that neither shape names, at any depth, but in objects that say nothing or allow others."""
    found = list(Members.of(SENT, SEEN).unknown(document))
    assert [violation.pointer for violation in found] == unknown
    assert {violation.code for violation in found} <= {"unknown-property"}


def test_the_name_that_was_meant_is_told() -> None:
    """A violation carries the names that exist, and the closest of them."""
    (violation,) = Members.of(SENT).unknown({"nmae": 1})
    assert violation.params["suggestion"] == "name"
    assert "inner" in violation.params["known"]


def test_a_shape_without_members_is_open() -> None:
    """A mapping that does not tell its members refuses none."""
    assert list(Members.of({"type": "object"}).unknown({"x": 1})) == []
