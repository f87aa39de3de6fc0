"""Between a client's shape and the stored one: query and body mapped in, documents mapped out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway_core.catalog.endpoints import UrlFilters
from gateway_core.catalog.snapshot import Entity
from gateway_core.errors import BadRequest, InvalidDocument, InvalidQuery, MappingError, NotFound
from gateway_core.mapping.mapping import CompiledMapping, Services
from gateway_core.operations.asking import Caller
from gateway_core.operations.blame import of_client
from gateway_core.operations.call import Action, Call, Context
from gateway_core.operations.graph import (
    NOTHING_MORE,
    Extend,
    Graph,
    graph_of,
    load,
    load_one,
    written_around,
)
from gateway_core.operations.render import Renderer
from gateway_core.query.body import parse_body
from gateway_core.query.model import Query, Scope, Window
from gateway_core.query.parse import canonical, names_of, spelled
from gateway_core.query.paths import shown
from gateway_core.query.shape import VERSION, WINDOW
from gateway_core.schema.vocabulary import suggestion
from gateway_core.store.protocol import Changes
from gateway_core.types import Json, JsonObject, StoredObject, Violation

ITEM_PARAMS = frozenset({"_fields", "_unset", "_extend"})
BESIDE = ITEM_PARAMS.union(WINDOW)
READING = frozenset({Action.READ, Action.READ_VERSION})
PLAIN = Query()
EMBEDDED = "embedded"
ALWAYS_SHOWN = ("_id", "id", "_self")


def services(call: Call, context: Context, *, calls: bool = True) -> Services:
    """What mappings may reach during a call: other mappings, objects by id, and sources where ``calls``
    allows; all of them together as often as the context says."""

    def get_object(id: str) -> JsonObject | None:
        item = context.store.get(call.principal.tenant, [id]).get(id)
        if item is None or item.entity not in context.catalog.entities:
            return None
        graph = load(context.catalog, context.store, call.principal.tenant, [item], Extend())
        home = context.catalog.entities[item.entity].home
        return Renderer(context.catalog, graph, call.base_url, home or "").document(item)

    reach = Services(
        mapping=context.catalog.mappings.get, get_object=get_object, now=context.now, clock=context.clock
    )
    if not calls or not context.catalog.sources:
        return reach
    caller = Caller(
        context.catalog,
        context.sources,
        reach,
        budget=context.calls,
        brief=context.brief,
        traceparent=context.traceparent,
    )
    return replace(reach, call=caller)


def body_in(call: Call, context: Context, document: Json) -> JsonObject:
    """The client's body in the stored shape. Raises ``BadRequest`` when it is not an object.

    Where the mapping fails on it, and the shape that the mapping gives of its input tells why,
    that is the error.
    """
    if not isinstance(document, dict):
        raise BadRequest("the body must be a JSON object")
    mapping = call.endpoint.pipeline.body_in
    if mapping is None:
        return document
    try:
        mapped = mapping.apply(document, services(call, context))
    except MappingError as error:
        shape = call.endpoint.sent
        faults = shape.faults(document) if shape is not None else ()
        raise (invalid(faults) if faults else error) from None
    if not isinstance(mapped, dict):
        raise BadRequest(f"mapping {mapping.reference} made no object of the body")
    return mapped


def invalid(violations: Sequence[Violation]) -> InvalidDocument:
    """The error of a document with these violations, one at least."""
    noun = "error" if len(violations) == 1 else "errors"
    return InvalidDocument(f"the document has {len(violations)} {noun}", violations)


def items_out(call: Call, context: Context, documents: list[JsonObject]) -> list[JsonObject]:
    """Documents in the client's shape."""
    documents = bare(call, documents)
    mapping = call.endpoint.pipeline.of_one
    if mapping is None:
        return documents
    reach = services(call, context)
    return [mapping.apply(document, reach) for document in documents]


def bare(call: Call, documents: list[JsonObject]) -> list[JsonObject]:
    """Documents without what they embed, where the endpoint shows them so to this client."""
    pipeline = call.endpoint.pipeline
    if not pipeline.bare or pipeline.full_for.intersection(part.strip() for part in call.accept.split(",")):
        return documents
    return [{name: each for name, each in document.items() if name != EMBEDDED} for document in documents]


def answer_out(call: Call, context: Context, body: JsonObject) -> Json:
    """A page in the client's shape, where one mapping makes the whole of it."""
    mapping = call.endpoint.pipeline.answer_out
    return body if mapping is None else mapping.apply(body, services(call, context))


def list_query(call: Call, context: Context, entity: Entity) -> Query:
    """The query of a list call in terms of the schema.

    Behind a mapping, clients write the names of their own shape: every filter and order key
    must be one that the query mapping reads; window and shape parameters pass beside it, and
    ``_extend`` is assumed, since such clients name what is embedded anyway.
    Raises ``InvalidQuery`` naming the parameter that nothing consumes, and those that exist.
    """
    params = canonical(_asked(call), entity.spec.properties.__contains__)
    guarded = (
        call.action is not Action.FIND and call.endpoint.collection.url_filters is UrlFilters.REFUSE_SENSITIVE
    )
    mapping = call.endpoint.pipeline.query_in
    if not call.endpoint.is_mapped:
        return entity.parser.parse(params, guarded=guarded)
    beside = {name: params.pop(name) for name in BESIDE & params.keys()}
    fields, unset = names_of(beside.pop("_fields", None)), names_of(beside.pop("_unset", None), "_unset")
    beside.pop("_extend", None)
    if mapping is None:
        return replace(entity.parser.parse({**params, **beside}, guarded=guarded), fields=fields, unset=unset)
    _refuse_unread(params, mapping)

    def mapped(given: JsonObject) -> JsonObject:
        result = mapping.apply(given, services(call, context, calls=False))
        return result if isinstance(result, dict) else {}

    try:
        query = entity.parser.parse({**mapped(params), **beside}, guarded=guarded)
        return replace(query, fields=fields, unset=unset)
    except InvalidQuery as error:
        raise of_client(error, params, mapped) from None


def _asked(call: Call) -> Mapping[str, Json]:
    """The parameters of a call: those of its body when it has one, with page and shape in the URL."""
    if call.action is not Action.FIND:
        return call.params
    asked = spelled(parse_body(call.body), call.endpoint.collection.aliases)
    beside = canonical(call.params)
    for name in beside.keys() - BESIDE:
        rule = f"query parameter '{shown(name)}' stands in the URL, and belongs in the body here."
        raise InvalidQuery(rule, parameter=shown(name))
    for name in beside.keys() & asked.keys():
        raise InvalidQuery(f"query parameter '{name}' is given in the URL and in the body.", parameter=name)
    return {**beside, **asked}


def _refuse_unread(params: Mapping[str, Json], mapping: CompiledMapping) -> None:
    if mapping.reads_everything:
        return
    for name, value in params.items():
        paths = [path for path in mapping.reads if path[0] == name]
        if not paths:
            _refuse(name, {path[0] for path in mapping.reads if not path[0].startswith("_")})
        if any(len(path) == 1 for path in paths):
            continue
        known = {f"{name}[{path[1]}]" for path in paths}
        if not isinstance(value, dict):
            _refuse(name, known)
        for key in value.keys() - {path[1] for path in paths}:
            _refuse(f"{name}[{key}]", known)


def _refuse(name: str, known: Iterable[str]) -> None:
    names = sorted(known)
    raise InvalidQuery(
        f"query parameter '{shown(name)}' is not known here; {suggestion(name[:100], names)}".rstrip("; "),
        parameter=shown(name),
        hint=f"The parameters that exist are: {', '.join(names)}.",
    )


def item_params(call: Call, entity: Entity) -> Query:
    """What to embed and which members to show of one object; filters do not apply to it."""
    if not call.params:
        return PLAIN
    params = dict(canonical(call.params, entity.spec.properties.__contains__))
    for name in params.keys() - ITEM_PARAMS:
        _refuse(name, ITEM_PARAMS | {VERSION} if call.action in READING else ITEM_PARAMS)
    if call.endpoint.is_mapped:
        fields, unset = names_of(params.get("_fields")), names_of(params.get("_unset"), "_unset")
        return Query(fields=fields, unset=unset)
    return entity.parser.parse(params)


def window_params(call: Call, entity: Entity) -> Window:
    """The page that is asked of what is no collection of objects: no filter applies to it."""
    params = canonical(call.params)
    for name in params.keys() - set(WINDOW):
        _refuse(name, WINDOW)
    return entity.parser.parse(params).window


def project(document: JsonObject, query: Query) -> JsonObject:
    """What the query asks to see of a document: the members that it names, with those that identify it,
    and without those that it wants left out (dotted paths)."""
    shown = _only(document, query.fields) if query.fields else document
    for path in query.unset:
        shown = _left_out(shown, path.split("."))
    return shown


def _left_out(value: Json, steps: list[str]) -> Any:
    """A copy of a document, or of a list of them, without the member at a path."""
    if isinstance(value, list):
        return [_left_out(each, steps) for each in value]
    step, rest = steps[0], steps[1:]
    if not isinstance(value, dict) or step not in value:
        return value
    if rest:
        return {**value, step: _left_out(value[step], rest)}
    return {name: each for name, each in value.items() if name != step}


def _only(document: JsonObject, fields: tuple[str, ...]) -> JsonObject:
    shown = {key: document[key] for key in ALWAYS_SHOWN if key in document}
    for path in fields:
        _copy_path(document, shown, path.split("."))
    return shown


def _copy_path(source: Json, target: JsonObject, steps: list[str]) -> None:
    step, rest = steps[0], steps[1:]
    if not isinstance(source, dict) or step not in source:
        return
    value = source[step]
    if not rest:
        target[step] = value
    elif isinstance(value, dict):
        _copy_path(value, target.setdefault(step, {}), rest)
    elif isinstance(value, list):
        parts = target.setdefault(step, [{} for _ in value])
        for element, part in zip(value, parts, strict=False):
            _copy_path(element, part, rest)


def renderer_of(call: Call, context: Context, graph: Graph) -> Renderer:
    """Renders for the endpoint of the call; objects that are not found below it are shown at home."""
    here = call.endpoint.has_items and not call.endpoint.others
    return Renderer(context.catalog, graph, call.base_url, call.place if here else None)


def show(call: Call, context: Context, id: str, extend: Extend = NOTHING_MORE) -> tuple[JsonObject, str]:
    """One object as the client sees it, and the entity tag of its state. Raises ``NotFound``."""
    scope = Scope(call.principal.tenant, call.endpoint.entity)
    found = load_one(context.catalog, context.store, scope, id, extend)
    if found is None:
        title = context.catalog.entities[call.endpoint.entity].spec.title
        raise NotFound(f"there is no {title} with this id")
    return _shown(call, context, *found)


def show_new(
    call: Call,
    context: Context,
    id: str,
    changes: Changes,
    written: Sequence[StoredObject],
    extend: Extend,
) -> tuple[JsonObject, str]:
    """``show`` of an object that the ``changes`` just made; what was ``written`` need not be read again."""
    found = written_around(context.catalog, changes, written, id)
    graph = graph_of(context.catalog, found, extend) if found is not None else None
    if found is None or graph is None:
        return show(call, context, id, extend)
    return _shown(call, context, found.root, graph)


def _shown(call: Call, context: Context, item: StoredObject, graph: Graph) -> tuple[JsonObject, str]:
    document = items_out(call, context, [renderer_of(call, context, graph).document(item)])[0]
    return document, graph.tag(context.catalog.version)
