"""The members of an object: which there are, which must be there, and on what conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway_core.schema.original import words
from gateway_core.schema.original.conditions import Unsayable, condition
from gateway_core.schema.original.frame import Frame
from gateway_core.schema.original.values import Unreadable, flag, is_set, names
from gateway_core.schema.vocabulary import RESERVED, suggestion
from gateway_core.types import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Members:
    """``nodes`` are the schemas of the members as their author wrote them."""

    nodes: Mapping[str, Json]
    required: tuple[str, ...]
    rules: tuple[tuple[str, JsonObject], ...]

    def demands(self, made: Mapping[str, Any]) -> JsonObject:
        """``required`` and the conditions, now that it is known what the members became."""
        result: JsonObject = {}
        required = [name for name in self.required if not _is_given_out(made.get(name))]
        if required:
            result["required"] = required
        rules = [rule for name, rule in self.rules if not _is_given_out(made.get(name))]
        if rules:
            result["allOf"] = rules
        return result


def apart(given: JsonObject, frame: Frame) -> Members:
    """Tell the members from what their schemas say about the object that holds them."""
    members = given.get("properties")
    if not isinstance(members, dict):
        if members not in (None, []):
            frame.warn("schema-malformed", "properties", "properties must be an object, and is left out")
        members = {}
    nodes = {name: child for name, child in members.items() if _is_name(name, frame)}
    required = _required(given, nodes, frame)
    rules: list[tuple[str, JsonObject]] = [("", rule) for rule in _named(given, nodes, "", frame)]
    for name, child in nodes.items():
        if isinstance(child, dict):
            below = frame.at("properties", name)
            rules += [(name, rule) for rule in _conditions(name, child, below)]
            rules += [(name, rule) for rule in _named(child, nodes, name, below)]
    return Members(nodes, required, tuple(rules))


def _is_given_out(made: Json) -> bool:
    """Whether no client can be asked for the member: the other side keeps it."""
    return isinstance(made, dict) and "x-inverseOf" in made


def _is_name(name: str, frame: Frame) -> bool:
    """There, too, such properties are dropped; here those that answers have of themselves."""
    if name and name not in RESERVED and not name.startswith(words.UNREADABLE_NAMES):
        return True
    place = frame.at("properties")
    place.warn("schema-name", name, f"a property cannot be called '{name}': it is left out")
    return False


def _required(given: JsonObject, nodes: Mapping[str, Json], frame: Frame) -> tuple[str, ...]:
    """The names in the list of the object, and the members that say so themselves."""
    listed = given.get("required")
    found: dict[str, None] = {}
    if isinstance(listed, list | dict) or (isinstance(listed, str) and listed in nodes):
        for position, name in enumerate(names(listed)):
            if name in nodes:
                found[name] = None
            else:
                path = (*frame.path, "required", position)
                text = f"there is no property '{name}': it is not required"
                frame.notes.warn("schema-property", path, text, suggestion(name[:60], nodes))
    for name, child in nodes.items():
        if isinstance(child, dict) and not isinstance(child.get("required"), list | dict | None):
            try:
                found |= {name: None} if flag(child["required"]) else {}
            except Unreadable:
                below = frame.at("properties", name)
                below.warn("schema-malformed", "required", "required must be true or false, and is left out")
    return tuple(found)


def _conditions(name: str, child: JsonObject, frame: Frame) -> list[JsonObject]:
    found: list[JsonObject] = []
    for keyword, then in (
        ("requiredIf", {"required": [name]}),
        ("forbiddenIf", {"properties": {name: False}}),
    ):
        logic = child.get(keyword)
        if logic in (None, "", [], {}, False):
            continue
        if keyword == "requiredIf" and (is_set(child.get("readOnly")) or "default" in child):
            frame.info(
                "schema-not-kept", keyword, "clients are not asked for what is filled in, or read only"
            )
            continue
        try:
            found.append({"if": condition(logic), "then": then})
        except Unsayable as error:
            text = f"{keyword} cannot be kept: JSON Schema has no words for {error}"
            frame.warn("schema-condition", keyword, text, "say it with if and then in a schema of your own")
    return found


def _named(node: JsonObject, nodes: Mapping[str, Json], name: str, frame: Frame) -> list[JsonObject]:
    """Lists of properties, of which all, any or one must be there (beside the property ``name``)."""
    found: list[JsonObject] = []
    for keyword in sorted(words.NAMED & node.keys()):
        value = node[keyword]
        listed = (
            [each for each in value if isinstance(each, str)] if isinstance(value, list) else names(value)
        )
        unknown = [each for each in listed if each not in nodes]
        if unknown:
            frame.warn("schema-property", keyword, f"there is no property '{unknown[0]}'")
        meant = [{"required": [each]} for each in listed if each in nodes]
        if meant:
            rule: JsonObject = {keyword: meant}
            found.append({"if": {"required": [name]}, "then": rule} if name else rule)
    return found
