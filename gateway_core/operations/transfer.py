"""Objects in bulk: load with the ids they have, and read all of them back out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway_core.errors import InvalidDocument, NotFound
from gateway_core.operations.call import Context
from gateway_core.operations.graph import Extend, Graph
from gateway_core.operations.prepare import prepare
from gateway_core.operations.relations import ID, Planner, missing_references
from gateway_core.operations.render import timestamp
from gateway_core.query.model import Query, Scope, Window
from gateway_core.store.protocol import Changes, Put
from gateway_core.types import JsonObject, Meta, Principal, StoredObject

SCHEMA = "_schema"
BATCH = 500


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a batch: objects written, and objects that were there already."""

    created: int
    present: int


def load_objects(
    context: Context,
    principal: Principal,
    documents: Sequence[tuple[str, JsonObject]],
    *,
    check_references: bool = True,
) -> Loaded:
    """Create objects given as (schema reference, document), in one transaction.

    A document's ``_id`` becomes its id; one that exists already is left as it is, so that a
    load can be repeated. References may go to objects of the same batch. Raises
    ``InvalidDocument`` for the first document that breaks its schema, and stores nothing.
    """
    ids = [str(document.get(ID) or context.new_id()).lower() for _, document in documents]
    existing = context.store.get(principal.tenant, ids)
    new = {id: pair for id, pair in zip(ids, documents, strict=True) if id not in existing}
    promised = {id: _promise(id, schema, context) for id, (schema, _) in new.items()}
    puts: list[Put] = []
    for id, (schema, document) in new.items():
        puts += _plan(context, principal, schema, id, document, promised, check_references)
    if puts:
        context.store.apply(Changes(principal.tenant, tuple(puts)))
    return Loaded(created=len(new), present=len(documents) - len(new))


def _plan(
    context: Context,
    principal: Principal,
    schema: str,
    id: str,
    document: JsonObject,
    promised: dict[str, StoredObject],
    check_references: bool,
) -> tuple[Put, ...]:
    entity = context.catalog.entities.get(schema)
    if entity is None:
        raise NotFound(f"schema '{schema}' is not installed")
    prepared = prepare(context, entity, document, id)
    violations = list(entity.validator.check(prepared))
    if not violations and check_references:
        known = Graph(promised, {}, Extend())
        violations = missing_references(context, principal.tenant, entity, prepared, known)
    if violations:
        raise InvalidDocument(f"{entity.spec.title} {id} breaks its schema", violations)
    planner = Planner(context, principal, Graph({}, {}, Extend(everything=True)))
    planner.create(entity, id, prepared)
    return planner.changes().puts


def _promise(id: str, schema: str, context: Context) -> StoredObject:
    """Stands for an object of this batch where references to it are checked."""
    now = context.now()
    return StoredObject(id, schema, {}, Meta(version=1, created=now, modified=now))


def export_objects(context: Context, tenant: str, schemas: Iterable[str]) -> Iterator[JsonObject]:
    """Every object of the schemas as it is stored, in order of creation, ready to be loaded again."""
    for schema in schemas:
        offset = 0
        while True:
            query = Query(window=Window(BATCH, offset))
            page = context.store.find(Scope(tenant, schema), query)
            for item in page.items:
                yield {
                    SCHEMA: schema,
                    ID: item.id,
                    **item.data,
                    "_self": {
                        "version": item.meta.version,
                        "owner": item.meta.owner,
                        "dateCreated": timestamp(item.meta.created),
                        "dateModified": timestamp(item.meta.modified),
                    },
                }
            offset += BATCH
            if offset >= page.total:
                break
