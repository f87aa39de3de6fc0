"""A query in a body is the same map of parameters as in a URL."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.errors import BadRequest, InvalidQuery
from gateway_core.query.body import parse_body
from gateway_core.query.text import parse_query_string


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ({"a": "x"}, b"a=x"),
        ({"a.b": 1}, b"a.b=1"),
        ({"a": {"b": {"like": "x"}}}, b"a[b][like]=x"),
        ({"a[like]": "x", "a[ne]": "y"}, b"a[like]=x&a[ne]=y"),
        ({"a": {"like": "x"}, "a[ne]": "y"}, b"a[like]=x&a[ne]=y"),
        ({"a": "z", "a[ne]": "y"}, b"a=z&a[ne]=y"),
        ({"a[ne]": "y", "a": "z"}, b"a[ne]=y&a=z"),
        ({"a": [1, "b", True, None, 2.5]}, b"a=1&a=b&a=true&a=IS NULL&a=2.5"),
        ({"a[]": ["x"]}, b"a[]=x"),
        ({"a": False, "b": None}, b"a=false&b=IS NULL"),
        ({"_order": {"a": "asc"}}, b"_order[a]=asc"),
    ],
)
def test_same_parameters(body, query):
    """Whatever way a body writes them."""
    assert parse_body(body) == parse_query_string(query)


@pytest.mark.parametrize("body", [None, [], "x", 1, True])
def test_not_an_object(body):
    """A body without names is no query."""
    with pytest.raises(BadRequest, match="JSON object"):
        parse_body(body)


@pytest.mark.parametrize(
    "body", [{"a": 1, "a[]": 2}, {"": 1}, {"a[b": 1}, {"x" * 501: 1}, {f"a{n}": n for n in range(201)}]
)
def test_names_that_cannot_be_read(body):
    """Twice the same parameter, no name, broken brackets, and more than a URL may hold."""
    with pytest.raises(InvalidQuery):
        parse_body(body)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("ab.[]_", max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_body_breaks_the_parser(parser, body):
    """Any JSON becomes a query or a refusal."""
    with suppress(BadRequest):
        assert parser.parse(parse_body(body)).window.limit > 0
