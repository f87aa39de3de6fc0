"""How errors are printed: RFC 9457 for new clients, the original's shape for old ones.

Data in, bytes out; no framework. Bodies never repeat what the client sent.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

import orjson

from gateway_core.catalog.endpoints import ErrorShape
from gateway_core.errors import (
    GatewayError,
    InvalidDocument,
    InvalidQuery,
    MappingError,
    MethodNotAllowed,
    NotSupported,
    OutcomeUnknown,
    StoreError,
    TransitionRefused,
    Unauthenticated,
)
from gateway_core.schema import reason
from gateway_core.types import Json, JsonObject, Pointer

Headers = list[tuple[bytes, bytes]]
JSON = b"application/json"
PROBLEM = b"application/problem+json"
OUT_OF_SERVICE = "What is kept cannot be reached at this moment. Try again later."


class Response(NamedTuple):
    """A whole answer, ready to send."""

    status: int
    headers: Headers
    body: bytes


def json_response(
    status: int, document: Json, headers: Headers | None = None, media: bytes = JSON
) -> Response:
    """``document`` as JSON. ``headers`` join the type."""
    return Response(
        status, [(b"content-type", media), *(headers or [])], orjson.dumps(document, option=orjson.OPT_UTC_Z)
    )


def error_response(error: GatewayError, shape: ErrorShape, path: str, request_id: str) -> Response:
    """An error in the dialect of the endpoint it happened on.

    ``path`` is without the query, and empty where no endpoint is; ``request_id`` is empty
    where requests have none.
    """
    headers = _headers(error)
    if shape is ErrorShape.MESSAGE:
        return json_response(error.status, _message(error, path), headers)
    return json_response(error.status, _problem(error, path, request_id), headers, PROBLEM)


def _problem(error: GatewayError, path: str, request_id: str) -> JsonObject:
    """RFC 9457, section 3, with ``code`` and ``invalidParams`` as VNG's APIs have them."""
    problem: JsonObject = {
        "type": f"urn:gateway:error:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": sentence(error),
    }
    if path:
        problem["instance"] = path
    problem["code"] = error.code
    if request_id:
        problem["requestId"] = request_id
    params = _invalid_params(error)
    if params:
        problem["invalidParams"] = params
    return problem


def _invalid_params(error: GatewayError) -> list[JsonObject]:
    if isinstance(error, InvalidDocument):
        return [{"name": dotted(v.pointer), "code": v.code, "reason": reason(v)} for v in error.violations]
    if isinstance(error, InvalidQuery):
        return [{"name": error.parameter, "code": error.code, "reason": sentence(error)}]
    if isinstance(error, TransitionRefused):
        return [{"name": error.name, "code": error.code, "reason": sentence(error)}]
    return []


def _message(error: GatewayError, path: str) -> JsonObject:
    """The original's error body: ``message``, ``data`` by property (nested), ``path``."""
    if isinstance(error, InvalidDocument):
        data: JsonObject = {}
        for violation in error.violations:
            _set(data, violation.pointer, reason(violation))
        return {"message": "Validation errors", "data": data, "path": path}
    data = {each["name"]: each["reason"] for each in _invalid_params(error)}
    return {"message": sentence(error), "data": data, "path": path}


def _set(data: JsonObject, pointer: Pointer, text: str) -> None:
    node = data
    steps = [str(step) for step in pointer] or ["body"]
    for step in steps[:-1]:
        below = node.get(step)
        if not isinstance(below, dict):
            below = {} if below is None else {"": below}
            node[step] = below
        node = below
    last = steps[-1]
    present = node.get(last)
    if isinstance(present, dict):
        present[""] = f"{present['']}; {text}" if "" in present else text
    else:
        node[last] = f"{present}; {text}" if present else text


def sentence(error: GatewayError) -> str:
    """The detail and the way out, as prose."""
    hidden = isinstance(error, StoreError) and not isinstance(error, OutcomeUnknown)
    if hidden and error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return OUT_OF_SERVICE  # the error itself names files and causes; they are for the log
    if isinstance(error, MappingError):
        text = str(error)
    else:
        text = error.detail
    text = text[:1].upper() + text[1:]
    if not text.endswith((".", "!", "?")):
        text += "."
    hint = "" if isinstance(error, MappingError) else error.hint
    return f"{text} {hint}".strip()


def dotted(pointer: Pointer) -> str:
    """``('a', 0, 'b')`` as ``a.0.b``."""
    return ".".join(map(str, pointer))


def _headers(error: GatewayError) -> Headers:
    if isinstance(error, MethodNotAllowed):
        return [(b"allow", ", ".join(sorted(error.allowed)).encode("ascii"))]
    if isinstance(error, NotSupported):
        return [(b"allow", b"")]
    if isinstance(error, Unauthenticated):
        return [(b"www-authenticate", b'Bearer realm="gateway"')]
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return [(b"retry-after", b"1")]
    return []
