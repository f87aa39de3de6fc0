"""What values a node allows: type, format and null."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from gateway_core.schema.original import words
from gateway_core.schema.original.frame import Frame
from gateway_core.schema.original.values import Unreadable, flag, of_types
from gateway_core.types import Json, JsonObject

ANY_JSON = ("object", "array", "string")
_DIGITS4 = "^[1-9][0-9]{3}$"


@dataclass(frozen=True, slots=True)
class Typed:
    """``types`` are JSON Schema's, without null (empty: any); ``extra`` are further keywords."""

    types: tuple[str, ...]
    format: str
    file: bool
    extra: JsonObject


def typed(node: JsonObject, frame: Frame) -> Typed:
    """The types and the format of a node that is no relation."""
    names, implied, file = _types(node, frame)
    given = node.get("format")
    if given is not None and not isinstance(given, str):
        frame.warn("schema-malformed", "format", "format must be a text, and is left out")
        given = None
    if given == words.JSON:
        kinds = tuple(dict.fromkeys((*names, *ANY_JSON))) if names == ("string",) else names or ANY_JSON
        return Typed(kinds, "", file, {})
    if given == words.DUTCH_PC4:
        return Typed(names, "", file, {"pattern": _DIGITS4})
    format_ = words.FORMATS.get(given, given) if given else implied
    if implied == "date-time" and format_ == "date":
        frame.info("schema-read", "format", "values are dates: the format counts, and not the type")
    return Typed(names, "" if file else format_, file or format_ == "file", {})


def _types(node: JsonObject, frame: Frame) -> tuple[tuple[str, ...], str, bool]:
    """The types, the format that they bring along, and whether values are files."""
    declared = node.get("type")
    listed = declared if isinstance(declared, list) else [declared]
    found: dict[str, None] = {}
    implied = ""
    file = False
    for each in listed:
        name = each.strip() if isinstance(each, str) else ""
        if name == words.FILE:
            file = True
        elif name == words.JSON:
            found |= dict.fromkeys(ANY_JSON)
        elif name:
            kind, format_ = words.TYPES.get(name) or _meant(name, frame)
            found |= {kind: None} if kind else {}
            implied = format_ or implied
        elif declared is not None:
            frame.warn("schema-type", "type", "type must be the name of a type: any value is let in")
            return (), "", False
    if not found and not file:
        return _implied(node), implied, False
    return tuple(kind for kind in found if kind != "null"), implied, file


def _meant(name: str, frame: Frame) -> tuple[str, str]:
    lowered = name.lower()
    close = [lowered] if lowered in words.TYPES else get_close_matches(lowered[:40], sorted(words.TYPES), n=1)
    if close:
        frame.warn("schema-type", "type", f"type '{name}' is read as '{close[0]}'")
        return words.TYPES[close[0]]
    frame.warn("schema-type", "type", f"there is no type '{name}': any value is let in")
    return "", ""


def _implied(node: JsonObject) -> tuple[str, ...]:
    """The type of a node that names none: by what it describes, else text, as there."""
    if "type" in node:
        return ()
    if isinstance(node.get("items"), dict):
        return ("array",)
    if node.get("properties"):
        return ("object",)
    listed = node.get("enum")
    values = listed if isinstance(listed, list) and listed else [node["const"]] if "const" in node else []
    if values and all(isinstance(value, bool) for value in values):
        return ("boolean",)
    if values and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return ("number",)
    bare = not any(word in node for word in (*words.NAMED, "not", "if", "$ref"))
    return ("string",) if bare and node.get("format") != words.JSON else ()


def nullable(node: JsonObject, frame: Frame, default: bool) -> bool:
    """Whether null is a value; there it is one unless the property says otherwise."""
    if "nullable" not in node:
        declared = node.get("type")
        return default or (isinstance(declared, list) and "null" in declared)
    try:
        return flag(node["nullable"])
    except Unreadable:
        frame.warn("schema-malformed", "nullable", "nullable must be true or false, and is left out")
        return default


def listed(node: JsonObject, types: tuple[str, ...], null: bool, frame: Frame) -> JsonObject:
    """``enum`` and ``const`` with values of the property's type, null among them where it is allowed."""
    found: JsonObject = {}
    given = node.get("enum")
    if isinstance(given, dict):
        given = list(given.values())
    if isinstance(given, list) and given:
        found["enum"] = _read(given, types, "enum", frame)
    elif given:
        frame.warn("schema-malformed", "enum", "enum must be a list of values, and is left out")
    if "const" in node:
        only = _read([node["const"]], types, "const", frame)
        found |= {"enum": only} if null and only != [None] else {"const": only[0]}
    if null and "enum" in found and None not in found["enum"]:
        found["enum"].append(None)
    return found


def _read(values: list[Json], types: tuple[str, ...], keyword: str, frame: Frame) -> list[Json]:
    result: list[Json] = []
    for value in values:
        try:
            read = value if value is None else of_types(value, types)
        except Unreadable:
            text = f"a value of {keyword} is none of the types {', '.join(types)}: it is never given"
            frame.warn("schema-malformed", keyword, text)
            read = value
        if not any(read == other and type(read) is type(other) for other in result):
            result.append(read)
    return result
