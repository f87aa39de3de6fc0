"""The members in which two documents differ."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.bundles.differences import HIDDEN, NOTHING, differences

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=12,
)


def found(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(each.pointer, each.before, each.after) for each in differences(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("/a/b", 1, 2)]),
        ({"a": None}, {}, [("/a", None, NOTHING)]),
        ({}, {"a/b": {"c": 1}}, [("/a~1b", NOTHING, {"c": 1})]),
        ({"a": True}, {"a": 1}, [("/a", True, 1)]),
        ({"a": [1, 2, 3]}, {"a": [1, 5, 3]}, [("/a/1", 2, 5)]),
        ({"a": ["x", "y"]}, {"a": ["x", "n", "y"]}, [("/a/1", NOTHING, "n")]),
        ({"a": ["x", "n", "y"]}, {"a": ["x", "y"]}, [("/a/1", "n", NOTHING)]),
        ({"a": [{"p": 1}]}, {"a": [{"p": 2}]}, [("/a/0/p", 1, 2)]),
        ({"a": 1}, {"a": {"b": 1}}, [("/a", 1, {"b": 1})]),
    ],
)
def test_members_that_differ(before: dict[str, Any], after: dict[str, Any], expected: list[Any]) -> None:
    """Each member that differs is named once, with both values; an insertion changes nothing else."""
    assert found(before, after) == expected


@given(st.dictionaries(st.sampled_from("xyz"), JSON), st.dictionaries(st.sampled_from("xyz"), JSON))
def test_there_is_a_difference_exactly_when_documents_differ(before: Any, after: Any) -> None:
    """No change is missed, and none is reported without showing it."""
    listed = differences(before, after)
    assert bool(listed) == (repr(_sorted(before)) != repr(_sorted(after)))
    assert all(repr(_sorted(each.before)) != repr(_sorted(each.after)) for each in listed)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def test_secrets_and_data_are_not_shown() -> None:
    """Values of members named like a secret are left out, and all values where that is asked for."""
    before, after = {"auth": {"api_key": "1", "user": "a"}}, {"auth": {"api_key": "2", "user": "b"}}
    assert found(before, after) == [("/auth/api_key", HIDDEN, HIDDEN), ("/auth/user", "a", "b")]
    hidden = differences({"list": [{"n": "Ann"}]}, {"list": []}, values=False)
    assert [(each.pointer, each.before, each.after) for each in hidden] == [("/list/0", HIDDEN, NOTHING)]
