"""Asking a source: the mappings around a call, what is sent, and what its answer says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import orjson

from gateway_core.catalog.snapshot import Catalog
from gateway_core.catalog.sources import Exchange, Source
from gateway_core.errors import MappingError, NotAtOnce, UpstreamError
from gateway_core.mapping.mapping import CompiledMapping, Services
from gateway_core.operations.call import Budget
from gateway_core.outgoing.decode import decode
from gateway_core.outgoing.protocol import Answer, Message, Sources
from gateway_core.schema.vocabulary import suggestion
from gateway_core.types import Json, JsonObject, Reference

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
NESTED: Final = 16


@dataclass(frozen=True, slots=True)
class Ask:
    """What to ask of a source. ``body`` is JSON unless it is bytes; ``form`` is sent as a form instead.
    ``traceparent`` is that of the request on whose behalf it is asked (W3C Trace Context)."""

    path: str = ""
    method: str = "GET"
    query: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json | bytes = None
    form: Mapping[str, Json] | None = None
    traceparent: str = ""


class Said(NamedTuple):
    """What a source said: its status and headers, and the document in its body."""

    status: int
    headers: JsonObject
    document: Json


def source_of(catalog: Catalog, named: str) -> Source:
    """A source by its reference, or by its title. Raises ``UpstreamError`` when there is none."""
    known = catalog.sources.get(named)
    if known is None:
        titled = [source for source in catalog.sources.values() if source.title == named]
        if len(titled) == 1:
            return titled[0]
        names = [*catalog.sources, *(source.title for source in catalog.sources.values())]
        hint = suggestion(named[:200], names)
        raise UpstreamError("a source that is asked for is not installed", hint=hint)
    return known


def ask(
    sources: Sources, source: Source, asked: Ask, services: Services, *, seconds: float | None = None
) -> Said:
    """Ask a source, with the mappings that it has for the path around it.

    Raises what ``Sources`` raises, and ``UpstreamError`` for an answer of 400 and above, unless a mapping
    of the source makes an answer of it. ``seconds`` bound the call closer than the source does.
    """
    exchange = source.exchange(asked.path)
    sent = _outward(exchange, asked, services)
    answer = sources.call(source, replace(message_of(sent), seconds=seconds))
    try:
        if answer.status >= 400:
            return _refused(source, exchange, answer, services)
        document = decode(answer, source.decoding)
    except UpstreamError as error:
        raise _named(source, error) from None
    headers: JsonObject = dict(answer.headers)
    return Said(
        answer.status,
        _through(exchange.headers_in, headers, services),
        _through(exchange.body_in, document, services),
    )


def message_of(asked: Ask) -> Message:
    """What is sent: the query flat, as PHP writes it, and the body as bytes."""
    headers = dict(asked.headers)
    names = {name.lower() for name in headers}
    body: bytes | None = None
    if asked.form is not None:
        body = urlencode(list(flat(asked.form))).encode()
        typed = "application/x-www-form-urlencoded"
    else:
        body = asked.body if isinstance(asked.body, bytes) else None
        if body is None and asked.body is not None:
            body = orjson.dumps(asked.body)
        typed = "application/json"
    if body is not None and "content-type" not in names:
        headers["Content-Type"] = typed
    if "accept" not in names:
        headers["Accept"] = "application/json"
    if asked.traceparent:
        headers["traceparent"] = asked.traceparent
    return Message(asked.method, asked.path, tuple(flat(asked.query)), headers, body)


def flat(query: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Query parameters as PHP writes them: ``a[b]=c`` and ``a[0]=b``; null is left out, true is 1."""
    for name, value in query.items():
        yield from _flat(name, value, NESTED)


def _flat(name: str, value: Json, levels: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list) and levels:
        pairs: Any = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in pairs:
            yield from _flat(f"{name}[{key}]", each, levels - 1)
    elif isinstance(value, bool):
        yield name, "1" if value else "0"
    elif isinstance(value, str | int | float):
        yield name, str(value)


def _outward(exchange: Exchange, asked: Ask, services: Services) -> Ask:
    if exchange.query_out is None and exchange.headers_out is None and exchange.body_out is None:
        return asked
    query = _through(exchange.query_out, dict(asked.query), services)
    headers = _through(exchange.headers_out, dict(asked.headers), services)
    body = asked.body
    if exchange.body_out is not None and isinstance(body, dict | list):
        body = _through(exchange.body_out, body, services)
    return Ask(
        asked.path,
        asked.method,
        query if isinstance(query, dict) else {},
        {name: str(value) for name, value in headers.items()} if isinstance(headers, dict) else {},
        body,
        asked.form,
        asked.traceparent,
    )


def _through(mapping: CompiledMapping | None, document: Json, services: Services) -> Json:
    """A part of a call through its mapping; what is no array has nothing to map."""
    if mapping is None or not isinstance(document, dict | list):
        return document
    return mapping.apply(document, services)


def _refused(source: Source, exchange: Exchange, answer: Answer, services: Services) -> Said:
    """What a mapping makes of an answer that says no. Without one it is an error, told by its status only:
    what a source says of errors may repeat what it was sent."""
    if exchange.error_in is None:
        raise UpstreamError(f"it answered {answer.status}", cause=f"status {answer.status}")
    try:
        document = decode(answer, source.decoding)
    except UpstreamError:
        document = None
    given = {"statusCode": answer.status, "headers": dict(answer.headers), "body": document, "message": ""}
    made = exchange.error_in.apply(given, services)
    if not isinstance(made, dict):
        return Said(answer.status, {}, made)
    status, headers = made.get("statusCode", answer.status), made.get("headers")
    shown = status if isinstance(status, int) and 200 <= status < 600 else answer.status
    return Said(shown, headers if isinstance(headers, dict) else {}, made.get("body", made))


def _named(source: Source, error: UpstreamError) -> UpstreamError:
    return type(error)(f"source '{source.title}': {error.detail}", source=source.reference, cause=error.cause)


class Caller:
    """``call(...)`` of mappings, for one request: so many calls, and only where it may wait.

    ``services`` are those of the mappings around calls: they may not call in turn.
    """

    def __init__(
        self,
        catalog: Catalog,
        sources: Sources,
        services: Services,
        *,
        budget: Budget,
        brief: bool = False,
        traceparent: str = "",
    ) -> None:
        self._catalog, self._sources, self._services = catalog, sources, services
        self._budget = budget
        self._brief, self._traceparent = brief, traceparent

    def __call__(self, source: Reference, endpoint: str, method: str, config: JsonObject) -> Json:
        """As ``Services.call`` says: the document of the answer."""
        if self._brief:
            raise NotAtOnce
        if not self._budget.take():
            raise MappingError(
                f"The mappings of one request may call sources {self._budget.most} times, and no more",
                hint="fetch many objects with one call, or raise GATEWAY_MAPPING_CALLS",
            )
        asked = _of_config(endpoint, method, config, self._traceparent)
        return ask(self._sources, source_of(self._catalog, source), asked, self._services).document


def _of_config(endpoint: str, method: str, config: JsonObject, traceparent: str) -> Ask:
    """The configuration of a call as Guzzle has it: ``query``, ``headers``, ``json``, ``body`` and
    ``form_params``. Raises ``MappingError`` for what would have no effect."""
    if method.upper() not in METHODS:
        raise MappingError("A source cannot be called with this method")
    unknown = sorted(config.keys() - {"query", "headers", "json", "body", "form_params"})
    if unknown:
        raise MappingError(
            f"call knows no '{unknown[0][:50]}'", hint="it knows query, headers, json, body and form_params"
        )
    query, headers, form = (config.get(name) or {} for name in ("query", "headers", "form_params"))
    if not all(isinstance(each, dict) for each in (query, headers, form)):
        raise MappingError("query, headers and form_params of call are objects")
    body = config.get("json")
    if isinstance(config.get("body"), str):
        body = config["body"].encode()
    return Ask(
        endpoint,
        method.upper(),
        query,
        {name: str(value) for name, value in headers.items() if isinstance(value, str | int)},
        body,
        form or None,
        traceparent,
    )
