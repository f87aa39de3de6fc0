"""What every endpoint answers beside its objects: errors, headers, and the frame of a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from gateway_core.catalog.endpoints import ErrorShape
from gateway_core.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    GatewayError,
    NotAcceptable,
    NotFound,
    NotSupported,
    PayloadTooLarge,
    PreconditionFailed,
    RequestTimeout,
    StoreError,
    Unauthenticated,
    UnsupportedMediaType,
    UpstreamError,
    UpstreamTimeout,
)
from gateway_core.types import Json, JsonObject

JSON = "application/json"
PROBLEM = "application/problem+json"
MERGE_PATCH = "application/merge-patch+json"

_ERRORS: Mapping[type[GatewayError], str] = MappingProxyType(
    {
        BadRequest: "The request cannot be read, or the document breaks its schema.",
        Unauthenticated: "The request carries no valid credentials.",
        Forbidden: "The application may not do this.",
        NotFound: "There is no such object.",
        NotAcceptable: "Only JSON can be answered.",
        RequestTimeout: "The body did not arrive in time.",
        Conflict: "The change conflicts with other objects, or with changes made at the same moment.",
        PreconditionFailed: "The object is not in the state that the request names.",
        PayloadTooLarge: "The body is too large or nested too deep.",
        UnsupportedMediaType: "The body is not announced as JSON.",
        NotSupported: "This endpoint needs a handler or a source that is not there.",
        UpstreamError: "Another system that is needed failed.",
        UpstreamTimeout: "Another system that is needed did not answer in time.",
        StoreError: "The store cannot answer now.",
    }
)
_BY_STATUS = {str(error.status): (error, text) for error, text in _ERRORS.items()}

_ANY = (400, 401, 403, 406, 503)
_BODY = (408, 409, 413, 415)
# By operation, the errors it can really give. (500 belongs to no documented operation, and 405 only to those
# that the configuration has disabled.)
ERRORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        name: tuple(map(str, sorted(statuses)))
        for name, statuses in {
            "list": _ANY,
            "find": (*_ANY, 408, 413, 415),
            "create": (*_ANY, *_BODY),
            "read": (*_ANY, 404),
            "replace": (*_ANY, *_BODY, 404, 412),
            "patch": (*_ANY, *_BODY, 404, 412),
            "delete": (*_ANY, 404, 409, 412),
            "versions": (*_ANY, 404),
            "restore": (*_ANY, *_BODY, 404, 412),
            "waiting": (401, 403, 405),
            "forwarding": (401, 403, 408, 413, 502, 503, 504),
            "receive": (*_ANY, *_BODY),
        }.items()
    }
)
_ETAG_TEXT = "Names the state of the object, with everything that is shown in it."
HEADERS: Mapping[str, Json] = MappingProxyType(
    {
        "ETag": {
            "description": _ETAG_TEXT,
            "required": True,
            "schema": {"type": "string", "pattern": '^"[^"]+"$'},
        },
        "Location": {
            "description": "The path of the new object.",
            "required": True,
            "schema": {"type": "string", "pattern": "^/"},
        },
        "Allow": {
            "description": "The methods that there are: none.",
            "required": True,
            "schema": {"type": "string", "maxLength": 0},
        },
        "Retry-After": {
            "description": "Seconds to wait.",
            "required": True,
            "schema": {"type": "integer", "minimum": 1},
        },
        "WWW-Authenticate": {
            "description": "How to authenticate.",
            "required": True,
            "schema": {"type": "string"},
        },
        "X-Request-ID": {
            "description": "The request's id in the log.",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
        },
    }
)
_ERROR_HEADERS = {"401": ("WWW-Authenticate",), "405": ("Allow",), "503": ("Retry-After",)}
_INVALID: JsonObject = {
    "type": "object",
    "required": ["name", "code", "reason"],
    "properties": {
        "name": {"type": "string", "description": "The property (dotted path) or query parameter."},
        "code": {"type": "string", "description": "The rule that is broken."},
        "reason": {"type": "string", "description": "The rule in words."},
    },
}
ERROR_SCHEMAS: Mapping[str, Json] = MappingProxyType(
    {
        "Problem": {
            "type": "object",
            "description": "An error, by RFC 9457.",
            "required": ["type", "title", "status", "detail", "code", "requestId"],
            "properties": {
                "type": {"type": "string", "format": "uri"},
                "title": {"type": "string"},
                "status": {"type": "integer", "minimum": 400, "maximum": 599},
                "detail": {"type": "string", "description": "What is wrong, and the way out."},
                "instance": {
                    "type": "string",
                    "description": "The path of the request, where there is an endpoint.",
                },
                "code": {"type": "string", "description": "The kind of error, for machines."},
                "requestId": {"type": "string"},
                "invalidParams": {
                    "type": "array",
                    "description": "Everything that is wrong with the document or the query.",
                    "items": _INVALID,
                },
            },
        },
        "Message": {
            "type": "object",
            "description": "An error.",
            "required": ["message", "data", "path"],
            "properties": {
                "message": {"type": "string"},
                "data": {"type": "object", "description": "What is wrong, by property or query parameter."},
                "path": {
                    "type": "string",
                    "description": "The path of the request, where there is an endpoint.",
                },
            },
        },
    }
)


def headers(*names: str) -> JsonObject:
    """The headers of an answer, by reference; each answer has its request's id."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, "X-Request-ID")}


def errors(operation: str, shape: ErrorShape, *more: str) -> JsonObject:
    """The error answers of an operation in the dialect of its endpoint, by reference; ``more`` statuses
    are those that it has because of where it stands."""
    statuses = sorted({*ERRORS[operation], *more})
    return {status: {"$ref": f"#/components/responses/{shape.value}-{status}"} for status in statuses}


def error_responses(shapes: Iterable[ErrorShape]) -> JsonObject:
    """The components that ``errors`` refers to, for the dialects in use."""
    return {
        f"{shape.value}-{status}": _error_response(shape, status, error, text)
        for shape in shapes
        for status, (error, text) in _BY_STATUS.items()
    }


def _error_response(shape: ErrorShape, status: str, error: type[GatewayError], text: str) -> JsonObject:
    if shape is ErrorShape.MESSAGE:
        media, schema = JSON, "Message"
        example: JsonObject = {"message": text, "data": {}, "path": "/api/path"}
    else:
        media, schema = PROBLEM, "Problem"
        example = {
            "type": f"urn:gateway:error:{error.code}",
            "title": error.title,
            "status": error.status,
            "detail": text,
            "instance": "/api/path",
            "code": error.code,
            "requestId": "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11",
        }
    content = {media: {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}}
    return {"description": text, "headers": headers(*_ERROR_HEADERS.get(status, ())), "content": content}


_FACETS: Mapping[str, Json] = MappingProxyType(
    {
        "type": "object",
        "description": "What `_queries` asked to count, by member.",
        "additionalProperties": {
            "type": "object",
            "required": ["values", "different"],
            "properties": {
                "values": {
                    "type": "array",
                    "description": "The most frequent values, each with the number of objects that hold it.",
                    "items": {
                        "type": "object",
                        "required": ["_id", "count"],
                        "properties": {"_id": {}, "count": {"type": "integer", "minimum": 1}},
                    },
                },
                "different": {"type": "integer", "minimum": 0, "description": "How many values there are."},
            },
        },
    }
)


def page(item: JsonObject) -> JsonObject:
    """A page of a collection whose items look like ``item``."""
    counted: JsonObject = {
        "count": {"type": "integer", "minimum": 0, "description": "How many objects this page holds."},
        "limit": {"type": "integer", "minimum": 1, "description": "How many it may hold."},
        "total": {"type": "integer", "minimum": 0, "description": "How many objects match, on all pages."},
        "offset": {"type": "integer", "minimum": 0, "description": "How many objects were skipped."},
        "page": {"type": "integer", "minimum": 1, "description": "The number of this page."},
        "pages": {"type": "integer", "minimum": 1, "description": "How many pages there are."},
    }
    return {
        "type": "object",
        "required": ["results", *counted],
        "properties": {"results": {"type": "array", "items": item}, **counted, "facets": dict(_FACETS)},
    }
