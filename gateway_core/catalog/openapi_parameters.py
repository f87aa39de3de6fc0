"""The parts of a path that vary, in the OpenAPI document."""

from __future__ import annotations

from gateway_core.catalog.endpoints import Endpoint
from gateway_core.types import JsonObject


def path_parameters(endpoint: Endpoint) -> list[JsonObject]:
    """A parameter for each variable of an endpoint's path."""
    return [
        {
            "name": variable.name,
            "in": "path",
            "required": True,
            "description": "The id of the object above."
            if endpoint.above is not None
            else "A part of the path.",
            "schema": {"type": "string", "format": "uuid"}
            if endpoint.above is not None
            else {"type": "string", "pattern": f"^(?:{variable.pattern})$"},
        }
        for variable in endpoint.variables
    ]
