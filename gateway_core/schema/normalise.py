"""From a document as clients send it to the document that is checked and kept.

Clients send back what they read, so what only answers carry is left out: system members,
read-only members, the ``embedded`` envelope. Only what can be told from the schema alone is
done here; nothing is validated, and what breaks the schema is left for ``Validator.check``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway_core.schema import lenient
from gateway_core.schema.formats import CHECKS
from gateway_core.schema.spec import Entities, EntitySpec, PropertyKind, PropertySpec
from gateway_core.schema.validate import MAX_DEPTH
from gateway_core.types import Json, JsonObject, Pointer

ENVELOPES = ("embedded", "_embedded", "@embedded")
SYSTEM_MEMBERS = frozenset({"_id", "_self", "_schema", "id"})

_RELATIONS = (PropertyKind.RELATION, PropertyKind.INVERSE)
_UTC_PARTS = re.compile(r"(.{10})[Tt](.{5})(:[0-9]{2}(?:\.[0-9]+)?)(.+)")


def normalise(
    document: JsonObject, spec: EntitySpec, entity: Entities, *, keep_nulls: bool = False
) -> JsonObject:
    """The document without what answers add, in the one spelling that is stored.

    - the members of an envelope replace those of the same name (unknown ones are dropped);
    - read-only and system members are dropped, but an object of a relation that tells
      which object it is (``_id``, ``_self.id`` or ``id``) keeps that as ``_id``;
    - null is dropped where the schema does not allow it, unless ``keep_nulls`` (in a patch a null
      takes a member away); with ``x-generate`` the empty text is dropped too;
    - valid date-times are rewritten to UTC at the precision given;
    - where the schema is ``x-lenient``, values are read as ``lenient`` tells.

    Goes into inline objects and the objects of relations, to ``MAX_DEPTH``. ``entity`` finds the
    spec of a target. The document given is not changed; parts of it may be shared.
    """
    return _entity(document, spec.properties, _Settings(entity, keep_nulls), 0)


@dataclass(frozen=True, slots=True)
class _Settings:
    """What stays the same on the way down."""

    entity: Entities
    keep_nulls: bool


def _entity(
    document: JsonObject, properties: Mapping[str, PropertySpec], settings: _Settings, level: int
) -> JsonObject:
    """One object of an entity, its own or kept inline: here stands what answers add."""
    unfolded = _unfolded(document, properties)
    kept = {k: v for k, v in unfolded.items() if k not in SYSTEM_MEMBERS or k in properties}
    return _members(kept, properties, settings, level)


def _unfolded(document: JsonObject, properties: Mapping[str, PropertySpec]) -> JsonObject:
    """The members of envelopes over those beside them; a null in an envelope says nothing."""
    result = document
    for name in ENVELOPES:
        envelope = document.get(name)
        if name not in properties and isinstance(envelope, dict):
            known = {k: v for k, v in envelope.items() if k in properties and v is not None}
            result = {**{k: v for k, v in result.items() if k != name}, **known}
    return result


def _members(
    document: JsonObject, properties: Mapping[str, PropertySpec], settings: _Settings, level: int
) -> JsonObject:
    result: JsonObject = {}
    for name, value in document.items():
        known = properties.get(name)
        if known is None:
            result[name] = value
            continue
        if known.lenient:
            value = lenient.read(value, known)  # noqa: PLW2901 - what is read takes its place
        if not (known.read_only or _is_absent(value, known, settings)):
            result[name] = _value(value, known, settings, level)
    return result


def _is_absent(value: Json, known: PropertySpec, settings: _Settings) -> bool:
    if value is None:
        return not settings.keep_nulls and (not known.nullable or known.generate is not None)
    return known.generate is not None and value == ""


def _value(value: Json, known: PropertySpec, settings: _Settings, level: int) -> Json:
    if known.many and isinstance(value, list):
        return [_single(item, known, settings, level) for item in value]
    return _single(value, known, settings, level)


def _single(value: Json, known: PropertySpec, settings: _Settings, level: int) -> Json:
    if isinstance(value, str):
        return utc(value) if known.format == "date-time" else value
    if not isinstance(value, dict) or known.kind is PropertyKind.VALUE or level >= MAX_DEPTH:
        return value
    if known.target is None:
        return _members(value, known.properties, settings, level + 1)
    target = settings.entity(known.target)
    if target is None:
        return value
    result = _entity(value, target.properties, settings, level + 1)
    identity = _identity(value, target.properties) if known.kind in _RELATIONS else None
    return result if identity is None else {"_id": identity, **result}


def _identity(document: JsonObject, properties: Mapping[str, PropertySpec]) -> str | None:
    """The id by which a client tells which existing object it means, if it does."""
    itself = document.get("_self")
    told = [document.get("_id"), itself.get("id") if isinstance(itself, dict) else None]
    if "id" not in properties:
        told.append(document.get("id"))
    for value in told:
        if isinstance(value, str) and CHECKS["uuid"](value):
            return value.lower()
    return None


def utc(text: str) -> str:
    """A date-time in UTC with ``T`` and ``Z``; the text itself when it is no RFC 3339 date-time.

    The precision stays as given. The few moments of years 1 and 9999 that UTC would move out of
    the calendar stay as they are.
    """
    match = _UTC_PARTS.fullmatch(text) if CHECKS["date-time"](text) else None
    if match is None:
        return text
    day, minute, rest, offset = match.groups()
    if offset[0] in "Zz":
        return f"{day}T{minute}{rest}Z"
    shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
    local = datetime.fromisoformat(f"{day}T{minute}")
    try:
        moment = local + shift if offset[0] == "-" else local - shift
    except OverflowError:
        return text
    return f"{moment.isoformat(timespec='minutes')}{rest}Z"


def without(document: JsonObject, pointers: Iterable[Pointer]) -> JsonObject:
    """The document without the members at ``pointers``; what is not there is passed over."""
    result = deepcopy(document)
    for pointer in pointers:
        holder: Json = result
        for step in pointer[:-1]:
            holder = _step(holder, step)
        if pointer and isinstance(holder, dict):
            holder.pop(pointer[-1], None)
    return result


def _step(holder: Json, step: str | int) -> Json:
    if isinstance(holder, dict):
        return holder.get(str(step))
    if isinstance(holder, list) and isinstance(step, int) and step < len(holder):
        return holder[step]
    return None
