"""Bodies of answers to JSON values."""

from __future__ import annotations

from typing import Any

import pytest

from gateway_core.catalog.sources import Decoding
from gateway_core.errors import UpstreamError
from gateway_core.outgoing.decode import decode
from gateway_core.outgoing.protocol import Answer
from gateway_core.outgoing.xml import read_xml


def said(body: bytes, media: str = "", how: Decoding = Decoding.AUTO) -> Any:
    return decode(Answer(200, (("content-type", media),), body), how)


@pytest.mark.parametrize(
    ("body", "media", "value"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b'{"a": 1}', "application/hal+json; charset=utf-8", {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', "", {"a": 1}),
        (b"[1.5, 123456789012345678901]", "", [1.5, 123456789012345678901]),
        (b"<r><a>1</a></r>", "text/xml", {"a": "1"}),
        (b"<r><a>1</a></r>", "application/soap+xml", {"a": "1"}),
        (b" <r><a>1</a></r>", "application/octet-stream", {"a": "1"}),
        (b"caf\xe9", "text/plain; charset=iso-8859-1", "café"),
        (b"", "application/json", None),
        (b"  ", "text/plain", None),
    ],
)
def test_by_its_media_type(body: bytes, media: str, value: Any) -> None:
    """JSON, XML and text are told apart by their media type, and where it says nothing by how they begin."""
    assert said(body, media) == value


def test_as_the_source_says() -> None:
    """A source whose answers are always of one kind says so, whatever type they carry."""
    assert said(b"<r>x</r>", "application/json", Decoding.XML) == "x"
    assert said(b"1", "text/plain", Decoding.JSON) == 1
    assert said(b"<r>", "text/xml", Decoding.TEXT) == "<r>"


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"{", "application/json"),
        (b"NaN", "application/json"),
        (b"\xff", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"[" * 100 + b"]" * 100, "application/json"),
        (b"<r>", "text/xml"),
        (b"x", "text/xml"),
        (b"\xff", "text/plain"),
        (b"x", "text/plain; charset=no-such"),
    ],
)
def test_nonsense_is_an_error(body: bytes, media: str) -> None:
    """What cannot be read is an error of the family, whatever it is."""
    with pytest.raises(UpstreamError):
        said(body, media)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        # What Symfony's XmlEncoder makes of each, by its source.
        (b"<r><b>t</b><b>u</b></r>", {"b": ["t", "u"]}),
        (b'<r a="1"><b c="01">t</b></r>', {"@a": 1, "b": {"@c": "01", "#": "t"}}),
        (b'<r a="1.5">t</r>', {"@a": 1.5, "#": "t"}),
        (b"<r>t</r>", "t"),
        (b"<r/>", ""),
        (b"<r><a/></r>", {"a": ""}),
        (b'<r><a d="x"/></r>', {"a": {"@d": "x", "#": ""}}),
        (b'<s:r xmlns:s="u"><s:a>1</s:a></s:r>', {"s:a": "1", "@xmlns:s": "u"}),
        (b'<r><item key="k">v</item></r>', {"k": "v"}),
        (b"<r><item>v</item><item>w</item></r>", {"item": ["v", "w"]}),
        (b"<r><a><![CDATA[<b>&]]></a></r>", {"a": "<b>&"}),
        (b"<r>\n  <a>1</a>\n  <!-- c --><?p i?>\n</r>", {"a": "1"}),
        (b"<r>x<a>1</a>y</r>", {"#text": ["x", "y"], "a": "1"}),
        ('<?xml version="1.0" encoding="iso-8859-1"?><r>é</r>'.encode("latin-1"), "é"),
        (b"<r><a>&lt;&amp;&#65;</a></r>", {"a": "<&A"}),
    ],
)
def test_xml_has_the_shape_of_the_original(body: bytes, value: Any) -> None:
    """Elements, attributes, repeated elements, mixed text and namespaces come out as mappings expect them."""
    assert read_xml(body, 64) == value


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE r [<!ENTITY a "x">]><r>&a;</r>',
        b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>',
        b'<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd"><r/>',
        b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]><r/>',
        b'<!DOCTYPE l [<!ENTITY l "l">'
        + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
        + b"]><r>&l9;</r>",
        b"<a>" * 1_000,
        b"<r>" + b"<a/>" * 300_000 + b"</r>",
    ],
)
def test_xml_that_is_a_trap_is_refused(body: bytes) -> None:
    """Entities, types from elsewhere, deep and endless documents are refused before they are worked out."""
    with pytest.raises(UpstreamError):
        read_xml(body, 64)
