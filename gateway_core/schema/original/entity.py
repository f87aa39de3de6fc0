"""A whole schema of that dialect as one of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway_core.schema import vocabulary
from gateway_core.schema.forms import DIALECT
from gateway_core.schema.original import enforced, words
from gateway_core.schema.original.defaults import beside_conditions
from gateway_core.schema.original.frame import Frame, Notes, Others
from gateway_core.schema.original.node import members_of, translated
from gateway_core.schema.original.spelling import not_kept, spelled
from gateway_core.schema.original.values import Unreadable, names, text, whole
from gateway_core.types import Finding, Json, JsonObject, Severity

_ROUNDS = 50
_LASTING = frozenset({"schema-depth", "schema-id"})
# What is told of the schema as its author wrote it, and not again of what it has become.
_TOLD = frozenset({"schema-unknown-keyword", "schema-ref-place", "schema-flag"})
_ROOT_WORDS = words.ON_NODES | words.ON_ROOT


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The schema in our dialect, and what is to be said about it."""

    body: JsonObject
    findings: tuple[Finding, ...]


def rewrite(body: Mapping[str, Any], known: vocabulary.Known, others: Others) -> Rewritten:
    """The schema in our dialect. ``known`` tells which ``$id`` exist, ``others`` finds their bodies.

    Never raises, and gives a schema without errors, but for one without an ``$id`` or that is
    nested too deeply.
    """
    given = dict(body)
    reference = given.get("$id")
    notes = Notes()
    reference = (reference.strip() or reference) if isinstance(reference, str) else ""
    frame = Frame(reference, given, known, others, notes)
    made = _entity(spelled(given, frame, _ROOT_WORDS), frame)
    enforced.tell(given, frame)
    made, left = _without_errors(made, frame)
    findings = (*notes.found, *left)
    unique = {(f.severity, f.code, f.pointer, f.message): f for f in findings}
    return Rewritten(made, tuple(replace(f, reference=reference) for f in unique.values()))


def _entity(given: JsonObject, frame: Frame) -> JsonObject:
    not_kept(given, frame)
    made: JsonObject = {"$schema": DIALECT, "$id": frame.reference}
    made |= {word: given[word] for word in words.TEXTS if isinstance(given.get(word), str)}
    made |= _settings(given, frame)
    made["type"] = "object"
    if given.get("type") not in (None, "object", ["object"], ""):
        frame.warn("schema-root", "type", "this describes a value and no object: no object is kept of it")
        return {**made, "properties": {}, "additionalProperties": False}
    made |= {"x-lenient": True, "properties": {}} | members_of(given, frame)
    made["properties"] = _own_id(made["properties"])
    made |= _naming(given, made["properties"], frame)
    for word in sorted(words.SCHEMAS & given.keys() - {"properties", "items", "prefixItems"}):
        joined = _composed(word, given[word], frame)
        made |= (
            {word: [*made.get(word, []), *joined[word]]} if word in words.NAMED & joined.keys() else joined
        )
    made = beside_conditions(made, frame)
    kept = (w for w in given if w not in words.EVERY and not w.startswith(("$", "x-")) and w not in made)
    return made | {word: given[word] for word in kept}


def _composed(word: str, value: Json, frame: Frame) -> JsonObject:
    """Schemas beside the properties: branches and definitions."""
    if word in ("additionalProperties", "unevaluatedProperties"):
        opened = value in (True, "true") or isinstance(value, dict)
        return {word: value if isinstance(value, dict) else True} if opened else {}
    outer = translated({word: value, "type": "object"}, frame, null=False)
    return {word: outer[word]} if isinstance(outer, dict) and word in outer else {}


def _settings(given: JsonObject, frame: Frame) -> JsonObject:
    made: JsonObject = {}
    if "version" in given:
        try:
            made["version"] = text(given["version"])
        except Unreadable:
            frame.warn("schema-malformed", "version", "version must be a text, and is left out")
    if "maxDepth" in given:
        try:
            made["x-maxDepth"] = whole(given["maxDepth"])
        except Unreadable:
            frame.warn("schema-malformed", "maxDepth", "maxDepth must be a whole number, and is left out")
    return made


def _own_id(properties: JsonObject) -> JsonObject:
    """A property called ``id`` that clients cannot set is the id that every object has."""
    own = properties.get("id")
    if not isinstance(own, dict) or "$ref" in own:
        return properties
    if own.get("readOnly") is True:
        return {name: child for name, child in properties.items() if name != "id"}
    types = own.get("type")
    text_ = types == "string" or (isinstance(types, list) and "string" in types)
    free = own.get("format") in (None, "uuid") and not {"enum", "const", "pattern", "default"} & own.keys()
    if text_ and free and own.get("maxLength", 36) >= 36:
        return {**properties, "id": {"x-generate": "id", **own}}
    return properties


def _naming(given: JsonObject, properties: JsonObject, frame: Frame) -> JsonObject:
    """What names an object: the properties that say so, in the order of the schema."""
    listed = names(given.get("nameProperties"))
    for name in listed:
        if name.partition(".")[0] not in properties:
            text_ = f"there is no property '{name}': it names nothing"
            hint = vocabulary.suggestion(name[:60], properties)
            frame.warn("schema-property", "nameProperties", text_, hint)
    scalar = [n for n in properties if n in words.NAMING and n not in listed]
    named = [n for n in listed if n.partition(".")[0] in properties] + scalar
    return {"x-nameProperties": named} if named else {}


def _without_errors(made: JsonObject, frame: Frame) -> tuple[JsonObject, list[Finding]]:
    """The schema without what is an error in our dialect even so, and the remarks on what is left.

    What damaged schemas can hold is beyond any list; what is wrong is left out, and said.
    """

    def known(reference: str) -> bool:
        return reference == frame.reference or frame.known(reference)

    found: tuple[Finding, ...] = ()
    for _ in range(_ROUNDS):
        found = vocabulary.inspect(made, known)
        faults = [f for f in found if f.severity is Severity.ERROR and f.code not in _LASTING]
        if not faults:
            break
        for fault in faults:
            made = _removed(made, fault.pointer)
            text_ = f"{fault.message}: it is left out"
            warning = replace(fault, severity=Severity.WARNING, message=text_)
            frame.notes.found.append(warning)
    return made, [f for f in found if f.code not in _TOLD]


def _removed(made: JsonObject, pointer: str) -> JsonObject:
    """The schema without what stands at the pointer."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    return _without(made, steps) if steps else made


def _without(node: Json, steps: list[str]) -> Any:
    step, rest = steps[0], steps[1:]
    if isinstance(node, list):
        place = int(step) if step.isdecimal() else -1
        changed = [_without(e, rest) if at == place and rest else e for at, e in enumerate(node)]
        return changed if rest else [e for at, e in enumerate(node) if at != place]
    if not isinstance(node, dict) or step not in node:
        return node
    if rest:
        return {**node, step: _without(node[step], rest)}
    return {name: child for name, child in node.items() if name != step}
