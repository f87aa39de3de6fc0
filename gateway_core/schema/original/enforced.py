"""What holds here and does not there: rules that the original passes over, told to who moves from it.

There most rules count only beside a ``format``, some never, and a list of required names cancels the
flags of properties.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway_core.schema.original import words
from gateway_core.schema.original.frame import Frame
from gateway_core.schema.original.values import is_set, names
from gateway_core.types import Json, JsonObject

_BESIDE_FORMAT = words.LENGTHS | words.COUNTS | words.NUMBERS | words.DATES | words.FILES | {"enum"}
_NEVER = frozenset({"const", "immutable", "mustBeUnique", "pattern", "unique"})
_SHOWN = 12


def tell(given: JsonObject, frame: Frame) -> None:
    """One remark for the whole schema, with the properties by rule."""
    members = given.get("properties")
    found: dict[str, list[str]] = {}
    for name, node in members.items() if isinstance(members, dict) else ():
        for word in _rules(node):
            found.setdefault(word, []).append(name)
    for name in _cancelled(given):
        found.setdefault("required", []).append(name)
    if found:
        listed = "; ".join(f"{word} of {_listed(found[word])}" for word in sorted(found))
        text = f"this is enforced here, and was not in Common Gateway: {listed}"
        frame.notes.info("schema-enforced", frame.path, text, "what clients send may be refused now")


def _rules(node: Json) -> Iterator[str]:
    if isinstance(node, dict):
        for word in sorted(_NEVER & node.keys()):
            if node[word] not in (False, None, "", "false"):
                yield word
        if not node.get("format"):
            yield from (word for word in sorted(_BESIDE_FORMAT & node.keys()) if node[word])


def _cancelled(given: JsonObject) -> Iterator[str]:
    listed, members = given.get("required"), given.get("properties")
    if isinstance(listed, list) and isinstance(members, dict):
        named = names(listed)
        for name, node in members.items():
            own = node.get("required") if isinstance(node, dict) else None
            if name not in named and not isinstance(own, list) and is_set(own):
                yield name


def _listed(found: list[str]) -> str:
    more = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
