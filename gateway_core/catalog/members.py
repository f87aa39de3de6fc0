"""What a mapped endpoint's clients may write: what its mappings say of their shapes.

A mapping reads what it knows and passes over the rest. What it passes over would vanish; that
it is unknown is found here. Where a mapping fails on a body, the shape tells why in the names
that the client wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from gateway_core.schema import Validator, compile_shape, nodes
from gateway_core.types import Json, JsonObject, Pointer, Violation

MAX_DEPTH: Final = 32
_COMPOSED: Final = ("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if")


@dataclass(frozen=True, slots=True)
class Members:
    """The named members of an object, or of each object in a list. ``open``: others may stand
    beside them."""

    named: Mapping[str, Members]
    open: bool

    @classmethod
    def of(cls, *shapes: JsonObject) -> Members:
        """What any of the shapes, JSON Schemas without references, declares. A shape that
        declares no members, or says ``additionalProperties``, leaves the object open."""
        return _of(shapes, 0)

    def unknown(self, value: Json, pointer: Pointer = ()) -> Iterator[Violation]:
        """A violation ``unknown-property`` for each member of what stands at ``pointer`` that is
        not known, at any depth."""
        if isinstance(value, list):
            for number, element in enumerate(value):
                yield from self.unknown(element, (*pointer, number))
        elif isinstance(value, dict):
            for name, inner in value.items():
                known = self.named.get(name)
                if known is not None:
                    yield from known.unknown(inner, (*pointer, name))
                elif not self.open:
                    yield Violation((*pointer, name), "unknown-property", self._params(name))

    def _params(self, name: str) -> JsonObject:
        known = sorted(self.named)
        close = get_close_matches(name[:100], known, n=1)
        return {"known": known, **({"suggestion": close[0]} if close else {})}


@dataclass(frozen=True, slots=True)
class ClientShape:
    """The members that clients may write, and the validator of what they write; None when the
    mapping's ``input`` is no schema that can be used."""

    members: Members
    validator: Validator | None

    @classmethod
    def of(cls, sent: JsonObject | None, seen: JsonObject | None) -> ClientShape | None:
        """From the shapes of what clients send and see; None when nobody tells what they send."""
        if sent is None:
            return None
        try:
            validator = compile_shape(sent)
        except ValueError:
            validator = None
        return cls(Members.of(sent, *((seen,) if seen else ())), validator)

    def faults(self, document: Json) -> tuple[Violation, ...]:
        """What is wrong with a body, as far as its shape tells."""
        return self.validator.check(document) if self.validator is not None else ()


def _of(shapes: tuple[JsonObject, ...], depth: int) -> Members:
    shapes = tuple(map(_element, shapes))
    closed = [nodes.members(shape) for shape in shapes]
    names = {name for members in closed for name in members}
    leave_open = depth == MAX_DEPTH or not all(closed) or any(map(_says_more, shapes))
    inner = {
        name: _of(tuple(_schema(members[name]) for members in closed if name in members), depth + 1)
        for name in names
        if depth < MAX_DEPTH
    }
    return Members(MappingProxyType(inner), leave_open)


def _element(shape: JsonObject) -> JsonObject:
    """The shape of a list's elements, or the shape itself."""
    items: Any = shape.get("items")
    return items if isinstance(items, dict) else shape


def _schema(node: Any) -> JsonObject:
    return node if isinstance(node, dict) else {}


def _says_more(shape: JsonObject) -> bool:
    return shape.get("additionalProperties", False) is not False or any(key in shape for key in _COMPOSED)
