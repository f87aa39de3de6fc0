"""Headers that carry meaning: what a client accepts, which states it knows, who it is reached as."""

from __future__ import annotations

import re

from gateway_core.errors import BadRequest, NotAcceptable

HOST = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
ENTITY_TAG = re.compile(r'(?:W/)?"([^"]*)"')
ENTITY_TAGS = re.compile(rf"\s*{ENTITY_TAG.pattern}(?:\s*,\s*{ENTITY_TAG.pattern})*\s*")
_TRACE = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
JSON_RANGES = frozenset({"*/*", "application/*", "application/json"})


def check_accept(accept: str | None) -> None:
    """Raise ``NotAcceptable`` when the header excludes JSON (RFC 9110, section 12.5.1).

    Names with ``+json`` and ``application/problem+json`` count as JSON, as clients of
    the original send them.
    """
    if not accept or accept in JSON_RANGES:
        return
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if (name in JSON_RANGES or "json" in name) and not any(
            _excludes(parameter) for parameter in parameters
        ):
            return
    raise NotAcceptable("only JSON can be answered", hint="Send Accept: application/json, or none.")


def _excludes(parameter: str) -> bool:
    """Whether a parameter is a weight of nought: ``q=0``, ``q=0.0`` and so on."""
    name, _, weight = parameter.partition("=")
    return name.strip() == "q" and not weight.strip().strip("0.")


def entity_tags(header: str | None) -> tuple[str, ...] | None:
    """The tags of an ``If-Match`` or ``If-None-Match`` header (RFC 9110, section 13.1), or ``*``.

    Weak tags are read as the tag they mark. Raises ``BadRequest`` for what is no tag list.
    """
    if header is None:
        return None
    if header.strip() == "*":
        return ("*",)
    if ENTITY_TAGS.fullmatch(header) is None:
        raise BadRequest('an entity tag stands in double quotes: If-Match: "abc"')
    return tuple(ENTITY_TAG.findall(header))


def origin(public_url: str, scheme: str, host: str | None) -> str:
    """The origin for absolute URLs: the configured one, else the one the client used.

    A Host header that could not be one gives none, so that it cannot leave its place in a URL.
    """
    if public_url:
        return public_url.rstrip("/")
    if not host or HOST.fullmatch(host) is None:
        return ""
    return f"{scheme}://{host}"


def traceparent(given: str | None) -> str:
    """The trace that a request belongs to (W3C Trace Context, section 3.2.2), to be passed on; "" when it
    names none, or one that cannot be."""
    if given is None or _TRACE.fullmatch(given) is None:
        return ""
    _, trace, parent, _ = given.split("-")
    return given if trace.strip("0") and parent.strip("0") else ""
