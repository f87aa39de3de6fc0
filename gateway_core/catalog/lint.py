"""Pairs of mappings that lose a field on the way there and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from gateway_core.catalog.endpoints import Endpoint
from gateway_core.mapping.mapping import CompiledMapping
from gateway_core.mapping.paths import Path, split
from gateway_core.schema import EntitySpec
from gateway_core.types import Finding, JsonObject, Reference, Severity

_EMBEDDED: Final = "embedded"
_NOT_WRITTEN: Final = frozenset({"id", "_id", "_self", "url"})


def lint_pairs(endpoints: Iterable[Endpoint], specs: Mapping[Reference, EntitySpec]) -> Iterator[Finding]:
    """A warning for each field of clients that an endpoint's two mappings do not bring back.

    *Not shown*: the mapping in reads it and the mapping out makes no such target, so a client
    never sees again what it sent (unless the shape that the mapping in documents as its ``input``
    says ``writeOnly``). *Not kept*: the mapping out shows it from members that clients may write,
    but the mapping in neither reads it nor writes any of those members, so an answer that is sent
    back loses it (unless the ``output`` of the mapping out says ``readOnly``). The segment
    ``embedded`` is passed over, as it is in queries.
    """
    seen: set[tuple[Reference, Reference]] = set()
    for endpoint in endpoints:
        inward, outward = endpoint.pipeline.body_in, endpoint.pipeline.item_out
        if inward is None or outward is None or (inward.reference, outward.reference) in seen:
            continue
        seen.add((inward.reference, outward.reference))
        yield from _not_shown(inward, outward, endpoint.request_shape)
        yield from _not_kept(inward, outward, endpoint.response_shape, specs.get(endpoint.entity))


def _not_shown(
    inward: CompiledMapping, outward: CompiledMapping, shape: JsonObject | None
) -> Iterator[Finding]:
    if outward.settings.pass_through or "#" in outward.settings.targets:
        return
    shown = [_plain(split(key)) for key in outward.settings.targets]
    reported: set[Path] = set()
    for entry in inward.entries:
        for path in sorted(entry.reads.paths):
            plain = _plain(path)
            if plain in reported or _touches(plain, shown) or _NOT_WRITTEN.intersection(plain[:1]):
                continue
            if not _says(shape, plain, "writeOnly"):
                reported.add(plain)
                name = ".".join(path)
                message = f'Clients send "{name}" and never see it again, as {outward.reference} lacks it'
                yield _lost(inward, entry.key, message, 'map it there, or say "writeOnly" in "input"')


def _not_kept(
    inward: CompiledMapping, outward: CompiledMapping, shape: JsonObject | None, spec: EntitySpec | None
) -> Iterator[Finding]:
    if inward.settings.pass_through or inward.reads_everything or "#" in inward.settings.targets:
        return
    read = [_plain(path) for path in inward.reads]
    written = [_plain(split(key)) for key in inward.settings.targets]
    for entry in outward.entries:
        target = _plain(split(entry.key))
        if _touches(target, read) or _says(shape, target, "readOnly"):
            continue
        sources = [plain for path in entry.reads.paths if _is_writable(plain := _plain(path), spec)]
        if sources and not any(_touches(source, written) for source in sources):
            message = f'Clients see "{entry.key}" and lose it by sending it, as {inward.reference} lacks it'
            yield _lost(outward, entry.key, message, 'map it there, or say "readOnly" in "output"')


def _lost(mapping: CompiledMapping, key: str, message: str, hint: str) -> Finding:
    pointer = f"/mapping/{key}"
    return Finding(Severity.WARNING, "mapping-lossy-pair", message, mapping.reference, pointer, hint=hint)


def _plain(path: Path) -> Path:
    """A path without ``embedded`` and without positions in lists."""
    return tuple(segment for segment in path if segment != _EMBEDDED and not segment.isdigit())


def _touches(path: Path, others: Iterable[Path]) -> bool:
    """Whether one of the others is the path, or lies above or below it."""
    return any(path[: len(other)] == other or other[: len(path)] == path for other in others)


def _is_writable(path: Path, spec: EntitySpec | None) -> bool:
    """Whether a stored path belongs to a property that clients may write."""
    prop = spec.properties.get(path[0]) if spec is not None and path else None
    return prop is not None and not prop.read_only


def _members(shape: Any) -> JsonObject:
    """What a JSON Schema says of members by name; nothing where it is not one."""
    members = shape.get("properties") if isinstance(shape, dict) else None
    return members if isinstance(members, dict) else {}


def _says(shape: Any, path: Path, word: str) -> bool:
    """Whether a JSON Schema, or one on the way to the path, has the keyword with true."""
    for segment in path:
        while isinstance(shape, dict) and isinstance(shape.get("items"), dict):
            shape = shape["items"]
        if not isinstance(shape, dict):
            return False
        members = _members(shape)
        shape = members.get(segment, _members(members.get(_EMBEDDED)).get(segment))
        if isinstance(shape, dict) and shape.get(word) is True:
            return True
    return False
