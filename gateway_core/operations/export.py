"""Objects in bulk: read all of them out, as ``transfer`` loads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gateway_core.catalog.snapshot import Catalog
from gateway_core.errors import BadRequest
from gateway_core.operations.call import Context
from gateway_core.operations.documents import ID
from gateway_core.operations.transfer import BATCH, SCHEMA, SELF
from gateway_core.query.model import Scope
from gateway_core.types import JsonObject, Reference, StoredObject


def schema_named(catalog: Catalog, name: str) -> Reference:
    """The installed schema of this reference, name or title.

    Raises ``BadRequest`` with those that exist when there is none, or more than one.
    """
    if name in catalog.entities:
        return name
    specs = [entity.spec for entity in catalog.entities.values()]
    found = [spec.reference for spec in specs if name.casefold() in _names(spec.name, spec.title)]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadRequest(f"schema '{name}' may be {' or '.join(sorted(found))}; give one of these")
    raise BadRequest(
        f"schema '{name}' is not installed; installed are: {', '.join(sorted(catalog.entities))}"
    )


def _names(*names: str) -> set[str]:
    return {name.casefold() for name in names}


def export_objects(context: Context, tenant: str, schemas: Iterable[str]) -> Iterator[JsonObject]:
    """Every object of the schemas as it is stored, in order of creation, ready to be loaded again, but
    without what is written only.

    All of them are of one state of the store, whatever is written meanwhile; inside a snapshot of
    the caller they are of that. ``BATCH`` objects at a time are in memory.
    """
    with context.store.snapshot():
        for schema in schemas:
            hidden = context.catalog.entities[schema].hidden
            for batch in _batches(context, Scope(tenant, schema)):
                yield from (_exported(item, hidden) for item in batch)


def _batches(context: Context, scope: Scope) -> Iterator[Sequence[StoredObject]]:
    last: str | None = None
    while batch := context.store.following(scope, last, BATCH):
        yield batch
        last = batch[-1].id


def _exported(item: StoredObject, hidden: Sequence[str]) -> JsonObject:
    meta = item.meta
    return {
        SCHEMA: item.entity,
        ID: item.id,
        **{name: value for name, value in item.data.items() if name not in hidden},
        SELF: {
            "version": meta.version,
            "owner": {"id": meta.owner, "name": meta.owner_name} if meta.owner else None,
            "application": meta.application,
            "author": meta.author,
            "dateCreated": meta.created,
            "dateModified": meta.modified,
        },
    }
