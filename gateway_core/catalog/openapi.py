"""The OpenAPI 3.1 document of a set of endpoints. Nothing in it is written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gateway_core.catalog.endpoints import Endpoint, ErrorShape
from gateway_core.catalog.openapi_schemas import SchemaForms
from gateway_core.catalog.snapshot import Entity
from gateway_core.query.describe import parameters, shape_parameters
from gateway_core.types import JsonObject, Reference

JSON = "application/json"
PROBLEM = "application/problem+json"
ERRORS = {
    "400": "The request cannot be read, or the document breaks its schema.",
    "401": "The request carries no valid credentials.",
    "403": "The application may not do this.",
    "404": "There is no such object.",
    "405": "The method does not apply here; `Allow` lists those that do.",
    "406": "Only JSON can be answered.",
    "408": "The body did not arrive in time.",
    "409": "The change conflicts with other objects or changes.",
    "412": "The object is not in the state that the request names.",
    "413": "The body is too large or nested too deep.",
    "415": "The body is not JSON.",
    "503": "The store cannot answer now.",
}
READING = ("400", "401", "403", "404", "405", "406", "503")
WRITING = (*READING, "408", "409", "412", "413", "415")
DELETING = (*READING, "409", "412")
VERBS = {
    "list": "List",
    "create": "Create",
    "read": "Read",
    "replace": "Replace",
    "patch": "Change",
    "delete": "Delete",
}


def document(title: str, endpoints: Sequence[Endpoint], entities: Mapping[Reference, Entity]) -> JsonObject:
    """Every path with its parameters, bodies, answers and errors; aliases are paths of their own."""
    forms = SchemaForms(entities)
    paths: JsonObject = {}
    usable = [endpoint for endpoint in endpoints if endpoint.entity in entities]
    for endpoint in usable:
        operations = _Operations(endpoint, entities, forms)
        for number, path in enumerate(dict.fromkeys(endpoint.paths)):
            suffix = f"-{number + 1}" if number else ""
            paths[path] = operations.on_collection(suffix)
            paths[f"{path}/{{id}}"] = operations.on_item(suffix)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": "1.0.0",
            "description": "Generated from the installed configuration.",
        },
        "servers": [{"url": "/"}],
        "tags": _tags(usable),
        "paths": {path: item for path, item in paths.items() if item},
        "components": {
            "schemas": {**forms.components(), **_error_schemas()},
            "responses": _error_responses(),
            "securitySchemes": _security_schemes(),
        },
        "security": [{"apiKey": []}, {"token": []}],
    }


class _Operations:
    """The operations of one endpoint."""

    def __init__(self, endpoint: Endpoint, entities: Mapping[Reference, Entity], forms: SchemaForms) -> None:
        self._endpoint = endpoint
        self._forms = forms
        self._entity = entities[endpoint.entity]
        self._entities = entities

    def on_collection(self, suffix: str) -> JsonObject:
        item: JsonObject = {}
        if "GET" in self._endpoint.methods:
            answer = _body("A page of objects.", self._page())
            operation = self._operation("list", suffix, {"200": answer}, READING)
            operation["parameters"] = list(self._filters())
            item["get"] = operation
        if "POST" in self._endpoint.methods:
            answer = _with_headers(_body("The object as stored.", self._shown()), "ETag", "Location")
            operation = self._operation("create", suffix, {"201": answer}, WRITING)
            item["post"] = {**operation, "requestBody": self._request(JSON)}
        return item

    def on_item(self, suffix: str) -> JsonObject:
        item: JsonObject = {}
        shown = _with_headers(_body("The object.", self._shown()), "ETag")
        if "GET" in self._endpoint.methods:
            answers = {"200": shown, "304": {"description": "The object is in the state the client has."}}
            operation = self._operation("read", suffix, answers, READING)
            operation["parameters"] = [_header("If-None-Match"), *self._shapes()]
            item["get"] = operation
        for method, name, media in (
            ("put", "replace", JSON),
            ("patch", "patch", "application/merge-patch+json"),
        ):
            if method.upper() in self._endpoint.methods:
                operation = self._operation(name, suffix, {"200": shown}, WRITING)
                operation["parameters"] = [_header("If-Match"), _header("If-None-Match")]
                item[method] = {**operation, "requestBody": self._request(media, JSON)}
        if "DELETE" in self._endpoint.methods:
            gone = {"204": {"description": "The object is gone."}}
            operation = self._operation("delete", suffix, gone, DELETING)
            operation["parameters"] = [_header("If-Match"), _header("If-None-Match")]
            item["delete"] = operation
        if item:
            id_ = {
                "name": "id",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "format": "uuid"},
            }
            item["parameters"] = [id_]
        return item

    def _operation(self, name: str, suffix: str, answers: JsonObject, errors: Iterable[str]) -> JsonObject:
        endpoint = self._endpoint
        slug = "".join(c if c.isalnum() else "-" for c in endpoint.path.removeprefix("/api/"))
        shape = endpoint.collection.errors.value
        return {
            "operationId": f"{slug}-{name}{suffix}",
            "summary": f"{VERBS[name]}: {endpoint.title}",
            "description": endpoint.description,
            "tags": list(endpoint.tags) or [endpoint.title],
            "responses": {**answers, **{s: {"$ref": f"#/components/responses/{shape}-{s}"} for s in errors}},
        }

    def _request(self, *media: str) -> JsonObject:
        schema = self._endpoint.request_shape or self._forms.ref(self._endpoint.entity, ".write")
        content = {name: {"schema": schema} for name in media}
        if "application/merge-patch+json" in media and not self._endpoint.is_mapped:
            partial = {"type": "object", "description": "The members to change (RFC 7396)."}
            content = {name: {"schema": partial} for name in media}
        return {"required": True, "content": content}

    def _shown(self) -> JsonObject:
        return self._endpoint.response_shape or (
            {"type": "object"} if self._endpoint.is_mapped else self._forms.ref(self._endpoint.entity)
        )

    def _page(self) -> JsonObject:
        numbers = ("count", "limit", "total", "offset", "page", "pages")
        properties: JsonObject = {name: {"type": "integer", "minimum": 0} for name in numbers}
        properties["results"] = {"type": "array", "items": self._shown()}
        return {"type": "object", "required": ["results", *numbers], "properties": properties}

    def _filters(self) -> Iterator[JsonObject]:
        if self._endpoint.pipeline.query_in is not None:
            for given in self._endpoint.parameters:
                yield {"in": "query", "schema": {"type": "string"}, **given}
            yield from self._shapes(window=True)
            return
        specs = {reference: entity.spec for reference, entity in self._entities.items()}
        for info in parameters(self._entity.spec, specs.get):
            yield _parameter(info.name, info.description, info.schema, info.example)

    def _shapes(self, *, window: bool = False) -> Iterator[JsonObject]:
        for info in shape_parameters(window=window):
            yield _parameter(info.name, info.description, info.schema, info.example)


def _parameter(name: str, description: str, schema: JsonObject, example: object) -> JsonObject:
    parameter: JsonObject = {"name": name, "in": "query", "description": description, "schema": schema}
    if example is not None:
        parameter["example"] = example
    return parameter


def _header(name: str) -> JsonObject:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": "An entity tag from an earlier answer.",
        "schema": {"type": "string", "pattern": '^("[^"]*"|\\*)$'},
    }


def _body(description: str, schema: JsonObject) -> JsonObject:
    return {"description": description, "content": {JSON: {"schema": schema}}}


def _with_headers(answer: JsonObject, *names: str) -> JsonObject:
    return {**answer, "headers": {name: {"schema": {"type": "string"}} for name in names}}


def _tags(endpoints: Iterable[Endpoint]) -> list[JsonObject]:
    described: dict[str, str] = {}
    for endpoint in endpoints:
        for tag in endpoint.tags or (endpoint.title,):
            described.setdefault(tag, "" if endpoint.tags else endpoint.description)
    return [{"name": name, "description": text} for name, text in described.items()]


def _error_schemas() -> JsonObject:
    invalid: JsonObject = {
        "type": "object",
        "required": ["name", "code", "reason"],
        "properties": {name: {"type": "string"} for name in ("name", "code", "reason")},
    }
    texts: JsonObject = {
        name: {"type": "string"} for name in ("type", "title", "detail", "instance", "code", "requestId")
    }
    return {
        "Problem": {
            "type": "object",
            "description": "RFC 9457.",
            "required": ["type", "title", "status", "detail", "instance"],
            "properties": {
                **texts,
                "status": {"type": "integer"},
                "invalidParams": {"type": "array", "items": invalid},
            },
        },
        "Message": {
            "type": "object",
            "required": ["message", "data", "path"],
            "properties": {
                "message": {"type": "string"},
                "data": {"type": "object", "description": "What is wrong, by property."},
                "path": {"type": "string"},
            },
        },
    }


def _error_responses() -> JsonObject:
    shapes = ((ErrorShape.PROBLEM, PROBLEM, "Problem"), (ErrorShape.MESSAGE, JSON, "Message"))
    return {
        f"{shape.value}-{status}": {
            "description": text,
            "content": {media: {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
        }
        for shape, media, schema in shapes
        for status, text in ERRORS.items()
    }


def _security_schemes() -> JsonObject:
    return {
        "apiKey": {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": "An application's API key; `Authorization: Token <key>` works too.",
        },
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Signed by the application with its secret (HS256); has `client_id` and `iat`.",
        },
    }
