"""What a changed configuration means for the objects that are stored: counted, and never shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gateway_core.catalog.snapshot import Catalog
from gateway_core.query.model import Scope
from gateway_core.schema import reason
from gateway_core.store.protocol import Store
from gateway_core.types import Finding, JsonObject, Reference, Severity

BATCH = 500
SHOWN_IDS = 3
SHOWN_REASONS = 3


@dataclass(frozen=True, slots=True)
class Impact:
    """How many objects of a schema break a rule that they kept until now: ``ids`` are the first of
    them, ``reasons`` the rules that are broken most often, with how many objects break each."""

    schema: Reference
    objects: int
    broken: int
    ids: tuple[str, ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()


def impacts(store: Store, before: Catalog, after: Catalog, changed: Iterable[Reference]) -> Iterator[Impact]:
    """What becomes of the stored objects of the schemas that change, and of those that keep a changed
    one inside. ``BATCH`` objects at a time are in memory."""
    for schema in sorted(_reached(after, frozenset(changed))):
        if schema in before.entities and schema in after.entities and store.count(Scope("", schema)):
            found = _impact(store, before, after, schema)
            if found.broken:
                yield found


def impact_finding(impact: Impact) -> Finding:
    """For people: how many objects, which are the first, and why; no value of theirs."""
    listed = "; ".join(f"{text} ({count})" for text, count in impact.reasons)
    ids = ", ".join(impact.ids)
    more = ", …" if impact.broken > len(impact.ids) else ""
    of = f"{impact.broken} of {impact.objects} stored object{'s' * (impact.objects != 1)}"
    told = f"{of} of {impact.schema} would break it: {listed}"
    hint = "They stay as they are and can be read; a change of one is refused until it keeps to the schema"
    text = f"{told}. The first: {ids}{more}"
    return Finding(Severity.WARNING, "objects-invalid", text, impact.schema, hint=hint)


def _reached(catalog: Catalog, changed: frozenset[Reference]) -> set[Reference]:
    """The changed schemas, and those that refer to one, however far."""
    reached = set(changed)
    growing = True
    while growing:
        more = {
            reference
            for reference, entity in catalog.entities.items()
            if reference not in reached and any(target in reached for target in _targets(entity.spec.source))
        }
        reached |= more
        growing = bool(more)
    return reached


def _targets(body: JsonObject) -> Iterator[Reference]:
    pending: list[object] = [body]
    while pending:
        node = pending.pop()
        if isinstance(node, Mapping):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"].partition("#")[0]
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


def _impact(store: Store, before: Catalog, after: Catalog, schema: Reference) -> Impact:
    old, new = before.entities[schema].validator, after.entities[schema].validator
    total = broken = 0
    ids: list[str] = []
    reasons: dict[str, int] = {}
    last: str | None = None
    with store.snapshot():
        while batch := store.following(Scope("", schema), last, BATCH):
            last = batch[-1].id
            total += len(batch)
            for item in batch:
                found = new.check(item.data)
                if found:
                    known = {(v.pointer, v.code) for v in old.check(item.data)}
                    found = tuple(v for v in found if (v.pointer, v.code) not in known)
                if not found:
                    continue
                broken += 1
                ids += [item.id] if len(ids) < SHOWN_IDS else []
                for text in {f"{_place(v.pointer)} {reason(v)}" for v in found}:
                    reasons[text] = reasons.get(text, 0) + 1
    often = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))[:SHOWN_REASONS]
    return Impact(schema, total, broken, tuple(ids), tuple(often))


def _place(pointer: tuple[str | int, ...]) -> str:
    """The member, without positions in lists: the same fault in many elements is one reason."""
    return ".".join(str(step) for step in pointer if isinstance(step, str)) or "the document"
