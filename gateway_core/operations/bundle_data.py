"""The objects that a bundle brings along, and those that go with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from gateway_core.catalog.original import OPTIONAL, is_original
from gateway_core.catalog.rejected import REJECTED
from gateway_core.operations.call import Context
from gateway_core.operations.documents import ID
from gateway_core.operations.transfer import BATCH, Entry, Loaded, lasting_id, planned_objects
from gateway_core.query.model import Scope
from gateway_core.store.protocol import Changes, Delete, Store
from gateway_core.types import Artifact, Finding, JsonObject, Kind, Principal, Reference, Severity


def planned_data(context: Context, bundle: str, artifacts: Iterable[Artifact]) -> tuple[Loaded, Changes]:
    """The data objects among artifacts of a bundle that do not exist yet, and the changes that create
    them. One without an id gets one that is the same at the next installation. Test data is left alone."""
    entries = list(_entries(bundle, artifacts))
    principal = Principal(application=bundle, scopes=frozenset())
    return planned_objects(context, principal, entries)


def data_findings(loaded: Loaded, artifacts: Iterable[Artifact]) -> Iterator[Finding]:
    """What is wrong with data objects: an error, but in a bundle of Common Gateway's, which checks none,
    those that cannot be stored are left out and told."""
    lenient = any(is_original(artifact) for artifact in artifacts if artifact.kind is Kind.DATA)
    for fault in loaded.faults:
        if lenient:
            yield Finding(Severity.WARNING, REJECTED, str(fault))
        else:
            yield Finding(Severity.ERROR, "data", str(fault))


def _entries(bundle: str, artifacts: Iterable[Artifact]) -> Iterator[Entry]:
    seen: Counter[str] = Counter()

    def identified(schema: str, document: JsonObject) -> JsonObject:
        if ID in document:
            return document
        id = lasting_id(document, bundle, schema)
        seen[id] += 1  # equal objects differ in how many came before
        return {ID: lasting_id({}, id, str(seen[id])), **document}

    for artifact in artifacts:
        if artifact.kind is not Kind.DATA or artifact.body.get(OPTIONAL):
            continue
        for schema, documents in artifact.body.items():
            if schema.startswith("$"):
                continue
            for number, document in enumerate(documents, 1):
                place = f"{artifact.origin.path}: number {number} of {schema}"
                yield Entry(schema, identified(schema, document), place)


def deletes(store: Store, schemas: Iterable[Reference], moment: str) -> tuple[Delete, ...]:
    """The removal of every object of the schemas, of one state of the store."""

    def each() -> Iterator[Delete]:
        for schema in schemas:
            last: str | None = None
            while batch := store.following(Scope("", schema), last, BATCH):
                last = batch[-1].id
                yield from (Delete(item.id, item.meta.version, moment) for item in batch)

    with store.snapshot():
        return tuple(each())
