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
    ``base`` stands for the stored element that holds all of its members.
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
    removed = [element for element in base if element not in wanted]
    merged = list(stored)
    for element in removed:
        index = next((i for i, kept in enumerate(merged) if holds(kept, element)), None)
        if index is not None:
            del merged[index]
    merged.extend(element for element in wanted if element not in base)
    return merged


def holds(whole: Json, part: Json) -> bool:
    """Whether ``whole`` has every member of ``part`` with an equal value (nulls count as absent)."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(holds(whole.get(key), value) for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return bool(whole == part) and isinstance(whole, bool) == isinstance(part, bool)
