"""Reading query strings."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.errors import InvalidQuery
from gateway_core.query.text import (
    MAX_BYTES,
    MAX_NAME,
    MAX_NESTING,
    MAX_PARAMETERS,
    parse_query_string,
)

READINGS = {
    "": {},
    "&&": {},
    "a=1": {"a": "1"},
    "a": {"a": ""},
    "a=": {"a": ""},
    "a.b=1": {"a.b": "1"},
    "a=b=c": {"a": "b=c"},
    "a=x+y%20z%2B": {"a": "x y z+"},
    "a=%C3%A9": {"a": "é"},
    "a=%zz": {"a": "%zz"},
    "a[b]=1": {"a": {"b": "1"}},
    "a[b][c]=1&a[b][d]=2": {"a": {"b": {"c": "1", "d": "2"}}},
    "a%5Blike%5D=1": {"a": {"like": "1"}},
    "a[]=1": {"a": ["1"]},
    "a[]=1&a[]=2": {"a": ["1", "2"]},
    "a[0]=1&a[1]=2": {"a": ["1", "2"]},
    "a=1&a=2&a=3": {"a": ["1", "2", "3"]},
    "a[like]=1&a[like]=2": {"a": {"like": ["1", "2"]}},
    "a[0][b]=1": {"a": {"b": "1"}},
    "a=1&a[b]=2": {"a": {"": "1", "b": "2"}},
    "a[b]=2&a=1": {"a": {"b": "2", "": "1"}},
    "a[b]=2&a=1&a[]=3": {"a": {"b": "2", "": ["1", "3"]}},
    "a[>=]=5": {"a": {">=": "5"}},
    "a[<=]=b]=c": {"a": {"<=": "b]=c"}},
    "a[>=]": {"a": {">=": ""}},
    "a[x.y,z]=5": {"a": {"x.y,z": "5"}},
}


@pytest.mark.parametrize(("text", "params"), READINGS.items())
def test_a_query_string_is_read_by_our_rules(text, params):
    """Each spelling gives the map that the rules say."""
    assert parse_query_string(text.encode()) == params


@pytest.mark.parametrize("text", ["a[b=1", "a]b=1", "[a]=1", "a[b]c=1", "a[[b]]=1", "=1", "%FF=1", "a=%C3"])
def test_what_cannot_be_read_is_refused(text):
    """Brackets that do not match, a value without a name and invalid UTF-8 are errors."""
    with pytest.raises(InvalidQuery):
        parse_query_string(text.encode())


def test_raw_bytes_that_are_no_utf8_are_refused():
    """Bytes beyond ASCII are read as UTF-8 even when they are not escaped."""
    assert parse_query_string("a=é".encode()) == {"a": "é"}
    with pytest.raises(InvalidQuery, match="'a' is not valid UTF-8"):
        parse_query_string(b"a=\xff")


def test_question_marks_at_the_start_are_skipped_on_request():
    """``??a=1`` names ``a`` for lenient readers and ``?a`` for others."""
    assert parse_query_string(b"?a=1", lenient_start=True) == {"a": "1"}
    assert parse_query_string(b"?a=1") == {"?a": "1"}


@pytest.mark.parametrize(
    ("fits", "breaks"),
    [
        ("a=1&" * MAX_PARAMETERS, "a=1&" * (MAX_PARAMETERS + 1)),
        ("a" * MAX_NAME, "a" * (MAX_NAME + 1)),
        ("a" + "[b]" * MAX_NESTING, "a" + "[b]" * (MAX_NESTING + 1)),
        ("a=" + "x" * (MAX_BYTES - 2), "a=" + "x" * (MAX_BYTES - 1)),
    ],
)
def test_limits_hold_exactly(fits, breaks):
    """A query at a limit is read, one beyond it is refused."""
    assert parse_query_string(fits.encode())
    with pytest.raises(InvalidQuery):
        parse_query_string(breaks.encode())


def test_an_error_does_not_repeat_a_value():
    """The message about a malformed value names the parameter only."""
    with pytest.raises(InvalidQuery) as caught:
        parse_query_string(b"name=secret%FF")
    assert "secret" not in str(caught.value)
    assert caught.value.parameter == "name"


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(raw, lenient):
    """No byte string raises anything but ``InvalidQuery``."""
    with suppress(InvalidQuery):
        parse_query_string(raw, lenient_start=lenient)


NAMES = st.text(st.characters(exclude_characters="[]", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.dictionaries(NAMES, st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5))
def test_escaped_pairs_come_back(pairs):
    """What a client escapes is what we read."""
    text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs.items())
    assert parse_query_string(text.encode()) == pairs
