"""The six things a client does with objects. Each reads, plans, and applies once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from gateway_core.catalog.endpoints import Unknown
from gateway_core.catalog.snapshot import Entity
from gateway_core.errors import (
    Conflict,
    NotAtOnce,
    NotFound,
    NotUnique,
    PreconditionFailed,
    VersionConflict,
)
from gateway_core.operations.bounded import bounded, check_bounds, check_kept, extend_of, under_above
from gateway_core.operations.call import Action, Call, Context, Outcome, Result
from gateway_core.operations.documents import expand, patched
from gateway_core.operations.graph import Extend, Graph, load
from gateway_core.operations.merge import enveloped, merge_patch, three_way
from gateway_core.operations.named import add_named, missing_references
from gateway_core.operations.prepare import prepare
from gateway_core.operations.refusals import cleared
from gateway_core.operations.relations import Planner
from gateway_core.operations.several import at_home, find_each, queries
from gateway_core.operations.shape import (
    answer_out,
    bare,
    body_in,
    invalid,
    item_params,
    items_out,
    list_query,
    project,
    renderer_of,
    show,
    show_new,
)
from gateway_core.operations.telling import commit
from gateway_core.query.model import Op, Query, Scope, Window, asks
from gateway_core.query.parse import canonical
from gateway_core.query.shape import WINDOW
from gateway_core.schema import without
from gateway_core.types import Json, JsonObject, StoredObject, Violation

ATTEMPTS = 8
FACET_VALUES = 100
BRIEF_PAGE = 100  # what takes some milliseconds to render
EVERYTHING = Extend(everything=True)
BESIDE_PAGES = frozenset(WINDOW)
UNKNOWN = "unknown-property"


def read(call: Call, context: Context) -> Outcome:
    if call.endpoint.others:
        call = at_home(call, context)
    check_bounds(call, context)
    entity = entity_of(call, context)
    query = item_params(call, entity)
    document, tag = show(call, context, call.id or "", extend_of(call, query))
    if call.if_none_match is not None and names(call.if_none_match, tag):
        return Outcome(Result.UNCHANGED, etag=tag)
    return Outcome(Result.FOUND, project(document, query), tag)


def list_(call: Call, context: Context) -> Outcome:
    asked = queries(call, context) if call.endpoint.others else []
    query = (
        asked[0][1] if asked else bounded(call, context, list_query(call, context, entity_of(call, context)))
    )
    query = _unpaged(call, context, query)
    extend, tenant = extend_of(call, query), call.principal.tenant
    if context.brief and (query.window.limit > BRIEF_PAGE or asks(query.where, Op.REGEX)):
        raise NotAtOnce
    with context.store.snapshot(brief=context.brief):
        check_bounds(call, context)
        page = find_each(call, context, asked) if asked else context.store.find(scope_of(call), query)
        facets = _facets(call, context, query)
        graph = load(context.catalog, context.store, tenant, page.items, extend)
    renderer = renderer_of(call, context, graph)
    documents = [renderer.document(item) for item in page.items]
    return Outcome(Result.PAGE, _listed(call, context, documents, page.total, query, facets))


def _unpaged(call: Call, context: Context, query: Query) -> Query:
    """Where a list has no pages, as many as one may hold, unless the client says how many."""
    if call.endpoint.paginated or not BESIDE_PAGES.isdisjoint(canonical(call.params)):
        return query
    return replace(query, window=Window(entity_of(call, context).parser.most))


def _listed(
    call: Call,
    context: Context,
    documents: list[JsonObject],
    total: int,
    query: Query,
    facets: JsonObject,
) -> Json:
    """The answer to a list: a page in its envelope, or a bare array where the endpoint has no pages."""
    whole = call.endpoint.pipeline.answer_out is not None
    results = bare(call, documents) if whole else items_out(call, context, documents)
    body: Json = {**page_of(results, total, query.window), **facets}
    if whole:
        body = answer_out(call, context, body)
    shown = body.get("results") if isinstance(body, dict) else None
    if (query.fields or query.unset) and isinstance(shown, list):
        body = {**body, "results": [project(each, query) for each in shown]}
    if not call.endpoint.paginated and isinstance(body, dict):
        return body.get("results", [])
    return body


def page_of(results: list[JsonObject], total: int, window: Window) -> JsonObject:
    """The envelope of a page."""
    limit, offset = window.limit, window.offset
    return {
        "results": results,
        "count": len(results),
        "limit": limit,
        "total": total,
        "offset": offset,
        "page": offset // limit + 1,
        "pages": max(1, -(-total // limit)),
    }


def _facets(call: Call, context: Context, query: Query) -> JsonObject:
    """``facets`` of the answer: by name the values, and how many different ones there are."""
    if not query.facets:
        return {}
    paths = [path for _, path in query.facets]
    counted = context.store.facets(scope_of(call), query.where, paths, FACET_VALUES)
    return {
        "facets": {
            name: {
                "values": [{"_id": value, "count": count} for value, count in facet.values],
                "different": facet.different,
            }
            for (name, _), facet in zip(query.facets, counted, strict=True)
        }
    }


def create(call: Call, context: Context) -> Outcome:
    entity = entity_of(call, context)
    query = item_params(call, entity)
    check_bounds(call, context)
    id = context.new_id()
    prepared = prepare(context, entity, under_above(call, context, body_in(call, context, call.body)), id)
    for _ in range(ATTEMPTS):
        named = Graph({}, {}, EVERYTHING)
        document = valid(call, context, entity, prepared, named)
        planner = Planner(context, call.principal, named)
        planner.create(entity, id, document, fresh=True)
        changes = planner.changes()
        try:
            written, events = commit(call, context, changes, id)
        except VersionConflict:  # of an object that the document names
            continue
        except NotUnique as error:
            raise planner.not_unique(error) from None
        body, tag = show_new(call, context, id, changes, written, Extend.of(query.extend))
        base = call.place if call.endpoint.has_items else entity.home
        place = f"{base}/{id}" if base is not None else None
        return Outcome(Result.CREATED, project(body, query), tag, place, events)
    raise too_busy()


def replace_(call: Call, context: Context) -> Outcome:
    def wanted(entity: Entity, item: StoredObject, graph: Graph) -> JsonObject:
        if call.endpoint.merge_put:
            return _merged(call, context, entity, item, graph)
        # What no client can see, none can send back.
        held = {name: item.data[name] for name in entity.hidden if name in item.data}
        return {**held, **body_in(call, context, call.body)}

    return _change(call, context, wanted)


def patch(call: Call, context: Context) -> Outcome:
    check_kept(call, context)

    def wanted(entity: Entity, item: StoredObject, graph: Graph) -> JsonObject:
        if call.endpoint.is_mapped:
            return _merged(call, context, entity, item, graph)
        document = prepare(context, entity, body_in(call, context, call.body), item.id, partial=True)
        add_named(context, call.principal.tenant, entity, document, graph)
        return patched(context, graph, item, document, append=call.endpoint.append_arrays)

    return _change(call, context, wanted)


def delete(call: Call, context: Context) -> Outcome:
    entity = entity_of(call, context)
    check_bounds(call, context)
    extend = Extend.of(item_params(call, entity).extend)
    for _ in range(ATTEMPTS):
        item = _stored(call, context)
        check_match(call, context, item, extend)
        planner = Planner(context, call.principal, Graph({item.id: item}, {}, EVERYTHING))
        try:
            _, events = commit(call, context, planner.delete(item), item.id)
        except VersionConflict:
            continue
        return Outcome(Result.GONE, events=events)
    raise too_busy()


def _change(
    call: Call, context: Context, wanted: Callable[[Entity, StoredObject, Graph], JsonObject]
) -> Outcome:
    """Bring an object to what ``wanted`` makes of it, again when it changed under our hands."""
    entity = entity_of(call, context)
    check_bounds(call, context)
    query = item_params(call, entity)
    extend = extend_of(call, query)
    for _ in range(ATTEMPTS):
        item = _stored(call, context)
        check_match(call, context, item, extend)
        graph = load(context.catalog, context.store, call.principal.tenant, [item], EVERYTHING)
        draft = wanted(entity, item, graph)
        emptied = () if call.endpoint.is_mapped else cleared(entity, item, draft)
        if emptied:
            raise invalid(emptied)
        document = prepare(context, entity, draft, item.id)
        document = valid(call, context, entity, document, graph)
        replaces = call.action is Action.REPLACE and not call.endpoint.merge_put
        planner = Planner(context, call.principal, graph, keep_unread=replaces)
        planner.update(entity, item, document)
        changes = planner.changes()
        try:
            _, events = commit(call, context, changes, item.id)
        except VersionConflict:
            continue
        except NotUnique as error:
            raise planner.not_unique(error) from None
        body, tag = show(call, context, item.id, extend)
        return Outcome(Result.CHANGED, project(body, query), tag, events=events)
    raise too_busy()


def _merged(call: Call, context: Context, entity: Entity, item: StoredObject, graph: Graph) -> JsonObject:
    """The object after the client's change in the client's own shape.

    The object is mapped out, the body merged into that (RFC 7396), and both mapped in again;
    what differs between the two is what the client changed.
    """
    renderer = renderer_of(call, context, graph._replace(extend=Extend()))
    current = items_out(call, context, [renderer.document(item)])[0]
    before = prepare(context, entity, body_in(call, context, current), item.id, partial=True)
    body = body_in(call, context, merge_patch(current, enveloped(call.body, current)))
    after = prepare(context, entity, body, item.id, partial=True)
    stored = expand(context, graph, item, frozenset((item.id,)))
    merged: JsonObject = three_way(stored, before, after)
    return merged


def valid(call: Call, context: Context, entity: Entity, document: JsonObject, graph: Graph) -> JsonObject:
    """The document, without what the endpoint ignores. Raises ``InvalidDocument`` with all violations."""
    unknown = call.endpoint.unknown
    now = context.now()
    violations = entity.validator.check(document, reject_unknown=unknown is not Unknown.STORE, now=now)
    if violations and unknown is Unknown.IGNORE:
        document = without(document, (v.pointer for v in violations if v.code == UNKNOWN))
        violations = entity.validator.check(document, reject_unknown=False, now=now)
    violations = (*_unread(call), *violations)
    if not violations:
        violations = tuple(missing_references(context, call.principal.tenant, entity, document, graph))
    if violations:
        raise invalid(violations)
    return document


def _unread(call: Call) -> Iterator[Violation]:
    """What a mapping would pass over in the client's body, where the endpoint refuses unknown members."""
    shape = call.endpoint.sent
    if shape is not None and call.endpoint.unknown is Unknown.REJECT:
        yield from shape.members.unknown(call.body)


def check_match(call: Call, context: Context, item: StoredObject, extend: Extend) -> None:
    """Compare with the tag of what is shown under the same parameters: what is embedded counts too."""
    if call.if_match is None and call.if_none_match is None:
        return
    _, tag = show(call, context, item.id, extend)
    if call.if_match is not None and not names(call.if_match, tag):
        raise PreconditionFailed("the object is not in the state that If-Match names")
    if call.if_none_match is not None and names(call.if_none_match, tag):
        raise PreconditionFailed("the object is in the state that If-None-Match excludes")


def names(tags: tuple[str, ...], tag: str) -> bool:
    """Whether a condition of the request names the tag."""
    return "*" in tags or tag in tags


def entity_of(call: Call, context: Context) -> Entity:
    """What the objects of the call are."""
    return context.catalog.entities[call.endpoint.entity]


def scope_of(call: Call) -> Scope:
    """The bounds of the call's objects."""
    return Scope(tenant=call.principal.tenant, entity=call.endpoint.entity)


def _stored(call: Call, context: Context) -> StoredObject:
    item = context.store.fetch(scope_of(call), call.id) if call.id else None
    if call.bounds:
        check_bounds(call, context)  # each time: it may have become another's meanwhile
    if item is None:
        raise NotFound(f"there is no {entity_of(call, context).spec.title} with this id")
    return item


def too_busy() -> Conflict:
    """Others were always faster."""
    return Conflict("the object is being changed by others all the time", hint="Try again.")
