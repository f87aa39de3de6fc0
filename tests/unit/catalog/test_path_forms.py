"""What the paths and expressions of Common Gateway's endpoints say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.catalog.path_forms import NoPath, below, path_form

ANY = "[a-z0-9-]+"


@pytest.mark.parametrize(
    ("path", "expression", "found", "items"),
    [
        ("orders", None, "/api/shop/v1/orders", True),
        ("/orders/", "", "/api/shop/v1/orders", True),
        (["a", "b"], None, "/api/a/b", False),
        (["a", "id"], None, "/api/a", True),
        (["a", "{id}"], None, "/api/a", True),
        (["a", "{uuid}"], None, "/api/a", True),
        (["a", "{b._self.id}", "c", "{id}"], None, "/api/a/{b._self.id}/c", True),
        ("x", "^a/b$", "/api/a/b", False),
        ("x", "^(a/b)$", "/api/a/b", False),
        ("x", "^a/b/?([a-z0-9-]+)?$", "/api/a/b", True),
        ("x", "^/a/b/([a-z0-9-]+)$", "/api/a/b", True),
        ("x", r"^a/b\.txt$", "/api/a/b.txt", False),
        ("x", "^a/b.txt$", "/api/a/b.txt", False),
        ("x", "^a/([a-z0-9-]+)/b/?([a-z0-9-]+)?$", "/api/a/{part1}/b", True),
        ("x", "a/_find", "/api/a/_find", False),
    ],
)
def test_a_path_is_read(path: Any, expression: Any, found: str, items: bool) -> None:
    """Text, list or expression: one path, its variables, and whether an id may follow."""
    form = path_form(path, expression, "shop/v1")
    assert (form.path, form.items, form.pattern) == (found, items, "")
    assert {variable.pattern for variable in form.variables} <= {ANY}


@pytest.mark.parametrize(
    ("expression", "found", "pattern"),
    [
        ("^a/?[0-9]{20}/b/?([a-z0-9-]+)?$", "/api/a/{part1}/b", "/api/a/(?:[0-9]{20})/b"),
        ("^a/?([0-9]){20}?/b$", "/api/a/{part1}/b", "/api/a/(?:[0-9]{20})/b"),
        (r"^a/x-?(\d+)?.xml$", "/api/a/x-{part1}.xml", r"/api/a/x\-?(?:\d+)?\.xml"),
        ("^a/.*$", "/api/a/{part1}", "/api/a/(?:.*)"),
    ],
)
def test_what_varies_within_a_segment_is_matched(expression: str, found: str, pattern: str) -> None:
    """A part that may not be anything keeps its pattern, and slashes are needed."""
    form = path_form("x", expression, "")
    assert (form.path, form.pattern) == (found, pattern)


def test_what_says_more_than_a_path_is_run_by_re2() -> None:
    """Alternatives are matched as they are written, and shown as ``path`` says."""
    form = path_form(["a", "b"], "^(a|c)/b$", "")
    assert (form.path, form.pattern) == ("/api/a/b", "/api/(?:(a|c)/b)")


@pytest.mark.parametrize(
    ("path", "expression"),
    [
        (None, None),
        ([], None),
        ("//", None),
        (["id"], None),
        ({"a": 1}, None),
        ("a?b", None),
        ("a b", None),
        ("../a", None),
        ("a/" * 400, None),
        (["a", "{x}", "{x}"], None),
        (["a"], "^(?=a)a$"),
        (["a"], r"^(a)\1$"),
        (["a"], "^(a$"),
        (["a"], "x" * 1_001),
        ([], "^(a|b)$"),
        (["a"], "^((a{1,900}){1,900}){1,900}$"),
    ],
)
def test_what_is_no_path_is_refused(path: Any, expression: Any) -> None:
    """No path, one that no URL has, and expressions that are not regular or too large."""
    with pytest.raises(NoPath):
        path_form(path, expression, "")


def test_objects_may_stand_below_objects() -> None:
    """A path below an object has its id as a variable; below a place without objects there is none."""
    form = below(path_form("orders", None, "v1"), "lines", items=True, name="parentId")
    assert (form.path, [v.name for v in form.variables]) == ("/api/v1/orders/{parentId}/lines", ["parentId"])
    with pytest.raises(NoPath):
        below(path_form(["a"], None, ""), "lines", items=True)


@given(st.text(max_size=60) | st.lists(st.text(max_size=8), max_size=4), st.none() | st.text(max_size=60))
def test_any_path_is_read_or_refused(path: Any, expression: Any) -> None:
    """Nothing that an endpoint says of its path makes another error."""
    try:
        form = path_form(path, expression, "p")
    except NoPath:
        return
    assert form.path.startswith("/api/")
