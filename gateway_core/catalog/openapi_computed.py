"""What the API document says of endpoints that compute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway_core.catalog.computed import Parameter
from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.openapi_answers import JSON, errors, headers
from gateway_core.catalog.openapi_examples import sample
from gateway_core.catalog.openapi_operations import Shared, slug
from gateway_core.catalog.openapi_schemas import Form, Mode, SchemaForms
from gateway_core.types import JsonObject

_PATHS = "The id, path or URL of an object that exists."


def computed_paths(
    endpoints: Iterable[Endpoint], forms: SchemaForms, shared: Shared
) -> Iterator[tuple[str, JsonObject]]:
    """The paths of the endpoints, each with its one operation; aliases are paths of their own."""
    for endpoint in endpoints:
        computed = endpoint.computed
        if computed is None:
            continue
        word = computed.word
        for number, path in enumerate(dict.fromkeys(endpoint.paths), start=1):
            suffix = f"-{number}" if number > 1 else ""
            operation = _operation(endpoint, word, suffix, forms, shared)
            yield f"{path}/{{id}}/{word}", {"parameters": [shared.parameter("id")], "get": operation}


def _operation(endpoint: Endpoint, word: str, suffix: str, forms: SchemaForms, shared: Shared) -> JsonObject:
    parameters = endpoint.computed.parameters if endpoint.computed is not None else ()
    name = f"{slug(endpoint.path)}-{slug(word)}"
    schema: JsonObject = {}
    example: JsonObject = {}
    if endpoint.response_shape is not None:
        schema = forms.ref(
            forms.add_shape(f"{endpoint.path}.{word}", endpoint.response_shape), Form(Mode.READ)
        )
        example = shared.example(f"{name}.read", sample(endpoint.response_shape))
    found: JsonObject = {
        "description": "The answer.",
        "headers": headers("ETag"),
        "content": {JSON: {"schema": schema, **example}},
    }
    unchanged = {"description": "The answer is the one that the client has.", "headers": headers("ETag")}
    return {
        "operationId": f"{name}{suffix}",
        "summary": endpoint.title,
        "description": endpoint.description,
        "tags": list(endpoint.tags),
        "parameters": [shared.parameter("If-None-Match"), *map(_parameter, parameters)],
        "responses": {"200": found, "304": unchanged, **errors("read", endpoint.collection.errors)},
    }


def _parameter(parameter: Parameter) -> JsonObject:
    described: JsonObject = {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": " ".join(filter(None, (parameter.description, _PATHS if parameter.target else ""))),
        "schema": parameter.described,
    }
    return described if parameter.example is None else {**described, "example": parameter.example}
