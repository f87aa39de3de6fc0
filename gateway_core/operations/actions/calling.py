"""``call`` and ``proxy``: other systems asked on behalf of an event or of a request."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from gateway_core.errors import Hopeless
from gateway_core.operations.actions.given import ASKED, OneTarget, given
from gateway_core.operations.actions.objects import change
from gateway_core.operations.actions.protocol import Work
from gateway_core.operations.actions.reach import services
from gateway_core.operations.asking import Ask, ask, source_of
from gateway_core.types import Json, JsonObject

SOURCE: Final[JsonObject] = {
    "type": "string",
    "x-refers": "source",
    "description": "the `$id` of the source that is asked",
}
METHOD: Final[JsonObject] = {
    "enum": ["GET", "POST", "PUT", "PATCH", "DELETE"],
    "description": "how it is asked (default `POST`)",
}

CALL_SCHEMA: Final[JsonObject] = {
    "type": "object",
    "required": ["source"],
    "additionalProperties": False,
    "properties": {
        "source": SOURCE,
        "method": METHOD,
        "path": {
            "type": "string",
            "description": "what is asked, below its address; `{id}` in it is the id of the event's object",
        },
        "query": {"type": "object", "description": "query parameters of every call"},
        "mapping": {
            "type": "string",
            "x-refers": "mapping",
            "description": "the `$id` of the mapping that makes the body; it is given what conditions are "
            "given. Of nothing, nothing is called. Without it there is no body",
        },
        "computed": ASKED,
        "store": {
            "type": "string",
            "x-refers": "mapping",
            "description": "the `$id` of a mapping of the answer: what it makes is merged into the object "
            "of the event",
        },
    },
}

PROXY_SCHEMA: Final[JsonObject] = {
    "type": "object",
    "required": ["source"],
    "additionalProperties": False,
    "properties": {
        "source": SOURCE,
        "path": {
            "type": "string",
            "description": "what is asked; `{id}` in it is the id of the object that is read",
        },
    },
}


class CallSource(OneTarget):
    """See ``protocol.Handler``. It is done again after a kill: a source that must not hear of an event
    twice finds the event's id in ``Idempotency-Key``."""

    name = "call"
    summary = "calls a source, with what a mapping makes of the event, and may keep what it answers"
    schema = CALL_SCHEMA

    def run(self, work: Work) -> Json:
        context, reach = work.tools.context, services(work)
        body: Json = None
        mapping = work.configuration.get("mapping")
        if mapping is not None:
            body = context.catalog.mappings[mapping].apply(given(work), reach)
            if not body:
                return None
        source = source_of(context.catalog, work.configuration["source"])
        asked = Ask(
            path_of(work),
            work.configuration.get("method", "POST"),
            work.configuration.get("query") or {},
            {"Idempotency-Key": work.event.id} if work.event.id else {},
            body,
            traceparent=context.traceparent,
        )
        answer = ask(context.sources, source, asked, reach).document
        store = work.configuration.get("store")
        if store is None:
            return answer
        if not isinstance(answer, dict | list):
            raise Hopeless(f"source '{source.title}' answered nothing that can be kept")
        made = context.catalog.mappings[store].apply(answer, reach)
        if isinstance(made, dict) and made and work.event.object:
            change(work, work.event.entity, work.event.object, made)
        return None


class Proxy(OneTarget):
    """See ``protocol.Handler``."""

    name = "proxy"
    aliases: tuple[str, ...] = ("CommonGateway\\CoreBundle\\ActionHandler\\RequestProxyHandler",)
    summary = "answers a read with what a source answers to the same query"
    schema = PROXY_SCHEMA

    def run(self, work: Work) -> Json:
        context = work.tools.context
        source = source_of(context.catalog, work.configuration["source"])
        query = work.event.data.get("query") or {}
        asked = Ask(path_of(work), query=query, traceparent=context.traceparent)
        return ask(context.sources, source, asked, services(work)).document


def path_of(work: Work) -> str:
    """The configured path, with the id of the object in it."""
    path = str(work.configuration.get("path") or "")
    return path.replace("{id}", quote(work.event.object, safe=""))
