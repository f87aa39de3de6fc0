"""What the register gives out: numbers, ids and times, where the client gave nothing."""

from __future__ import annotations

from collections.abc import Callable

from gateway_core.schema import EntitySpec, PropertySpec
from gateway_core.types import JsonObject

MAX_NUMBER = 2**53  # a larger number was not given out by a sequence


def generated(
    spec: EntitySpec, document: JsonObject, id: str, moment: str, new_id: Callable[[], str], *, restored: bool
) -> tuple[JsonObject, dict[tuple[str, ...], str]]:
    """The document, filled where it has nothing (absent, null or empty text), and its sequences.

    ``id`` is the object's own. The number of a ``restored`` object was given out by a sequence
    elsewhere: it counts here too.
    """
    filled: JsonObject = dict(document)
    sequences: dict[tuple[str, ...], str] = {}
    for prop in spec.properties.values():
        if prop.generate is None:
            continue
        value = filled.get(prop.name)
        absent = value is None or value == ""
        if prop.generate == "sequence":
            if absent:
                filled.pop(prop.name, None)
            if absent or (restored and isinstance(value, int) and 0 < value < MAX_NUMBER):
                sequences[(prop.name,)] = f"{spec.reference}#{prop.name}"
        elif absent and prop.generate != "url":  # which is told by each answer
            filled[prop.name] = _text(prop, id, moment, new_id)
    return filled, sequences


def _text(prop: PropertySpec, id: str, moment: str, new_id: Callable[[], str]) -> str:
    if prop.generate == "id":
        return id
    if prop.generate == "uuid":
        return new_id()
    return moment[:10] if prop.format == "date" else moment
