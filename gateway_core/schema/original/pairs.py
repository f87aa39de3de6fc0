"""Relations that mirror each other (``inversedBy``): which side keeps the reference.

There both sides do, and are kept alike. Here one side keeps it and the other shows who refers to
it, which cannot disagree. Both sides are asked the same question, so they answer alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway_core.schema.original.frame import Frame
from gateway_core.schema.original.recognise import speaks
from gateway_core.schema.original.values import is_set, names
from gateway_core.types import Json, Reference


@dataclass(frozen=True, slots=True)
class Side:
    """A relation property of a schema as its author wrote it."""

    reference: Reference
    name: str
    node: Mapping[str, Any]
    target: Reference
    many: bool
    required: bool

    @property
    def rank(self) -> tuple[bool, bool, bool, Reference, str]:
        """The side with the lower rank keeps the reference: one that clients write, that holds one
        reference and not a list, that must be there."""
        read_only = is_set(self.node.get("readOnly"))
        return (read_only, self.many, not self.required, self.reference, self.name)

    @property
    def inverse(self) -> str:
        """The name of the property that mirrors it, if it says so."""
        name = self.node.get("inversedBy")
        return name.strip() if isinstance(name, str) else ""


def target_of(node: Json) -> tuple[Reference, bool] | None:
    """The schema that a property refers to, and whether it holds a list of references."""
    if not isinstance(node, Mapping):
        return None
    items = node.get("items")
    listed = items.get("$ref") if isinstance(items, Mapping) else None
    if isinstance(listed, str) and listed and not listed.startswith("#"):
        return listed, True
    single = node.get("$ref")
    if isinstance(single, str) and single and not single.startswith("#"):
        many = node.get("type") in ("array", "list") or is_set(node.get("multiple"))
        return single, many
    return None


def side(reference: Reference, body: Mapping[str, Any], name: str) -> Side | None:
    """The relation of that name, or None when the schema has none."""
    members = body.get("properties")
    node = members.get(name) if isinstance(members, Mapping) else None
    found = target_of(node)
    if found is None or not isinstance(node, Mapping):
        return None
    required = is_set(node.get("required")) or name in names(body.get("required"))
    return Side(reference, name, node, *found, required)


def mirrored(own: Side, frame: Frame) -> bool:
    """Whether this side shows who refers to it, and keeps nothing."""
    if not own.inverse:
        return False
    other_body = frame.body if own.target == own.reference else frame.others(own.target)
    other = side(own.target, other_body, own.inverse) if other_body is not None else None
    if other is None or other.target != own.reference or other_body is None:
        text = (
            f"'{own.target}' has no property '{own.inverse}' that refers to this schema: nothing mirrors it"
        )
        frame.warn("schema-inverse", "inversedBy", text)
        return False
    if not speaks(other_body) and ("x-inverseOf" in other.node or "x-inline" in other.node):
        return False
    if (other.reference, other.name) == (own.reference, own.name):
        frame.warn("schema-inverse", "inversedBy", "a property cannot mirror itself: nothing mirrors it")
        return False
    if other.inverse and other.inverse != own.name:
        text = f"'{own.inverse}' of '{own.target}' mirrors '{other.inverse}', not this: nothing mirrors it"
        frame.warn("schema-inverse", "inversedBy", text)
        return False
    return not other.inverse or other.rank < own.rank
