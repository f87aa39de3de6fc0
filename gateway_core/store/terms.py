"""The values under a path, as indexes keep them. Pure; every store and the rebuild of an index use it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

from gateway_core.query.model import Path, Scalar
from gateway_core.store.protocol import IndexSpec, Wanted
from gateway_core.types import Artifact, Json

# Index rows stay small: a longer value is found by its beginning, and compared in full afterwards.
MAX_TERM = 200


def terms_of(data: Json, specs: Iterable[IndexSpec]) -> tuple[tuple[str, str], ...]:
    """What to find a document by: (dotted path, term) for every value under the path of every spec.

    Each pair occurs once. A term is ``term_text`` of the value; nulls and objects have none.
    """
    found: dict[tuple[str, str], None] = {}
    for spec in specs:
        for value in values_at(data, tuple(spec.path.split("."))):
            found[spec.path, term_text(value)] = None
    return tuple(found)


def claims_of(data: Json, specs: Iterable[IndexSpec]) -> tuple[tuple[IndexSpec, str], ...]:
    """What a document claims for itself alone: (spec, text) for every value under a unique path."""
    found: dict[tuple[IndexSpec, str], None] = {}
    for spec in specs:
        for value in values_at(data, tuple(spec.path.split("."))):
            if value != "":
                found[spec, _claim_text(value, folded=spec.folded)] = None
    return tuple(found)


def _claim_text(value: Scalar, *, folded: bool) -> str:
    """One text per value, as ``term_text``, but of a long text it tells all."""
    if not isinstance(value, str):
        return term_text(value)
    text = value.casefold() if folded else value
    if len(text) <= MAX_TERM:
        return f"s:{text}"
    return f"h:{sha256(text.encode(errors='surrogatepass')).hexdigest()}"


def specs_of(wanted: Wanted, artifacts: Callable[[], Sequence[Artifact]]) -> Sequence[IndexSpec]:
    """The indexes to have, by the ``artifacts`` that are installed."""
    return wanted(artifacts()) if callable(wanted) else wanted


def wanted_orders(specs: Iterable[IndexSpec]) -> set[tuple[str, str]]:
    """(Entity, dotted path) of those that are only ordered by."""
    return {(spec.entity, spec.path) for spec in specs if spec.order}


def wanted_texts(specs: Iterable[IndexSpec]) -> dict[str, tuple[str, ...]]:
    """Entity → the dotted paths of its searched texts."""
    found: dict[str, set[str]] = {}
    for spec in specs:
        if spec.text:
            found.setdefault(spec.entity, set()).add(spec.path)
    return {entity: tuple(sorted(paths)) for entity, paths in found.items()}


def values_at(data: Json, path: Path) -> Iterator[Scalar]:
    """The text, numbers and booleans under ``path``, through arrays wherever they stand."""
    if isinstance(data, list):
        for element in data:
            yield from values_at(element, path)
    elif not path:
        if isinstance(data, str | int | float):
            yield data
    elif isinstance(data, dict) and path[0] in data:
        yield from values_at(data[path[0]], path[1:])


def term_text(value: Scalar) -> str:
    """One text per value, with its type: equal values have equal terms (1 and 1.0 are equal)."""
    if isinstance(value, bool):
        return "b:true" if value else "b:false"
    if isinstance(value, str):
        return f"s:{value[:MAX_TERM]}"
    return f"n:{float(value)!r}"
