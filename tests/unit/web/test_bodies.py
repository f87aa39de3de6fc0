"""Request bodies: what is read, and what is refused before it could be stored otherwise."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType
from gateway_core.web.bodies import check_media_type, read_json

REFUSED = {
    "empty": b"",
    "blank": b" \n",
    "truncated": b'{"a": 1',
    "trailing": b'{"a": 1} x',
    "two documents": b"{} {}",
    "single quotes": b"{'a': 1}",
    "trailing comma": b'{"a": 1,}',
    "comment": b'{"a": 1} // x',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "-Infinity": b'{"a": -Infinity}',
    "1e400": b'{"a": 1e400}',
    "64 bits and one": b'{"a": 9223372036854775808}',
    "30 digits": b'{"a": 123456789012345678901234567890}',
    "a million digits": b'{"a": ' + b"1" * 1_000_000 + b"}",
    "duplicate": b'{"a": 1, "a": 2}',
    "deep duplicate": b'{"x": [{"a": 1, "b": 0, "a": 2}]}',
    "invalid UTF-8": b'{"a": "\xff"}',
    "latin-1": '{"a": "é"}'.encode("latin-1"),
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "lone surrogate": b'{"a": "\\ud800"}',
    "lone surrogate as name": b'{"\\udc00": 1}',
    "NUL": b'{"a": "x\\u0000y"}',
    "control character": b'{"a": "\x01"}',
    "form": b"a=1&b=2",
    "XML": b"<a/>",
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_plain_json_is_refused(content):
    """Each is a 400 with a sentence that does not repeat the content."""
    with pytest.raises(BadRequest) as caught:
        read_json(content, 32)
    assert caught.value.detail


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 40 + b"1" + b"}" * 40, b"[" * 34 + b"]" * 34])
def test_deep_documents_are_refused(content):
    """Nesting beyond the limit is refused, whatever its depth."""
    with pytest.raises((PayloadTooLarge, BadRequest)):
        read_json(content, 32)


def test_wide_objects_are_refused():
    """An object of very many members is refused."""
    with pytest.raises(PayloadTooLarge):
        read_json(b"{" + b",".join(b'"k%d":1' % i for i in range(10_001)) + b"}", 32)


def test_values_are_read_exactly():
    """Numbers and texts come through as they were sent."""
    content = '{"i": 9223372036854775807, "f": 0.1, "t": "é 🚲 \\u00e9", "n": null, "b": [true, false]}'
    read = read_json(content.encode(), 32)
    assert read == {"i": 2**63 - 1, "f": 0.1, "t": "é 🚲 é", "n": None, "b": [True, False]}


@given(st.binary(max_size=200))
def test_no_bytes_raise_another_error(content):
    """Whatever arrives is read or refused on purpose."""
    with suppress(BadRequest, PayloadTooLarge):
        read_json(content, 8)


@pytest.mark.parametrize(
    "header",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/hal+json",
        'application/json;charset="UTF-8"',
        "application/merge-patch+json",
    ],
)
def test_json_types_are_read(header):
    """JSON under each of its names."""
    check_media_type(header, untyped_allowed=False)


@pytest.mark.parametrize(
    "header", ["text/xml", "multipart/form-data; boundary=x", "application/json; charset=latin1"]
)
def test_other_types_are_refused(header):
    """415, also where bodies without a type are read."""
    with pytest.raises(UnsupportedMediaType):
        check_media_type(header, untyped_allowed=True)


@pytest.mark.parametrize(
    "header", ["", "text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded"]
)
def test_untyped_bodies_depend_on_the_endpoint(header):
    """What browsers and curl send without being told is read where the configuration says so."""
    check_media_type(header, untyped_allowed=True)
    with pytest.raises(UnsupportedMediaType):
        check_media_type(header, untyped_allowed=False)
