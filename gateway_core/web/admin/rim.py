"""Who may administer, what is sent, and how a refusal is printed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from gateway_core.catalog.endpoints import ErrorShape
from gateway_core.errors import (
    BadRequest,
    ConfigurationError,
    GatewayError,
    InvalidQuery,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    RequestTimeout,
)
from gateway_core.operations.access import ADMIN, require
from gateway_core.operations.live import Live
from gateway_core.operations.report import finding_json
from gateway_core.types import Principal
from gateway_core.web.bodies import check_media_type, read_json
from gateway_core.web.dialects import error_response

MAX_ARCHIVE: Final = 20 * 1024 * 1024
MAX_ARTIFACT: Final = 5 * 1024 * 1024
MAX_NESTING: Final = 64
READ_SECONDS: Final = 60.0


class Door:
    """Lets administrators in, in a demonstration too: credentials with the scope ``admin`` are needed."""

    def __init__(self, live: Live, now: Callable[[], datetime]) -> None:
        self._live, self._now = live, now

    def __call__(self, request: Request) -> Principal:
        """The administrator who asks. Raises ``Unauthenticated`` or ``Forbidden``."""
        headers = request.headers
        principal = self._live.moment.gatekeeper.principal(
            headers.get("authorization"), headers.get("x-api-key"), self._now().timestamp()
        )
        request.state.application = principal.application
        require(principal, ADMIN)
        return principal


async def sent_bytes(request: Request, limit: int) -> bytes:
    """The body. Raises ``PayloadTooLarge`` and ``RequestTimeout``."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise PayloadTooLarge(f"the body is larger than {limit} bytes")
                chunks.append(chunk)
    except TimeoutError:
        raise RequestTimeout("the body did not arrive in time") from None
    return b"".join(chunks)


async def sent_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object. Raises ``BadRequest`` and its kin."""
    check_media_type(request.headers.get("content-type", ""), untyped_allowed=False)
    document = read_json(await sent_bytes(request, MAX_ARTIFACT), MAX_NESTING)
    if not isinstance(document, dict):
        raise BadRequest("an artifact is a JSON object")
    return document


def add_refusals(app: FastAPI) -> None:
    """Answer every error as a problem (RFC 9457)."""

    @app.exception_handler(GatewayError)
    async def refused(_: Request, error: GatewayError) -> Response:
        return refusal(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        return refusal(InvalidQuery(f"parameter '{name}': {first['msg']}", parameter=name))

    @app.exception_handler(HTTPException)
    async def unknown(_: Request, fault: HTTPException) -> Response:
        if fault.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = (fault.headers or {}).get("Allow", "GET").split(", ")
            return refusal(MethodNotAllowed("this method does not apply here", allowed))
        return refusal(NotFound("there is nothing at this path", hint="See /admin/openapi.json."))


def refusal(error: GatewayError) -> Response:
    """An error as a problem; what is wrong with configuration is 422, with every finding."""
    answer = error_response(error, ErrorShape.PROBLEM, "", "")
    headers = {name.decode("ascii"): value.decode("ascii") for name, value in answer.headers}
    if not isinstance(error, ConfigurationError):
        return Response(answer.body, answer.status, headers)
    status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
    findings = [finding_json(finding) for finding in error.findings]
    problem = {**orjson.loads(answer.body), "status": status, "findings": findings}
    return Response(orjson.dumps(problem), status, headers)
