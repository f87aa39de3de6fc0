"""``fetch``: the object that an event gives the address of is brought in from its source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from gateway_core.catalog.sources import Source
from gateway_core.errors import Hopeless
from gateway_core.operations.actions.given import OneTarget
from gateway_core.operations.actions.occasion import occasion
from gateway_core.operations.actions.protocol import Work
from gateway_core.operations.actions.reach import services
from gateway_core.operations.asking import Ask, ask
from gateway_core.operations.dotted import at
from gateway_core.operations.incoming import Synchronization
from gateway_core.operations.synchronize import bring_one_in
from gateway_core.types import Json, JsonObject

_PLACE: Final[JsonObject] = {"type": "string", "minLength": 1}
_ELEMENT: Final = ("url", "object")

SCHEMA: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "url": {
            **_PLACE,
            "description": "where the address stands in what conditions are given, as `body.resourceUrl`",
        },
        "schema": {
            "type": "string",
            "x-refers": "schema",
            "description": "the `$id` of the schema of the object that comes in",
        },
        "source": {
            "type": "string",
            "x-refers": "source",
            "description": "the `$id` of the source that is asked; without it the one whose address that of "
            "the object begins with. No other host is ever asked",
        },
        "item": {
            "type": "string",
            "description": "where in the answer the object stands (default: it is it)",
        },
        "mapping": {
            "type": "string",
            "x-refers": "mapping",
            "description": "the `$id` of the mapping from an object there to one of the schema",
        },
        "urlLocation": {**_PLACE, "description": "as `url`, in Common Gateway's form"},
        "entity": {
            "type": "string",
            "x-refers": "schema",
            "description": "as `schema`, in Common Gateway's form",
        },
    },
    "allOf": [
        {"anyOf": [{"required": ["url"]}, {"required": ["urlLocation"]}]},
        {"anyOf": [{"required": ["schema"]}, {"required": ["entity"]}]},
    ],
}


class Fetch(OneTarget):
    """See ``protocol.Handler``. The same address is the same object, however often it is told of."""

    name = "fetch"
    aliases: tuple[str, ...] = ("CommonGateway\\CoreBundle\\ActionHandler\\NotificationHandler",)
    summary = "brings in, or up to date, the object that an event gives the address of"
    schema = SCHEMA

    def targets(self, work: Work) -> Iterable[str]:
        """Nothing is told by a read, on which Common Gateway's endpoints throw the same event."""
        return super().targets(work) if work.event.id else ()

    def run(self, work: Work) -> Json:
        context, given = work.tools.context, work.configuration
        place = str(given.get("url") or given["urlLocation"])
        url = at(occasion(work.event, work.document), place)
        if not isinstance(url, str) or not url:
            raise Hopeless(f"there is no address at '{place}'")
        source, asked = _asked(work, url)
        reach = services(work)
        document = ask(context.sources, source, asked, reach).document
        sync = Synchronization(
            reference=work.action.reference,
            source=source.reference,
            schema=str(given.get("schema") or given["entity"]),
            item=".".join(filter(None, (_ELEMENT[1], str(given.get("item") or "")))),
            id=_ELEMENT[0],
            mapping=str(given.get("mapping") or ""),
        )
        tally = bring_one_in(
            context, sync, work.principal, reach, dict(zip(_ELEMENT, (url, document), strict=True))
        )
        if tally.faults:
            raise Hopeless(f"what source '{source.title}' has there cannot be kept: {tally.faults[0]}")
        return None


def _asked(work: Work, url: str) -> tuple[Source, Ask]:
    """Which source is asked, and for what below its address. An address of none of them is no reason to ask
    anybody."""
    known: Mapping[str, Source] = work.tools.context.catalog.sources
    named = work.configuration.get("source")
    candidates = [known[named]] if named is not None else list(known.values())
    fitting = [source for source in candidates if f"{url}/".startswith(f"{source.url.rstrip('/')}/")]
    if not fitting:
        raise Hopeless("the address is that of no source")
    source = max(fitting, key=lambda each: len(each.url))
    parts = urlsplit(url[len(source.url.rstrip("/")) :])
    query: dict[str, Any] = dict(parse_qsl(parts.query, keep_blank_values=True))
    return source, Ask(parts.path, query=query, traceparent=work.tools.context.traceparent)
