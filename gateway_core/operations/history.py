"""What was: the versions of an object, an object as it was, and the objects that were removed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from gateway_core.errors import GatewayError, NotFound
from gateway_core.operations.access import WRITE, require
from gateway_core.operations.call import Call, Context, Outcome, Result
from gateway_core.operations.graph import Extend
from gateway_core.operations.objects import entity_of, names, page_of, read, scope_of
from gateway_core.operations.past import Life, load_as_of
from gateway_core.operations.shape import (
    item_params,
    items_out,
    list_query,
    project,
    renderer_of,
    window_params,
)
from gateway_core.query.shape import MAX_VERSION, REMOVED, VERSION
from gateway_core.query.values import read_integer, refusal
from gateway_core.store.protocol import Past
from gateway_core.types import Json, JsonObject

ANSWERED = frozenset({"_self", "embedded"})


def versions(call: Call, context: Context) -> Outcome:
    """The versions of an object, newest first; of one that was removed, to those who may write."""
    window = window_params(call, entity_of(call, context))
    with context.store.snapshot():
        life = known_life(call, context)
        shown: list[Past | None] = [*life.page(window.limit + 1, window.offset), None]
        told = [
            _told(call, context, life, version, before)
            for version, before in pairwise(shown[: window.limit + 1])
            if version is not None
        ]
    return Outcome(Result.PAGE, page_of(told, life.total, window))


def read_version(call: Call, context: Context) -> Outcome:
    """An object as it was in one version, with what it embedded just before that version ended."""
    params = dict(call.params)
    number = version_number(params.pop(VERSION))
    call = call._replace(params=params)
    query = item_params(call, entity_of(call, context))
    life = known_life(call, context)
    version = version_of(call, context, life, number)
    if version.object is life.current:
        return read(call, context)
    document, tag = _as_it_was(call, context, version, Extend.of(query.extend))
    if call.if_none_match is not None and names(call.if_none_match, tag):
        return Outcome(Result.UNCHANGED, etag=tag)
    return Outcome(Result.FOUND, project(document, query), tag)


def list_removed(call: Call, context: Context) -> Outcome:
    """The removed objects that a query finds, each as it was, with when and by whom it was removed."""
    params = dict(call.params)
    if params.pop(REMOVED) != "true":
        raise refusal(REMOVED, "must be true or false")
    call = call._replace(params=params)
    query = list_query(call, context, entity_of(call, context))
    if query.facets:
        raise refusal("_queries", "counts the values of objects that are there, not of removed ones")
    extend, tenant = Extend.of(query.extend), call.principal.tenant
    with context.store.snapshot():
        page = context.store.find(replace(scope_of(call), removed=True), query)
        removals = context.store.removals(tenant, [item.id for item in page.items])
        documents = [_removed(call, context, removals[item.id], extend) for item in page.items]
    results = [project(document, query) for document in documents]
    return Outcome(Result.PAGE, page_of(results, page.total, query.window))


def known_life(call: Call, context: Context) -> Life:
    """The life of the call's object. Raises ``NotFound``, and ``Forbidden`` when only those who may
    write may know."""
    life = Life(context.store, scope_of(call), call.id or "")
    if not life.total:
        raise NotFound(f"there is no {entity_of(call, context).spec.title} with this id")
    if life.current is None:
        require(call.principal, WRITE)
    return life


def version_of(call: Call, context: Context, life: Life, number: int) -> Past:
    """A version by its number. Raises ``NotFound``."""
    version = life.version(number)
    if version is None:
        title = entity_of(call, context).spec.title
        hint = f"Those that are kept are listed at {call.endpoint.path}/{call.id}/versions."
        raise NotFound(f"this {title} has no such version, or it is forgotten", hint=hint)
    return version


def version_number(value: Json) -> int:
    """The number of a version from a query. Raises ``InvalidQuery``."""
    number = read_integer(value)
    if number is None or not 1 <= number <= MAX_VERSION:
        raise refusal(VERSION, "must be the number of a version")
    return number


def _told(call: Call, context: Context, life: Life, version: Past, before: Past | None) -> JsonObject:
    """What the list tells of a version, with the one before it."""
    id, _, _, meta = version.object
    current = version.object is life.current
    word = call.endpoint.collection.words.get(VERSION, VERSION)
    return {
        "version": meta.version,
        "dateModified": meta.modified,
        "author": meta.author,
        "dateEnded": None if current else version.ended,
        "endedBy": version.ended_by,
        "changed": _changed(call, context, version, before),
        "current": current,
        "removed": version.removed,
        "path": f"{call.endpoint.path}/{id}?{word}={meta.version}",
    }


def _changed(call: Call, context: Context, version: Past, earlier: Past | None) -> list[str] | None:
    """The top-level members, in the client's shape, that differ from the version before.

    All that it has for the first version; None when the one before is forgotten, or cannot be
    shown in that shape any more.
    """
    if earlier is None and version.object.meta.version > 1:
        return None
    try:
        after = _members(call, context, version)
        before = _members(call, context, earlier) if earlier is not None else {}
    except GatewayError:
        return None
    return sorted(name for name in after.keys() | before.keys() if after.get(name) != before.get(name))


def _members(call: Call, context: Context, version: Past) -> JsonObject:
    if not call.endpoint.is_mapped:
        hidden = context.catalog.entities[version.object.entity].hidden
        return {name: value for name, value in version.object.data.items() if name not in hidden}
    document, _ = _as_it_was(call, context, version, Extend())
    inner = document.get("embedded")
    members = {**(inner if isinstance(inner, dict) else {}), **document}
    return {
        name: value for name, value in members.items() if name not in ANSWERED and value not in (None, [])
    }


def _as_it_was(call: Call, context: Context, version: Past, extend: Extend) -> tuple[JsonObject, str]:
    """A version as the client sees it, and the entity tag of that."""
    store, tenant = context.store, call.principal.tenant
    with store.snapshot():
        graph = load_as_of(context.catalog, store, tenant, version.object, extend, version.ended)
    document = items_out(call, context, [renderer_of(call, context, graph).document(version.object)])[0]
    return document, graph.tag(context.catalog.version)


def _removed(call: Call, context: Context, version: Past, extend: Extend) -> JsonObject:
    document, _ = _as_it_was(call, context, version, extend)
    known = document.get("_self")
    told = {"dateRemoved": version.ended, "removedBy": version.ended_by}
    return {**document, "_self": {**(known if isinstance(known, dict) else {}), **told}}
