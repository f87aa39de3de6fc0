"""Is this a schema in our dialect? Every fault is a finding, with its place and the way out.

The dialect is JSON Schema 2020-12 with the annotations of ``DIALECT_SCHEMA`` beside it. A schema
in another dialect (``required`` on a property, ``type: datetime``) is not guessed at here:
it gets findings, and whoever translates such dialects does so before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import jsonschema_rs
import re2  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator, ValidationError

from gateway_core.schema import nodes, walk
from gateway_core.schema.formats import FORMATS
from gateway_core.schema.forms import DIALECT
from gateway_core.schema.own_words import ELSEWHERE, ON_PROPERTIES, ON_SCHEMAS, TYPES_ELSEWHERE
from gateway_core.types import Finding, Json, JsonObject, Reference, Severity

Known = Callable[[Reference], bool]

MAX_SCHEMA_DEPTH = 64
RESERVED = frozenset({"_id", "_self", "_schema", "embedded", "_embedded", "@embedded"})

DIALECT_SCHEMA: JsonObject = {
    "$schema": DIALECT,
    "$id": "urn:x-gateway:dialect",
    "$dynamicAnchor": "meta",
    "allOf": [{"$ref": DIALECT}],
    "properties": {**ON_SCHEMAS, **ON_PROPERTIES},
}
_VALIDATOR = Draft202012Validator(DIALECT_SCHEMA)
# A hundred times as fast, and asked first: it decides whether there is anything to explain.
_QUICK = jsonschema_rs.Draft202012Validator(DIALECT_SCHEMA)

_STANDARD = (
    "$anchor $comment $id $schema $vocabulary const contentEncoding contentMediaType default "
    "dependentRequired deprecated description enum example examples exclusiveMaximum exclusiveMinimum "
    "format maxContains maxItems maxLength maxProperties maximum minContains minItems minLength "
    "minProperties minimum multipleOf pattern readOnly required title type uniqueItems writeOnly $ref "
)
KEYWORDS = (
    frozenset(_STANDARD.split()) | walk.ONE | walk.LIST | walk.MAP | frozenset(DIALECT_SCHEMA["properties"])
)
REFUSED = {
    "$dynamicRef": "use $ref",
    "$dynamicAnchor": "use $anchor or a place under $defs",
    "$recursiveRef": "use $ref",
    "$recursiveAnchor": "use $anchor or a place under $defs",
}

_OF_RELATIONS = ("x-inline", "x-inverseOf", "x-cascadeDelete", "x-embed", "x-linkOnly", "x-show")


def inspect(body: JsonObject, known: Known) -> tuple[Finding, ...]:
    """All findings about one schema artifact. ``known`` tells which ``$id`` exist.

    Without error findings the body is a well-formed JSON Schema 2020-12 whose patterns run in
    linear time and whose references resolve.
    """
    reference = nodes.text(body, "$id")
    if too_deep(body, MAX_SCHEMA_DEPTH):
        text = f"the schema is nested more than {MAX_SCHEMA_DEPTH} levels deep"
        found = [_finding("schema-depth", (), text, "give its parts names under $defs")]
    else:
        found = list(_malformed(body))
    if not found:
        found += _root_findings(body)
        for path, node in walk.walk(body):
            found += _node_findings(path, node, body, known)
    return tuple(replace(finding, reference=reference) for finding in found)


def too_deep(document: Json, limit: int) -> bool:
    """Whether arrays and objects are nested more than ``limit`` deep; safe for any depth."""
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(limit):
        if not level:
            return False
        below: list[Json] = []
        for node in level:
            below.extend(node.values() if isinstance(node, dict) else node)
        level = [node for node in below if isinstance(node, dict | list)]
    return bool(level)


def _finding(
    code: str,
    path: tuple[str | int, ...],
    message: str,
    hint: str = "",
    severity: Severity = Severity.ERROR,
) -> Finding:
    return Finding(severity, code, message, pointer=walk.pointer_text(path), hint=hint)


def _malformed(body: JsonObject) -> Iterator[Finding]:
    """What the meta schema says."""
    if _QUICK.is_valid(body):
        return
    seen: set[tuple[str | int, ...]] = set()
    for error in sorted(_VALIDATOR.iter_errors(body), key=lambda e: str(list(e.absolute_path))):
        path = tuple(error.absolute_path)
        if path not in seen:
            seen.add(path)
            message, hint = _explain(error, path)
            yield _finding("schema-keyword", path, message, hint)


def _explain(error: ValidationError, path: tuple[str | int, ...]) -> tuple[str, str]:
    """What is wrong with one keyword of a schema, and the way out."""
    keyword = str(path[-1]) if path else ""
    value: Any = error.instance
    expected: Any = error.validator_value
    if expected == ["object", "boolean"] and value not in ("true", "false"):
        return f"'{keyword}' must be a schema", "write an object, with a type for example"
    if keyword == "type":
        return _explain_type(value)
    if keyword == "required" and isinstance(value, bool):
        hint = "list the property's name under required of the object that holds it"
        return "required must be a list of property names", hint
    if value in ("true", "false") and expected in ("boolean", ["object", "boolean"]):
        return f"{keyword} must be {value}, not the text '{value}'", "write it without quotes"
    if isinstance(value, bool) and keyword in ("exclusiveMinimum", "exclusiveMaximum"):
        return f"{keyword} must be a number", f"write the limit itself as {keyword}"
    if error.validator == "enum":
        return f"{keyword} must be one of {', '.join(map(str, expected))}", ""
    if error.validator == "type":
        kinds = expected if isinstance(expected, list) else [expected]
        return f"{keyword or 'a schema'} must be of type {' or '.join(kinds)}", ""
    return f"{keyword or 'the schema'} is malformed: {error.message[:200]}", ""


def _explain_type(value: Json) -> tuple[str, str]:
    named = value if isinstance(value, list) else [value]
    wrong = [name for name in named if name not in nodes.TYPES]
    if not wrong:
        return "type must name each type once", ""
    if not isinstance(wrong[0], str):
        return "type must be the name of a type, or a list of names", ""
    return f"'{wrong[0]}' is not a JSON Schema type", _type_hint(wrong[0])


def _type_hint(value: str) -> str:
    replacement = TYPES_ELSEWHERE.get(value.lower())
    if replacement is None:
        close = get_close_matches(value.lower(), nodes.TYPES, n=1)
        replacement = f'type "{close[0]}"' if close else ""
    return f"did you mean {replacement}?" if replacement else f"the types are {', '.join(nodes.TYPES)}"


def _root_findings(body: JsonObject) -> Iterator[Finding]:
    if not body.get("$id"):
        yield _finding("schema-id", (), "the schema has no $id", "an artifact is known by its $id")
    elif "#" in body["$id"]:
        yield _finding("schema-id", ("$id",), "an $id has no fragment", "leave out the # and what follows")
    if body.get("$schema", DIALECT) != DIALECT:
        yield _finding("schema-dialect", ("$schema",), "this is another dialect", f'write "{DIALECT}"')
    if nodes.types(body) - {"object"}:
        yield _finding("schema-root", ("type",), "an entity is an object", 'write "type": "object"')
    properties = nodes.members(body)
    for keyword in ("required", "x-nameProperties"):
        for position, path in enumerate(nodes.names(body, keyword)):
            name = path if keyword == "required" else path.partition(".")[0]
            if name not in properties:
                message = f"there is no property '{name}'"
                yield _finding("schema-property", (keyword, position), message, suggestion(name, properties))
    for name in properties:
        yield from _name_findings(name)


def _name_findings(name: str) -> Iterator[Finding]:
    path = ("properties", name)
    if name in RESERVED:
        yield _finding("schema-name", path, f"'{name}' is a name of the gateway itself", "choose another")
    elif "." in name or "[" in name or name == "":
        text = "the property cannot be filtered on: paths in queries are split at dots and brackets"
        yield _finding("schema-name", path, text, "choose another name", Severity.WARNING)


def suggestion(name: str, existing: Iterable[str]) -> str:
    """A question with the closest of the names (``did you mean 'x'?``), or nothing."""
    close = get_close_matches(name, list(existing), n=1)
    return f"did you mean '{close[0]}'?" if close else ""


def _node_findings(
    path: tuple[str | int, ...], node: JsonObject, body: JsonObject, known: Known
) -> Iterator[Finding]:
    yield from _keyword_findings(path, node)
    yield from _pattern_findings(path, node)
    yield from _reference_findings(path, node, body, known)
    name = node.get("format")
    if name is not None and name not in FORMATS:
        text = f"format '{name}' is not known here and is not enforced"
        yield _finding("schema-format", (*path, "format"), text, suggestion(name, FORMATS), Severity.WARNING)


def _keyword_findings(path: tuple[str | int, ...], node: JsonObject) -> Iterator[Finding]:
    for keyword in node:
        place = (*path, keyword)
        if keyword in REFUSED:
            text = f"{keyword} is not supported"
            yield _finding("schema-keyword", place, text, REFUSED[keyword])
        elif keyword not in KEYWORDS:
            hint = ELSEWHERE.get(keyword) or suggestion(keyword, KEYWORDS)
            text = f"'{keyword}' is not a keyword and has no effect"
            yield _finding("schema-unknown-keyword", place, text, hint, Severity.WARNING)
    if path and "$id" in node:
        text = "$id inside a schema is not supported"
        yield _finding("schema-id", (*path, "$id"), text, "make it an artifact of its own, or use $defs")


def _pattern_findings(path: tuple[str | int, ...], node: JsonObject) -> Iterator[Finding]:
    patterns = [((*path, "pattern"), node["pattern"])] if "pattern" in node else []
    named = node.get("patternProperties", {})
    patterns += [((*path, "patternProperties", pattern), pattern) for pattern in named]
    for place, pattern in patterns:
        fault = _pattern_fault(pattern)
        if fault:
            hint = "patterns run in linear time: no lookaround, no back references (RE2 syntax)"
            yield _finding("schema-pattern", place, f"the pattern cannot be used: {fault}", hint)


def _pattern_fault(pattern: str) -> str:
    """Why a pattern does not compile in RE2, or in the engine that runs it."""
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        fault = error.args[0] if error.args else ""
        return fault.decode(errors="replace") if isinstance(fault, bytes) else str(fault)
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())
    except ValueError:
        return "its syntax is not portable"
    return ""


def _reference_findings(
    path: tuple[str | int, ...], node: JsonObject, body: JsonObject, known: Known
) -> Iterator[Finding]:
    yield from _flag_findings(path, node)
    reference = node.get("$ref")
    if reference is None:
        return
    place = (*path, "$ref")
    if reference.startswith("#"):
        if not isinstance(_local(body, reference), dict | bool):
            text = f"'{reference}' names nothing in this schema"
            yield _finding("schema-ref", place, text, _definitions_hint(body))
    elif "#" in reference:
        text = "a $ref into another schema is not supported"
        yield _finding("schema-ref", place, text, "refer to the whole schema by its $id")
    elif not known(reference):
        text = f"there is no schema '{reference}'"
        yield _finding("schema-ref", place, text, "give the $id of an installed schema")
    elif not _is_relation_place(path):
        text = "here the other schema only describes a value kept inline"
        hint = 'a relation is a $ref of a property or of its items; for null write "type": ["object", "null"]'
        yield _finding("schema-ref-place", place, text, hint, Severity.WARNING)


def _local(body: JsonObject, reference: str) -> Json:
    return walk.resolve(body, reference) if reference == "#" or reference.startswith("#/") else None


def _definitions_hint(body: JsonObject) -> str:
    names = sorted(body["$defs"]) if isinstance(body.get("$defs"), dict) else []
    return f"definitions here: {', '.join(names)}" if names else "write #/$defs/<name> and define it"


def _is_relation_place(path: tuple[str | int, ...]) -> bool:
    """A property or its items, of the entity itself or of an object inside it."""
    inner = path[:-1] if path and path[-1] == "items" else path
    return len(inner) >= 2 and inner[-2] in ("properties", "$defs")


def _flag_findings(path: tuple[str | int, ...], node: JsonObject) -> Iterator[Finding]:
    holder = {**node.get("items", {}), **node} if isinstance(node.get("items"), dict) else node
    related = nodes.artifact_reference(holder) is not None
    for keyword in _OF_RELATIONS:
        if keyword in node and not related and "$ref" not in node:
            text = f"{keyword} means something only beside a $ref to a schema"
            yield _finding("schema-flag", (*path, keyword), text, "", Severity.WARNING)
    if node.get("x-search") is True and (related or not _may_hold_text(node)):
        text = "x-search means something only at a property that holds text"
        yield _finding("schema-flag", (*path, "x-search"), text, "", Severity.WARNING)
    if holder.get("x-inline") is True and "x-inverseOf" in holder:
        text = "a property cannot be both inline and the inverse of another"
        yield _finding("schema-flag", (*path, "x-inverseOf"), text, "leave out one of the two")


def _may_hold_text(node: JsonObject) -> bool:
    """Whether the value, or an element of a list, may be a text."""
    items = node.get("items")
    kinds = nodes.types(items if isinstance(items, dict) else node)
    return not kinds or "string" in kinds
