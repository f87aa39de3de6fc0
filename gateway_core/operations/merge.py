"""Merging documents: RFC 7396, and three-way merging behind a mapping."""

from __future__ import annotations

from gateway_core.types import Json, JsonObject

ENVELOPE = "embedded"


def merge_patch(target: Json, patch: Json) -> Json:
    """JSON Merge Patch (RFC 7396, section 2). Neither argument is changed."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def enveloped(patch: Json, shown: JsonObject) -> Json:
    """The patch with members moved to where ``shown`` has them, when that is in its ``embedded``.

    Clients may write such a member beside the envelope too; merged there, a null in it would
    take nothing away.
    """
    envelope = shown.get(ENVELOPE)
    if not isinstance(patch, dict) or not isinstance(envelope, dict):
        return patch
    moved = {name: value for name, value in patch.items() if name in envelope and name not in shown}
    told = patch.get(ENVELOPE)
    if not moved or not isinstance(told, dict | None):
        return patch
    left = {name: value for name, value in patch.items() if name not in moved}
    return {**left, ENVELOPE: {**(told or {}), **moved}}


def three_way(stored: Json, base: Json, wanted: Json) -> Json:
    """What the change from ``base`` to ``wanted`` makes of ``stored``.

    A client of a mapped endpoint sees part of an object. ``base`` is what its mapping makes of
    the object as it stands, ``wanted`` what it makes of the object as the client wants it.
    Only their differences are carried over, so that members and list elements which the
    mapping does not know survive. List elements are compared by content: an element of
    ``base`` stands for the stored element that holds all of its members. The order of a list
    is that of ``wanted``.
    """
    if base == wanted:
        return stored
    if isinstance(wanted, dict) and isinstance(stored, dict):
        return _merge_objects(stored, base if isinstance(base, dict) else {}, wanted)
    if isinstance(wanted, list) and isinstance(stored, list):
        return _merge_lists(stored, base if isinstance(base, list) else [], wanted)
    return wanted


def _merge_objects(stored: JsonObject, base: JsonObject, wanted: JsonObject) -> JsonObject:
    merged = dict(stored)
    for key in base.keys() - wanted.keys():
        merged[key] = None
    for key, value in wanted.items():
        if key not in base or base[key] != value:
            merged[key] = three_way(stored.get(key), base.get(key), value)
    return merged


def _merge_lists(stored: list[Json], base: list[Json], wanted: list[Json]) -> list[Json]:
    """The elements of ``wanted`` in its order, and each stored one that ``base`` does not know
    behind the element that it stood behind, or else in front."""
    counterparts = _counterparts(stored, base)
    known = {index for index in counterparts if index is not None}
    left = list(range(len(base)))
    chosen: list[tuple[int | None, Json]] = []
    for element in wanted:
        number = next((n for n in left if base[n] == element), None)
        if number is None:
            chosen.append((None, element))
            continue
        left.remove(number)
        index = counterparts[number]
        if index is not None:
            chosen.append((index, stored[index]))
    for index, element in enumerate(stored):
        if index not in known:
            chosen.insert(_behind(index, chosen), (index, element))
    return [element for _, element in chosen]


def _counterparts(stored: list[Json], base: list[Json]) -> list[int | None]:
    """For each element of ``base`` the place of the stored one that it stands for, each at most once."""
    free = dict(enumerate(stored))
    found: list[int | None] = []
    for element in base:
        index = next((i for i, kept in free.items() if holds(kept, element)), None)
        if index is not None:
            del free[index]
        found.append(index)
    return found


def _behind(index: int, chosen: list[tuple[int | None, Json]]) -> int:
    """Where the stored element ``index`` goes: behind the nearest one that stood before it."""
    places = {at: place for place, (at, _) in enumerate(chosen) if at is not None and at < index}
    return places[max(places)] + 1 if places else 0


def holds(whole: Json, part: Json) -> bool:
    """Whether ``whole`` has every member of ``part`` with an equal value (nulls count as absent)."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(holds(whole.get(key), value) for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return bool(whole == part) and isinstance(whole, bool) == isinstance(part, bool)
