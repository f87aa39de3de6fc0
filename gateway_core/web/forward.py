"""Endpoints that hand requests on to a source: what passes in either direction, and what does not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.sources import AuthKind, Exchange, Source
from gateway_core.errors import (
    NotFound,
    NotSupported,
    UpstreamDisabled,
    UpstreamError,
    UpstreamForbidden,
    UpstreamStrayed,
)
from gateway_core.mapping.mapping import Services
from gateway_core.operations.asking import Ask, ask
from gateway_core.operations.call import Context
from gateway_core.outgoing.protocol import Answer, Message
from gateway_core.web.bodies import read_json
from gateway_core.web.dialects import Headers, Response, json_response
from gateway_core.web.target import Request

_SAFE: Final = "/:@!$&'()*+,;=~-._"
_BODILESS: Final = frozenset({204, 304})


def base_of(endpoint: Endpoint, path: str) -> str:
    """The beginning of a path that is the endpoint's own; all of it where a pattern tells."""
    return next((own for own in endpoint.paths if f"{path}/".startswith(f"{own}/")), path)


def path_of(request: Request, base: str, to: str) -> str:
    """The path below the source: what stands behind that of the endpoint, encoded again, below ``to``."""
    return f"{to.rstrip('/')}{quote(request.path[len(base) :], safe=_SAFE)}"


async def forward(
    source: Source,
    path: str,
    request: Request,
    body: bytes | None,
    context: Context,
    pool: Executor,
    max_nesting: int,
) -> Response:
    """Hand the request on, and the answer back, both by the headers that the source lets pass.

    Credentials and cookies of the client stay here, those of the source there. Where the source has
    mappings for the path, query and bodies go through them. Raises what ``Sources`` raises; ``NotSupported``
    for a source that the configuration does not let be called, ``NotFound`` for a path that is not below it.
    """
    headers = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in request.headers.items()
        if name.decode("latin-1") in source.passing.request_headers and name != b"traceparent"
    }
    if context.traceparent:
        headers["traceparent"] = context.traceparent
    query = parse_qsl(request.query.decode("latin-1"), keep_blank_values=True, encoding="utf-8")
    if source.exchange(path) != Exchange():
        asked = _asked(path, request, query, headers, body, max_nesting)
        services = Services(mapping=context.catalog.mappings.get, now=context.now, clock=context.clock)
        with _as_configured(source):
            return await _in_thread(pool, lambda: _mapped(context, source, asked, services))
    message = Message(request.method, path, tuple(query), headers, body)
    with _as_configured(source):
        answer = await context.sources.call_async(source, message)
    return _passed(source, answer, request)


@contextlib.contextmanager
def _as_configured(source: Source) -> Iterator[None]:
    """Tell what no other moment would change from failures of the source."""
    try:
        yield
    except UpstreamStrayed:
        raise NotFound(f"Source '{source.title}' has no such path.") from None
    except (UpstreamDisabled, UpstreamForbidden) as error:
        raise NotSupported(error.detail, hint=error.hint) from None


def _asked(
    path: str,
    request: Request,
    query: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes | None,
    max_nesting: int,
) -> Ask:
    document = read_json(body, max_nesting) if body else None
    kept = {name: value for name, value in headers.items() if name not in ("content-type", "traceparent")}
    method = "GET" if request.method == "HEAD" else request.method
    return Ask(path, method, dict(query), kept, document, traceparent=headers.get("traceparent", ""))


def _mapped(context: Context, source: Source, asked: Ask, services: Services) -> Response:
    said = ask(context.sources, source, asked, services)
    if said.document is None:
        return Response(said.status if said.status in _BODILESS else 204, [], b"")
    return json_response(said.status, said.document)


async def _in_thread(pool: Executor, work: Callable[[], Response]) -> Response:
    return await asyncio.get_running_loop().run_in_executor(pool, work)


def _passed(source: Source, answer: Answer, request: Request) -> Response:
    if answer.status in (401, 407) and source.auth.kind is not AuthKind.NONE:
        # Seen by the client, this would speak of the client's own credentials.
        raise UpstreamError(
            f"source '{source.title}': it does not accept our credentials",
            source=source.reference,
            cause=f"status {answer.status}",
        )
    headers: Headers = []
    for name, value in answer.headers:
        if name not in source.passing.response_headers or name == "content-length":
            continue
        shown = _local(source, value) if name in ("location", "link") else value
        if shown and shown.isprintable():
            headers.append((name.encode("ascii", "ignore"), shown.encode("latin-1", "ignore")))
    bodiless = answer.status in _BODILESS or request.method == "HEAD"
    return Response(answer.status, headers, b"" if bodiless else answer.body)


def _local(source: Source, value: str) -> str:
    """A header that refers to another place, when that place tells nothing of where the source stands."""
    try:
        parts = urlsplit(value.strip("<"))
    except ValueError:
        return ""
    home = urlsplit(source.url)
    return "" if (home.netloc and home.netloc in value) or parts.scheme else value
