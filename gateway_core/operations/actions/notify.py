"""``notify``: tell those who subscribed, each on its own, by a request to its callback."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from gateway_core.errors import GatewayError, Hopeless, UpstreamError
from gateway_core.operations.actions.notify_schema import SCHEMA, SECONDS
from gateway_core.operations.actions.occasion import BODY
from gateway_core.operations.actions.protocol import Work
from gateway_core.operations.actions.reach import services
from gateway_core.outgoing.protocol import Bounds, Request
from gateway_core.query.model import Scope
from gateway_core.types import Json, JsonObject, Reference, StoredObject

PAGE: Final = 500
ANY: Final = "*"
CLOUDEVENTS: Final = "application/cloudevents+json"


class Notify:
    """See ``protocol.Handler``. Its targets are the ids of the subscriptions that an event concerns."""

    name = "notify"
    aliases: tuple[str, ...] = ()
    summary = "tells subscribers, each by a request to its callback; who cannot be reached holds up nobody"
    schema = SCHEMA

    def interest(self, configuration: Mapping[str, Json]) -> Mapping[Reference, Collection[str]] | None:
        told: dict[Reference, dict[str, None]] = {}
        for channel in configuration["channels"]:
            if "schema" not in channel:
                continue
            told.setdefault(channel["schema"], {}).update(
                dict.fromkeys((channel.get("members") or {}).values())
            )
        return {schema: tuple(members) for schema, members in told.items()}

    def targets(self, work: Work) -> Iterable[str]:
        channels = _channels(work)
        if not channels:
            return ()
        roles = work.configuration["subscriptions"]
        return [item.id for item in _subscriptions(work, roles) if _wanted(work, item.data, roles, channels)]

    def run(self, work: Work) -> Json:
        roles = work.configuration["subscriptions"]
        item = _subscription(work)
        if item is None or item.entity != roles["schema"]:
            return None  # nobody subscribes any more
        wanted = _wanted(work, item.data, roles, _channels(work))
        if wanted is None:
            return None  # to something else by now
        self._send(work, item.data, roles, wanted)
        return None

    def _send(
        self, work: Work, subscription: JsonObject, roles: Mapping[str, str], channel: Mapping[str, Any]
    ) -> None:
        chosen = subscription.get(roles.get("format", ""))
        kind, body = _message(work, channel, chosen if isinstance(chosen, str) else "")
        headers = {"Content-Type": kind, "X-Event-Id": work.event.id}
        auth = subscription.get(roles.get("auth", ""))
        if isinstance(auth, str) and auth:
            headers["Authorization"] = auth
        url = subscription.get(roles["callback"])
        if not isinstance(url, str):
            raise Hopeless("the subscription has no callback")
        bounds = Bounds(total=float(work.configuration.get("timeout") or SECONDS), answer=65_536)
        answer = work.tools.outgoing.send(Request("POST", url, headers, body, bounds))
        if not 200 <= answer.status < 300:
            told = f"the subscriber answered {answer.status}"
            raise UpstreamError(told) if answer.status in _TROUBLE else GatewayError(told)


_TROUBLE: Final = frozenset({408, 429, *range(500, 600)})


def _subscriptions(work: Work, roles: Mapping[str, str]) -> Sequence[StoredObject]:
    """All subscriptions, read once for all events that were read before."""
    key = f"notify {roles['schema']} {work.principal.tenant}"
    known: Sequence[StoredObject] | None = work.tools.memo.get(key)
    if known is None:
        known = work.tools.memo[key] = list(_read(work, Scope(work.principal.tenant, roles["schema"])))
    return known


def _subscription(work: Work) -> StoredObject | None:
    """The one that is told, read once for a batch of deliveries."""
    tenant, id = work.principal.tenant, work.target
    key = f"notify {tenant} {id}"
    if key not in work.tools.memo:
        work.tools.memo[key] = work.tools.context.store.get(tenant, [id]).get(id)
    known: StoredObject | None = work.tools.memo[key]
    return known


def _read(work: Work, scope: Scope) -> Iterator[StoredObject]:
    store = work.tools.context.store
    with store.snapshot():
        last: str | None = None
        while page := store.following(scope, last, PAGE):
            yield from page
            last = page[-1].id


def _channels(work: Work) -> list[Mapping[str, Any]]:
    """The channels that tell of the event."""
    listed: list[Mapping[str, Any]] = work.configuration["channels"]
    if work.event.entity:
        return [each for each in listed if each.get("schema") == work.event.entity]
    body = _body(work)
    return [each for each in listed if "received" in each and _agrees(body, each["received"])]


def _body(work: Work) -> JsonObject:
    """The received message."""
    body = work.event.data.get(BODY)
    return body if isinstance(body, dict) else {}


def _agrees(body: JsonObject, wanted: Mapping[str, Json]) -> bool:
    return all(name in body and _text(body[name]) == _text(value) for name, value in wanted.items())


def _wanted(
    work: Work, subscription: JsonObject, roles: Mapping[str, str], channels: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The first of the channels to which somebody subscribed, for values that the event has."""
    listed = subscription.get(roles["channels"])
    for asked in listed if isinstance(listed, list) else [listed]:
        if not isinstance(asked, dict):
            continue
        for channel in channels:
            if asked.get(roles["name"]) == channel["name"]:
                filters = asked.get(roles.get("filters", "")) or {}
                members = _members(work, channel)
                if all(value == ANY or _text(members.get(name)) == value for name, value in filters.items()):
                    return channel
    return None


def _text(value: Json) -> str:
    """A member's value as the text that a filter gives."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _members(work: Work, channel: Mapping[str, Any]) -> JsonObject:
    """What a channel tells of the object of an event, by the channel's names, or what can be filtered by in
    a received message."""
    if "received" in channel:
        found = _body(work).get(channel.get("filtered", ""))
        return found if isinstance(found, dict) else {}
    held = work.event.data
    return {name: held.get(member) for name, member in (channel.get("members") or {}).items()}


def _message(work: Work, channel: Mapping[str, Any], chosen: str) -> tuple[str, bytes]:
    """The media type and the body of what a subscriber is told."""
    if "received" in channel:
        return "application/json", orjson.dumps(_body(work))
    formats: Mapping[str, Any] = work.configuration["formats"]
    usual = str(work.configuration.get("format") or next(iter(formats)))
    form = formats.get(chosen) or formats[usual]
    told = _told(work, channel)
    if "mapping" in form:
        context = work.tools.context
        mapping = context.catalog.mappings[form["mapping"]]
        return "application/json", orjson.dumps(mapping.apply(told, services(work)))
    return CLOUDEVENTS, orjson.dumps(_cloud_event(told, form))


def _told(work: Work, channel: Mapping[str, Any]) -> JsonObject:
    event, entity = work.event, work.tools.context.catalog.entities[work.event.entity]
    path = f"{entity.home}/{event.object}" if entity.home is not None else ""
    return {
        "id": event.id,
        "name": event.name,
        "action": event.action,
        "channel": channel["name"],
        "resource": channel.get("resource", channel["name"]),
        "url": f"{work.tools.public_url}{path}",
        "object": event.object,
        "version": event.version,
        "time": event.time,
        "application": event.application,
        "members": _members(work, channel),
    }


def _cloud_event(told: JsonObject, form: Mapping[str, Any]) -> JsonObject:
    """The NL GOV profile for CloudEvents: little more than where to look."""
    words: Mapping[str, str] = form.get("actions") or {}
    action = str(told["action"])
    kind = str(form.get("type") or "{channel}.{action}")
    for name in ("resource", "channel"):
        kind = kind.replace(f"{{{name}}}", str(told[name]))
    return {
        "specversion": "1.0",
        "id": told["id"],
        "source": form["source"],
        "type": kind.replace("{action}", words.get(action, action)),
        "subject": told["object"],
        "time": told["time"],
        "datacontenttype": "application/json",
        "data": {told["resource"]: told["url"], **told["members"]},
    }
