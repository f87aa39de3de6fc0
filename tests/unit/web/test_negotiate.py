"""Accept, entity tags and the origin of URLs."""

from __future__ import annotations

import pytest

from gateway_core.errors import BadRequest, NotAcceptable
from gateway_core.web.negotiate import check_accept, entity_tags, origin


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "*/*",
        "application/json",
        "application/json, text/plain, */*",
        "text/html, application/json;q=0.5",
        "application/hal+json",
        "application/problem+json",
        "text/html,application/xhtml+xml,*/*;q=0.8",
    ],
)
def test_whoever_takes_json_is_served(header):
    """Lists with spaces, parameters and wildcards are read."""
    check_accept(header)


@pytest.mark.parametrize("header", ["text/html", "application/xml, text/csv", "*/*;q=0", "*/*; q=0.0"])
def test_whoever_excludes_json_is_told(header):
    """406 when nothing in the header is JSON."""
    with pytest.raises(NotAcceptable):
        check_accept(header)


def test_entity_tags():
    """Lists, weak tags and the star."""
    assert entity_tags(None) is None
    assert entity_tags("*") == ("*",)
    assert entity_tags('"a", W/"b"') == ("a", "b")
    for wrong in ("a", '"a', "", '"a", b'):
        with pytest.raises(BadRequest):
            entity_tags(wrong)


def test_origin():
    """The configured origin wins; a Host header that is none leaves no trace."""
    assert origin("https://kr.example.nl/", "http", "evil") == "https://kr.example.nl"
    assert origin("", "http", "localhost:8000") == "http://localhost:8000"
    assert origin("", "http", "[::1]:8000") == "http://[::1]:8000"
    assert origin("", "http", "a/b") == ""
    assert origin("", "http", None) == ""
