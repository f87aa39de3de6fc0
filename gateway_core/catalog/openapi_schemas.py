"""The forms in which schemas appear in the OpenAPI document: as read, as written, as patched.

A form becomes a component when something refers to it, and not before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from gateway_core.catalog.openapi_read import SELF, or_null, partial
from gateway_core.query.describe import REFERENCE_PATTERN
from gateway_core.schema import FORMATS, nodes, walk
from gateway_core.schema.transitions import INITIAL, TRANSITIONS, described
from gateway_core.types import Json, JsonObject, Reference

COMPONENTS = "#/components/schemas/"
ALWAYS_SHOWN = ("_id", "id", "_self")
LINK: Mapping[str, Json] = MappingProxyType(
    {
        "type": "string",
        "pattern": REFERENCE_PATTERN,
        "description": "The id, path or URL of an object that exists.",
    }
)
# What answers add may be sent back: it is passed over, but for the ``_id`` of a part.
_ECHOED: Mapping[str, Json] = MappingProxyType(
    {
        "_id": {
            "type": "string",
            "format": "uuid",
            "description": "Within another object: which existing object is meant.",
        },
        "id": {"readOnly": True},
        "_self": {"readOnly": True},
        "embedded": {"readOnly": True},
    }
)
# Keywords that configure the gateway, or that the document says with components.
_LEFT_OUT = frozenset(
    {"$id", "$schema", "$comment", "$anchor", "$vocabulary", "$defs", "definitions", "version"}
)
_OPENERS = ("patternProperties", "propertyNames", "unevaluatedProperties")
_APPLICATORS = ("$ref", "allOf", "anyOf", "dependentSchemas", "else", "if", "oneOf", "then")
_AROUND = ("title", "description", "examples", "readOnly")


class Mode(StrEnum):
    """``READ``: an answer, perhaps of some members only. ``WRITE``: a whole document.
    ``PATCH``: a merge patch, in which every member may be absent or null."""

    READ = "read"
    WRITE = "write"
    PATCH = "patch"


@dataclass(frozen=True, slots=True)
class Form:
    """``inline``: everything is kept in the document, nothing has an id. ``open``: unknown members
    are accepted. ``without``: a member that need not be sent, for it is known from the place."""

    mode: Mode
    inline: bool = False
    open: bool = False
    without: str = ""

    @property
    def suffix(self) -> str:
        parts = [self.mode.value] if self.mode is not Mode.READ else []
        parts += ["inline"] if self.inline else []
        parts += ["open"] if self.open and self.mode is not Mode.READ else []
        parts += [f"without-{self.without}"] if self.without else []
        return "".join(f".{part}" for part in parts)


@dataclass(frozen=True, slots=True)
class _Key:
    """One component: a form of a schema, or of what a JSON pointer names inside it."""

    source: str
    form: Form
    fragment: str = ""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What holds while one component is made. ``entity``: the schema describes stored objects."""

    key: _Key
    body: JsonObject
    entity: bool

    @property
    def form(self) -> Form:
        return self.key.form

    @property
    def mode(self) -> Mode:
        return self.key.form.mode

    def with_form(self, form: Form) -> _Frame:
        return replace(self, key=replace(self.key, form=form))


class SchemaForms:
    """Names and makes components from the schemas of entities, and from the shapes of mappings."""

    def __init__(self, schemas: Mapping[Reference, JsonObject]) -> None:
        self._schemas = dict(schemas)
        self._shapes: dict[str, JsonObject] = {}
        self._used = {"Self", "Link", "Problem", "Message", "Version"}
        self._stems = {reference: self._unique(_stem(reference)) for reference in schemas}
        self._names: dict[_Key, str] = {}

    def add_shape(self, name: str, shape: JsonObject) -> str:
        """Make the shape of a mapping known; ``ref`` takes the key that is returned."""
        for key, known in self._shapes.items():
            if known is shape:
                return key
        key = f"shape:{len(self._shapes)}"
        self._shapes[key] = shape
        self._stems[key] = _stem(name)
        return key

    def ref(self, source: str, form: Form) -> JsonObject:
        """A reference to one form of a schema (by reference) or shape (by key)."""
        return self._ref(_Key(source, form))

    def components(self) -> JsonObject:
        """Every form that something refers to, by component name; the last thing to be called."""
        made: JsonObject = {"Self": dict(SELF), "Link": dict(LINK)}
        pending = list(self._names)
        while pending:
            for key in pending:
                made[self._names[key]] = self._component(key)
            pending = [key for key, name in self._names.items() if name not in made]
        return dict(sorted(made.items()))

    def _body(self, source: str) -> JsonObject:
        return self._shapes[source] if source in self._shapes else self._schemas[source]

    def _unique(self, stem: str) -> str:
        name, number = stem, 2
        while name in self._used:
            name, number = f"{stem}-{number}", number + 1
        self._used.add(name)
        return name

    def _ref(self, key: _Key) -> JsonObject:
        if key not in self._names:
            tokens = [token for token in key.fragment.split("/")[1:] if token not in ("$defs", "definitions")]
            name = _stem(".".join((self._stems[key.source] + key.form.suffix, *tokens)))
            reserved = key.source in self._schemas and name == self._stems[key.source]
            self._names[key] = name if reserved else self._unique(name)
        return {"$ref": COMPONENTS + self._names[key]}

    def _component(self, key: _Key) -> JsonObject:
        body = self._body(key.source)
        frame = _Frame(key, body, key.source in self._schemas)
        if key.fragment:
            below = frame.with_form(replace(key.form, inline=True, without=""))
            return _object(self._node(walk.resolve(body, key.fragment), below, value=True))
        form = _object(self._node(body, frame, value=True))
        if not frame.entity:
            named = nodes.names(body, "required") if frame.mode is Mode.READ else ()
            return {**form, **_required([name for name in named if name in ALWAYS_SHOWN])}
        own = nodes.members(form)
        if frame.mode is not Mode.READ:
            return {**form, "type": "object", "properties": {**_ECHOED, **own}}
        if key.form.inline:
            return {**form, "type": "object"}
        shown = {name: self._shown(name, schema, body) for name, schema in own.items()}
        return {
            **form,
            "type": "object",
            "properties": {**_IDENTITY, **shown, **self._embedded(body)},
            "required": list(ALWAYS_SHOWN),
        }

    def _shown(self, name: str, schema: JsonObject, body: JsonObject) -> JsonObject:
        """A member of an answer: what is absent is answered as null, or as an empty list."""
        if nodes.read(nodes.members(body)[name], body).many:
            return {keyword: value for keyword, value in schema.items() if keyword != "minItems"}
        opened: JsonObject = or_null(schema)
        return opened

    def _embedded(self, body: JsonObject) -> JsonObject:
        related: JsonObject = {}
        for name, node in nodes.members(body).items():
            known = nodes.read(node, body)
            apart = known.flag("x-inline") is not True and known.flag("x-show") != "object"
            if known.target in self._schemas and apart:
                shown = self.ref(str(known.target), Form(Mode.READ))
                related[name] = {"type": "array", "items": shown} if known.many else shown
        if not related:
            return {}
        text = "The related objects themselves, as far as they are embedded."
        return {"embedded": {"type": "object", "description": text, "properties": related}}

    def _node(self, node: Json, frame: _Frame, *, value: bool) -> Json:
        """A schema in the frame's form. ``value``: it alone describes a value (no branch of allOf)."""
        if not isinstance(node, dict):
            return node
        kept = {k: v for k, v in node.items() if k not in _LEFT_OUT and not k.startswith("x-")}
        if frame.mode is Mode.WRITE:
            kept = {k: v for k, v in kept.items() if k != "required"} | _required(_must_send(node, frame))
        else:
            kept = partial(kept)
        reference = kept.pop("$ref", None)
        elements = frame
        if frame.mode is Mode.PATCH:  # a list is replaced as a whole (RFC 7396): its elements are complete
            elements = frame.with_form(replace(frame.form, mode=Mode.WRITE))

        def change(keyword: str, child: Json) -> Json:
            if keyword == "properties":
                return self._member(child, frame)
            if keyword in ("items", "prefixItems"):
                return self._node(child, elements, value=True)
            changed = self._node(child, frame, value=False)
            removable = keyword == "additionalProperties" and frame.mode is Mode.PATCH
            return or_null(changed) if removable else changed

        result = walk.rebuild(kept, change)
        if isinstance(reference, str):
            result = {**self._referred(reference, frame), **result}
        if _is_sensitive(node):
            result["x-sensitive"] = True
        if TRANSITIONS in node or INITIAL in node:
            result |= {key: node[key] for key in (TRANSITIONS, INITIAL) if key in node}
            texts = (nodes.text(node, "description"), described(node))
            result["description"] = " ".join(filter(None, texts))
        return self._closed(result, node, frame) if value else result

    def _referred(self, reference: str, frame: _Frame) -> JsonObject:
        inline = replace(frame.form, inline=True, without="")
        if reference.startswith("#"):
            fragment = "" if reference == "#" else reference
            return self._ref(_Key(frame.key.source, inline, fragment))
        return self.ref(reference, inline) if reference in self._schemas else {}

    def _closed(self, result: JsonObject, node: JsonObject, frame: _Frame) -> JsonObject:
        """What is written is refused when it has members that the schema does not declare."""
        closes = frame.mode is not Mode.READ and frame.entity and not frame.form.open
        opened = node.get("additionalProperties", False) is not False or any(key in node for key in _OPENERS)
        if not closes or opened or not nodes.members(node):
            return result
        if not any(key in node for key in _APPLICATORS):
            return {**result, "additionalProperties": False}
        result.pop("additionalProperties", None)
        return {**result, "unevaluatedProperties": False} if frame.mode is Mode.WRITE else result

    def _member(self, node: Json, frame: _Frame) -> Json:
        """One property; its relations by name."""
        if not isinstance(node, dict):
            return node
        known = nodes.read(node, frame.body)
        if not frame.entity or known.target is None or known.target not in self._schemas:
            below = frame.with_form(replace(frame.form, inline=True, without=""))
            result: Json = self._node(node, below, value=True)
        else:
            result = self._related(known, frame)
        return or_null(result) if frame.mode is Mode.PATCH else result

    def _answered(self, target: str, show: Json) -> JsonObject:
        """A relation in an answer; the id of an object that is not shown, or has no place of its own."""
        id: JsonObject = {"type": "string", "format": "uuid"}
        if show == "object":
            return {"anyOf": [self.ref(target, Form(Mode.READ)), id]}
        return {"anyOf": [{"type": "string", "format": _SPELLED[show]}, id]} if show in _SPELLED else id

    def _related(self, known: nodes.Property, frame: _Frame) -> JsonObject:
        target, inline = str(known.target), frame.form.inline or known.flag("x-inline") is True
        around = {k: v for k, v in known.node.items() if k in _AROUND}
        element = frame.form
        if known.many and element.mode is Mode.PATCH:
            element = replace(element, mode=Mode.WRITE)
        inverse = known.flag("x-inverseOf")
        filled = inverse if isinstance(inverse, str) and frame.mode is not Mode.READ and not inline else ""
        element = replace(element, inline=inline, without=filled)
        if inline:
            value = self.ref(target, element)
        elif frame.mode is Mode.READ:
            value = self._answered(target, known.flag("x-show"))
            around.pop("examples", None)
        elif known.flag("x-linkOnly") is True:
            value = {"$ref": f"{COMPONENTS}Link"}
        else:
            value = {"anyOf": [{"$ref": f"{COMPONENTS}Link"}, self.ref(target, element)]}
        if nodes.allows_null(known.element if known.many else known.node):
            value = or_null(value)
        if not known.many:
            return {**around, **value}
        limits: JsonObject = {
            k: known.node[k] for k in ("minItems", "maxItems", "uniqueItems") if k in known.node
        }
        listed = {**around, "type": "array", "items": value, **limits}
        return or_null(listed) if nodes.allows_null(known.node) else listed


_SPELLED: Mapping[Json, str] = MappingProxyType({"path": "uri-reference", "url": "uri"})
_IDENTITY: Mapping[str, Json] = MappingProxyType(
    {
        "_id": {"type": "string", "format": "uuid"},
        "id": {"type": "string", "format": "uuid"},
        "_self": {"$ref": f"{COMPONENTS}Self"},
    }
)


def _is_sensitive(node: JsonObject) -> bool:
    """Whether values are personal data: the schema says so, or the format does."""
    known = FORMATS.get(nodes.text(node, "format"))
    return node.get("x-sensitive") is True or (known is not None and known.sensitive)


def _must_send(node: JsonObject, frame: _Frame) -> list[str]:
    """The required members but those that the gateway fills in and those that only answers have."""
    members = nodes.members(node)
    known = {name: nodes.read(members.get(name), frame.body) for name in nodes.names(node, "required")}
    return [n for n, p in known.items() if p.written and not p.filled and n != frame.form.without]


def _required(names: list[str]) -> JsonObject:
    return {"required": names} if names else {}


def _object(schema: Json) -> JsonObject:
    return schema if isinstance(schema, dict) else {}


def _stem(reference: str) -> str:
    """A component name from the last part of a reference."""
    last = reference.rstrip("/").rpartition("/")[2].removesuffix(".json").removesuffix(".schema")
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in last) or "schema"
