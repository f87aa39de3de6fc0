"""A property that refers to another schema."""

from __future__ import annotations

from gateway_core.schema.original import pairs, words
from gateway_core.schema.original.frame import Frame
from gateway_core.schema.original.recognise import speaks
from gateway_core.schema.original.values import is_set
from gateway_core.types import Json, JsonObject, Reference

_LIST_WORDS = ("maxItems", "minItems", "uniqueItems")


def related(target: tuple[Reference, bool], given: JsonObject, null: bool, frame: Frame) -> JsonObject | None:
    """The property in our dialect; None when the schema that it refers to describes no object."""
    reference, many = target
    if reference != frame.reference and not frame.known(reference):
        return _unknown(reference, given, null, frame, many=many)
    body = frame.body if reference == frame.reference else frame.others(reference)
    if body is not None and speaks(body) and body.get("type") not in (None, "object", ["object"], ""):
        return None if many else _described(dict(body), null)
    if many:
        listed: JsonObject = {"type": ["array", "null"] if null else "array"}
        made = {**listed, "items": {"type": "object", "$ref": reference}, **_counts(given)}
    else:
        made = {"type": ["object", "null"] if null else "object", "$ref": reference}
    if not frame.top:
        _remark_inline(given, frame)
        return made
    return made | _flags(given, body, frame)


def _flags(given: JsonObject, body: object, frame: Frame) -> JsonObject:
    made: JsonObject = {}
    name = str(frame.path[-1])
    own = pairs.side(
        frame.reference, {"properties": {name: given}, "required": frame.body.get("required")}, name
    )
    if own is not None and pairs.mirrored(own, frame):
        made["x-inverseOf"] = own.inverse
    if is_set(given.get("cascadeDelete")):
        made["x-cascadeDelete"] = True
    if "cascade" in given and not is_set(given["cascade"]):
        made["x-linkOnly"] = True
    if isinstance(body, dict) and is_set(body.get("exclude")):
        made["x-embed"] = False
    shown = words.SHOWN_AS.get(str(given.get("format")))
    return made | {"x-show": shown} if shown else made


def _remark_inline(given: JsonObject, frame: Frame) -> None:
    for word in ("inversedBy", "cascadeDelete"):
        if given.get(word):
            text = f"'{word}' has no effect: inside another property the object is kept with it"
            frame.info("schema-not-kept", word, text)


def _counts(given: JsonObject) -> JsonObject:
    found: JsonObject = {}
    for word in _LIST_WORDS:
        value = given.get(word)
        if word == "uniqueItems":
            found |= {word: True} if is_set(value) else {}
        elif isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            found[word] = value
    return found


def _unknown(reference: Reference, given: JsonObject, null: bool, frame: Frame, *, many: bool) -> JsonObject:
    text = f"there is no schema '{reference}': the property takes an id, a URL, or an object kept inline"
    hint = "install the bundle that brings it; then it is a relation"
    keyword = ("items", "$ref") if many and isinstance(given.get("items"), dict) else ("$ref",)
    frame.notes.warn("schema-ref", (*frame.path, *keyword), text, hint)
    links: list[Json] = [{"format": "uuid"}, {"format": "uri"}]
    value: JsonObject = {"type": ["string", "object"], "anyOf": links}
    if many:
        return {"type": ["array", "null"] if null else "array", "items": value, **_counts(given)}
    return {**value, "type": ["string", "object", "null"]} if null else value


def _described(body: JsonObject, null: bool) -> JsonObject | None:
    """A schema that is only an enumeration describes the value itself."""
    values = body.get("enum")
    if body.get("type") != "string" or not isinstance(values, list) or not values:
        return None
    texts: list[Json] = [value for value in values if isinstance(value, str)]
    if null:
        return {"type": ["string", "null"], "enum": [*texts, None]}
    return {"type": "string", "enum": texts} if texts else None
