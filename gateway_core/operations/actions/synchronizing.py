"""``synchronize``: objects of a source are brought in, on an event or by command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway_core.catalog.actions import Action
from gateway_core.catalog.snapshot import Catalog
from gateway_core.errors import Conflict, NotFound
from gateway_core.mapping.mapping import Services
from gateway_core.operations.actions.calling import SOURCE
from gateway_core.operations.actions.given import OneTarget
from gateway_core.operations.actions.protocol import Work
from gateway_core.operations.actions.reach import services
from gateway_core.operations.call import Context
from gateway_core.operations.incoming import Synchronization, Tally
from gateway_core.operations.synchronize import Report, synchronize
from gateway_core.schema.vocabulary import suggestion
from gateway_core.types import Json, JsonObject, Principal

WHOLE_DOCUMENT: Final = "#"  # the original's word for it
_TEXT: Final[JsonObject] = {"type": "string"}
_EMPTY: Final[JsonObject] = {"type": ["array", "object", "null"], "maxItems": 0, "maxProperties": 0}
_NOT_KEPT: Final = "must be empty: it is not done here"
_ONLY_EMPTY: Final = ("skeletonIn", "translationsIn", "allowedPropertiesIn", "notAllowedPropertiesIn")

SCHEMA: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "source": SOURCE,
        "schema": {
            "type": "string",
            "x-refers": "schema",
            "description": "the `$id` of the schema of the objects that come in",
        },
        "path": {**_TEXT, "description": "the path of the list, below the address of the source"},
        "query": {"type": "object", "description": "query parameters of every page"},
        "results": {**_TEXT, "description": "where in an answer the list stands, dotted (default `results`)"},
        "item": {**_TEXT, "description": "where in an element the object stands (default: it is it)"},
        "id": {**_TEXT, "description": "where in an element its id stands (default `id`)"},
        "mapping": {
            "type": "string",
            "x-refers": "mapping",
            "description": "the `$id` of the mapping from an object there to one of the schema",
        },
        "paging": {
            "enum": ["none", "page", "next"],
            "description": "`page`: a parameter counts pages; `next`: an answer has the address of the next",
        },
        "parameter": {**_TEXT, "description": "with `page`, the name of the parameter (default `page`)"},
        "first": {"type": "integer", "description": "with `page`, the first one (default 1)"},
        "next": {**_TEXT, "description": "with `next`, where that address stands (default `next`)"},
        "detail": {**_TEXT, "description": "the path of one object with `{id}`, where lists hold only parts"},
        "changed": {
            **_TEXT,
            "description": "where in an element its last change stands: without another one it is the same, "
            "and no `detail` is asked for",
        },
        "deleteVanished": {
            "type": "boolean",
            "description": "`true`: what came in, and is there no more, is removed after a whole run",
        },
        "entity": {**_TEXT, "x-refers": "schema", "description": "as `schema`, in Common Gateway's form"},
        "location": {**_TEXT, "description": "as `path`, in Common Gateway's form"},
        "apiSource": {
            "type": "object",
            "properties": {
                "mappingIn": {
                    "description": "members of an object here, and the paths of their values there",
                    "anyOf": [
                        _EMPTY,
                        {
                            "type": "object",
                            "additionalProperties": {"type": "string", "pattern": "^[^|{%]*$"},
                        },
                    ],
                },
                **{name: {**_EMPTY, "description": _NOT_KEPT} for name in _ONLY_EMPTY},
            },
            "description": "Common Gateway's form of `results`, `item`, `id`, `changed`, `paging` and "
            "`deleteVanished`; of its other members, those named here apart, none has an effect",
        },
    },
    "anyOf": [{"required": ["source", "schema"]}, {"required": ["source", "entity"]}],
}


class Synchronize(OneTarget):
    """See ``protocol.Handler``."""

    name = "synchronize"
    aliases: tuple[str, ...] = ("App\\ActionHandler\\SynchronizationCollectionHandler",)
    summary = "brings objects of a source in: creates, changes, and removes what vanished"
    schema = SCHEMA

    def run(self, work: Work) -> Json:
        context = work.tools.context
        try:
            tally = synchronize(
                context,
                synchronization_of(work.action),
                work.principal,
                services(work),
                holder=context.new_id(),
            )
        except Conflict:
            return None  # the run that is under way does what this one would
        return {
            "seen": tally.seen,
            "created": tally.created,
            "changed": tally.changed,
            "failed": tally.failed,
        }


def synchronization_of(action: Action) -> Synchronization:
    """What an action of this handler says, in our form or in Common Gateway's."""
    given = action.configuration
    original: Mapping[str, Any] = given.get("apiSource") or {}
    places = _object(original.get("location"))
    paged = "page" if original.get("sourcePaginated") is True else "none"
    return Synchronization(
        reference=action.reference,
        source=given["source"],
        schema=given.get("schema") or given["entity"],
        path=given.get("path") or given.get("location") or "",
        query=_object(given.get("query") or given.get("queryParams")),
        results=_place(given.get("results", places.get("objects", "results"))),
        item=_place(given.get("item", places.get("object", ""))),
        id=_place(given.get("id", places.get("idField", "id"))),
        mapping=given.get("mapping") or "",
        pairs=_object(original.get("mappingIn")),
        paging=given.get("paging") or paged,
        parameter=given.get("parameter") or original.get("sourceLimitKey") or "page",
        first=given.get("first", 1),
        next=given.get("next") or "next",
        detail=given.get("detail") or "",
        changed=given.get("changed") or places.get("dateChangedField") or "",
        remove=given.get("deleteVanished") is True or original.get("collectionDelete") is True,
    )


def by_name(catalog: Catalog, named: str) -> Action:
    """The action that synchronizes, by its title or reference, or by its source when it is the only one of
    it. Raises ``NotFound``."""
    known = [action for action in catalog.actions.listed if action.handler == Synchronize.name]
    for action in known:
        if named in (action.reference, action.title):
            return action
    of_source = [
        action
        for action in known
        if (source := catalog.sources.get(action.configuration["source"])) is not None
        and named in (source.title, source.reference)
    ]
    if len(of_source) == 1:
        return of_source[0]
    names = [action.title for action in known]
    hint = suggestion(named, names) or f"There are: {', '.join(names) or 'none'}."
    raise NotFound(f"no action of the name '{named}' synchronizes", hint=hint)


def run_by_name(context: Context, action: Action, *, report: Report, first: int | None) -> Tally:
    """Run it now, by nobody's event."""
    principal = Principal("synchronize", frozenset())
    reach = Services(mapping=context.catalog.mappings.get, now=context.now, clock=context.clock)
    made = synchronization_of(action)
    return synchronize(context, made, principal, reach, context.new_id(), report=report, first=first)


def _object(value: Json) -> JsonObject:
    """An object; PHP writes an empty one as a list."""
    return value if isinstance(value, dict) else {}


def _place(path: Json) -> str:
    return "" if path in (None, WHOLE_DOCUMENT) else str(path)
