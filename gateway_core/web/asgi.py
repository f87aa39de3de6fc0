"""The generated endpoints: an ASGI application that asks the catalog.

A request costs one hop to a thread; none, when it reads from a store that answers at once and the
reading turns out to be brief.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from gateway_core.catalog.endpoints import Accepts, Endpoint, ErrorShape
from gateway_core.errors import (
    BadRequest,
    GatewayError,
    NotAtOnce,
    NotSupported,
    PayloadTooLarge,
    RequestTimeout,
)
from gateway_core.operations.access import READ, WRITE, authorise
from gateway_core.operations.call import NO_SOURCES, Action, Budget, Call, Context, Outcome, Result
from gateway_core.operations.live import Live, Moment
from gateway_core.operations.run import run
from gateway_core.outgoing.protocol import Sources
from gateway_core.types import Json, Principal
from gateway_core.web.bodies import check_media_type, read_json
from gateway_core.web.dialects import Headers, Response, error_response, json_response
from gateway_core.web.forward import base_of, forward, path_of
from gateway_core.web.negotiate import check_accept, entity_tags, origin, traceparent
from gateway_core.web.target import Request, Scope, Target, allowed, match_of, target_of

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

READS = frozenset({Action.READ, Action.LIST, Action.FIND})
WITH_BODY = frozenset(
    {Action.CREATE, Action.REPLACE, Action.PATCH, Action.RESTORE, Action.FIND, Action.RECEIVE}
)
STATUS = {
    Result.FOUND: 200,
    Result.PAGE: 200,
    Result.CREATED: 201,
    Result.CHANGED: 200,
    Result.RECEIVED: 204,
    Result.GONE: 204,
    Result.UNCHANGED: 304,
}
DEMO = Principal("demo", frozenset({READ, WRITE}), user="demo", user_name="Demo")
NO_CACHE = (b"cache-control", b"private, no-cache")


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """What the rim needs to know; limits in bytes, levels and seconds."""

    demo: bool = False
    public_url: str = ""
    max_body: int = 1_048_576
    max_nesting: int = 32
    read_timeout: float = 30.0
    mapping_calls: int = 10


class Observation(NamedTuple):
    """One answered request, without anything that a client sent: fit for a log."""

    method: str
    route: str
    status: int
    seconds: float
    request_id: str
    application: str | None
    fault: BaseException | None = None


class GatewayApi:
    """Serves every endpoint of the catalog in force.

    ``clock`` is monotonic, ``work_clock`` counts the seconds that a thread has worked, ``now`` is
    UTC; ``observe`` is told of each answer, ``follow`` is that of ``Context``.
    """

    def __init__(
        self,
        live: Live,
        options: ApiOptions,
        pool: Executor,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        work_clock: Callable[[], float],
        new_id: Callable[[], str],
        observe: Callable[[Observation], None],
        sources: Sources = NO_SOURCES,
        follow: Callable[[Call, Context, Outcome], Outcome] | None = None,
    ) -> None:
        self._live, self._options, self._pool = live, options, pool
        self._now, self._clock, self._new_id, self._observe = now, clock, new_id, observe
        self._work_clock, self._sources, self._follow = work_clock, sources, follow
        self._prefix, self._numbers = new_id()[-12:], itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = self._clock()
        request = Request.of(scope)
        request_id = f"{self._prefix}-{next(self._numbers)}"
        exchange = _Exchange()
        try:
            response = await self._answer(request, receive, exchange)
        except GatewayError as error:
            exchange.fault = error if error.status >= 500 else None
            response = self._refusal(error, exchange, request_id)
        except Exception as fault:  # noqa: BLE001 - the last line of defence: a bug must not show its insides
            exchange.fault = fault
            response = self._refusal(_internal(request_id), exchange, request_id)
        await _send(send, response, request_id, head=request.method == "HEAD")
        self._observe(
            Observation(
                method=request.method if request.method.isalpha() else "?",
                route=exchange.target.route if exchange.target else "-",
                status=response.status,
                seconds=self._clock() - started,
                request_id=request_id,
                application=exchange.principal.application if exchange.principal else None,
                fault=exchange.fault,
            )
        )

    async def _answer(self, request: Request, receive: Receive, exchange: _Exchange) -> Response:
        moment = self._live.moment
        match = match_of(moment.catalog.table, request.path)
        exchange.endpoint = match.endpoint
        if request.method == "OPTIONS":
            return Response(204, [(b"allow", ", ".join(allowed(match)).encode())], b"")
        target = exchange.target = target_of(match, request)
        principal = exchange.principal = self._principal(moment, request)
        endpoint = target.endpoint.seen_by(principal.reference)
        bounds = authorise(principal, target.action, endpoint)
        if endpoint.forwards:
            return await self._forward(target, request, receive, moment)
        check_accept(request.header(b"accept"))
        if endpoint.waits_for:
            raise NotSupported(endpoint.waits_for)
        body = await self._body(target, request, receive) if target.action in WITH_BODY else None
        call = Call(
            action=target.action,
            endpoint=endpoint,
            principal=principal,
            id=target.id,
            params=target.params,
            body=body,
            if_match=entity_tags(request.header(b"if-match")),
            if_none_match=entity_tags(request.header(b"if-none-match")),
            base_url=origin(self._options.public_url, request.scheme, request.header(b"host")),
            path=target.base,
            above=target.above,
            accept=request.header(b"accept") or "",
            bounds=bounds,
        )
        if target.action in READS and self._live.store.reads_at_once:
            with contextlib.suppress(NotAtOnce):
                return _perform(call, self._context(moment, request, brief=True))
        context = self._context(moment, request, brief=False)
        return await asyncio.get_running_loop().run_in_executor(self._pool, _perform, call, context)

    def _context(self, moment: Moment, request: Request, *, brief: bool) -> Context:
        now, clock, new_id = self._now, self._work_clock, self._new_id
        known = (moment.catalog, self._live.store, now, clock, new_id, brief, self._follow)
        if not moment.catalog.sources:
            return Context(*known)
        budget = Budget(self._options.mapping_calls)
        return Context(*known, self._sources, budget, traceparent(request.header(b"traceparent")))

    def _principal(self, moment: Moment, request: Request) -> Principal:
        if self._options.demo:
            return DEMO
        return moment.gatekeeper.principal(
            request.header(b"authorization"), request.header(b"x-api-key"), self._now().timestamp()
        )

    async def _forward(self, target: Target, request: Request, receive: Receive, moment: Moment) -> Response:
        endpoint = target.endpoint
        content = await self._content(request, receive) if target.action in WITH_BODY else None
        return await forward(
            moment.catalog.sources[endpoint.forwards],
            path_of(request, base_of(endpoint, request.path), endpoint.to),
            request,
            content,
            self._context(moment, request, brief=False),
            self._pool,
            self._options.max_nesting,
        )

    async def _body(self, target: Target, request: Request, receive: Receive) -> Json:
        accepts = target.endpoint.collection.accepts
        check_media_type(
            request.header(b"content-type") or "", untyped_allowed=Accepts.UNTYPED_BODY in accepts
        )
        return read_json(await self._content(request, receive), self._options.max_nesting)

    async def _content(self, request: Request, receive: Receive) -> bytes:
        if request.header(b"content-encoding") not in (None, "identity"):
            raise BadRequest("a compressed body cannot be read", hint="Send it as it is.")
        limit = self._options.max_body
        announced = request.header(b"content-length") or "0"
        if announced.isdigit() and int(announced[:20]) > limit:
            raise _too_large(limit)
        try:
            async with asyncio.timeout(self._options.read_timeout):
                return await _read(receive, limit)
        except TimeoutError:
            raise RequestTimeout("the body did not arrive in time") from None

    def _refusal(self, error: GatewayError, exchange: _Exchange, request_id: str) -> Response:
        target, endpoint = exchange.target, exchange.endpoint
        if endpoint is None:
            return error_response(error, ErrorShape.PROBLEM, "", request_id)
        path = endpoint.path if target is None else target.path
        return error_response(error, endpoint.collection.errors, path, request_id)


class _Exchange:
    """What became known of a request before it was answered or failed."""

    __slots__ = ("endpoint", "fault", "principal", "target")

    def __init__(self) -> None:
        self.endpoint: Endpoint | None = None
        self.target: Target | None = None
        self.principal: Principal | None = None
        self.fault: BaseException | None = None


def _perform(call: Call, context: Context) -> Response:
    return _present(run(call, context))


def _present(outcome: Outcome) -> Response:
    headers: Headers = [NO_CACHE]
    if outcome.etag is not None:
        headers.append((b"etag", b'"%s"' % outcome.etag.encode("ascii")))
    if outcome.location is not None:
        headers.append((b"location", outcome.location.encode("ascii")))
    status = STATUS[outcome.result]
    if outcome.body is None:
        return Response(status, headers, b"")
    return json_response(status, outcome.body, headers)


async def _read(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("the client went away before its body had arrived")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


async def _send(send: Send, response: Response, request_id: str, *, head: bool) -> None:
    headers = [*response.headers, (b"x-request-id", request_id.encode("ascii"))]
    if response.status not in (204, 304):
        headers.append((b"content-length", str(len(response.body)).encode("ascii")))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else response.body})


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"the body is larger than {limit} bytes")


def _internal(request_id: str) -> GatewayError:
    return GatewayError(
        "something went wrong on our side", hint=f"Give the administrator this id: {request_id}."
    )
