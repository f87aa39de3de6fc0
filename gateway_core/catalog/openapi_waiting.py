"""Endpoints without objects of their own, in the OpenAPI document: those that hand requests on, and those
that cannot do their work yet."""

from __future__ import annotations

from collections.abc import Iterator

from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.openapi_answers import errors
from gateway_core.catalog.openapi_parameters import path_parameters
from gateway_core.types import JsonObject


def waiting_items(endpoint: Endpoint) -> Iterator[tuple[str, JsonObject]]:
    """The path with its methods: each answers what the source does, or 501 and says what is lacking."""
    slug = "".join(c if c.isascii() and c.isalnum() else "-" for c in endpoint.path.removeprefix("/api/"))
    for number, path in enumerate(dict.fromkeys(endpoint.paths), start=1):
        suffix = f"-{number}" if number > 1 else ""
        operations = {
            method.lower(): {
                "operationId": f"{slug}-{method.lower()}{suffix}",
                "summary": endpoint.title,
                "description": " ".join(filter(None, (endpoint.description, endpoint.waits_for))),
                "tags": list(endpoint.tags or (endpoint.title,)),
                "responses": _responses(endpoint),
            }
            for method in sorted(endpoint.methods)
        }
        parameters = path_parameters(endpoint)
        yield path, {**({"parameters": parameters} if parameters else {}), **operations}


def _responses(endpoint: Endpoint) -> JsonObject:
    if endpoint.waits_for:
        return errors("waiting", endpoint.collection.errors)
    known = errors("forwarding", endpoint.collection.errors)
    return {"default": {"description": "What the source answers."}, **known}
