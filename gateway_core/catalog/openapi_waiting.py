"""Endpoints that show no objects, in the OpenAPI document: those that hand requests on, those that take
messages, and those that are configured and cannot do their work yet."""

from __future__ import annotations

from collections.abc import Iterator

from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.openapi_answers import JSON, errors
from gateway_core.catalog.openapi_parameters import path_parameters
from gateway_core.types import JsonObject

_FORWARDED = (
    "What the source answers, its own errors too. Where it is not set up, 405 with no method in `Allow`; for "
    "a path that is none of its own, 404."
)


def bare_items(endpoint: Endpoint) -> Iterator[tuple[str, JsonObject]]:
    """The path with its methods. Of one that waits each answers 405 and says what is lacking."""
    slug = "".join(c if c.isascii() and c.isalnum() else "-" for c in endpoint.path.removeprefix("/api/"))
    for number, path in enumerate(dict.fromkeys(endpoint.paths), start=1):
        suffix = f"-{number}" if number > 1 else ""
        operations = {
            method.lower(): {
                "operationId": f"{slug}-{method.lower()}{suffix}",
                "summary": endpoint.title,
                "description": " ".join(filter(None, (endpoint.description, endpoint.waits_for))),
                "tags": list(endpoint.tags or (endpoint.title,)),
                **_work(endpoint),
            }
            for method in sorted(endpoint.methods)
        }
        parameters = path_parameters(endpoint)
        yield path, {**({"parameters": parameters} if parameters else {}), **operations}


def _work(endpoint: Endpoint) -> JsonObject:
    if endpoint.receives is not None:
        return _receiving(endpoint)
    return _forwarding(endpoint) if endpoint.forwards else _waiting(endpoint)


def _forwarding(endpoint: Endpoint) -> JsonObject:
    known = errors("forwarding", endpoint.collection.errors)
    return {"responses": {"default": {"description": _FORWARDED}, **known}}


def _waiting(endpoint: Endpoint) -> JsonObject:
    return {"responses": errors("waiting", endpoint.collection.errors)}


def _receiving(endpoint: Endpoint) -> JsonObject:
    """A message in, and nothing out: it is kept, and worked on soon after."""
    return {
        "requestBody": {"required": True, "content": {JSON: {"schema": {"type": "object"}}}},
        "responses": {
            "204": {"description": "It was received. The same message, sent again, changes nothing."},
            **errors("receive", endpoint.collection.errors),
        },
    }
