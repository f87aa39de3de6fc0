"""``extend``: references to objects in registers elsewhere, filled at the moment of reading.

An object of the configured schema names a register, a kind and an id there. When a client asks an answer
to be extended, what the register says of it is put beside; when the register does not answer, the answer
stays as it is, with a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

from gateway_core.catalog.snapshot import Catalog
from gateway_core.catalog.sources import Source
from gateway_core.errors import GatewayError, MappingError
from gateway_core.operations.actions.calling import METHOD
from gateway_core.operations.actions.given import OneTarget
from gateway_core.operations.actions.protocol import Work
from gateway_core.operations.actions.reach import services
from gateway_core.operations.asking import Ask, ask, source_of
from gateway_core.types import Json, JsonObject, Reference

WARNINGS: Final = "_warnings"
ASKED: Final = ("_extend", "extend")
_DEPTH: Final = 32

SCHEMA: Final[JsonObject] = {
    "type": "object",
    # Bundles of Common Gateway name the schema by a member of their own language.
    "additionalProperties": {
        "type": "string",
        "description": "any other member that holds the `$id` of a schema counts as `schema`",
    },
    "minProperties": 1,
    "properties": {
        "schema": {
            "type": "string",
            "x-refers": "schema",
            "description": "the `$id` of the schema of the objects that are filled",
        },
        "into": {"type": "string", "description": "the member that is filled (default `object`)"},
        "always": {
            "type": "boolean",
            "description": "`true`: also when the client asks for nothing to be extended",
        },
        "seconds": {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 30,
            "description": "how long one register is waited for (default 2)",
        },
        "registers": {
            "type": "array",
            "description": "how registers are asked, the first that fits; without this the source is the one "
            "whose address the register begins with, asked for `<objecttype>/<objectId>`",
            "items": {
                "type": "object",
                "required": ["source"],
                "additionalProperties": False,
                "properties": {
                    "register": {"type": "string", "description": "fits objects with this `register`"},
                    "objecttype": {"type": "string", "description": "fits objects with this `objecttype`"},
                    "source": {
                        "type": "string",
                        "x-refers": "source",
                        "description": "the `$id` of the source that is asked",
                    },
                    "method": {**METHOD, "description": "how it is asked (default `GET`)"},
                    "path": {
                        "type": "string",
                        "description": "what is asked; `{objectId}` in it is that member of the object",
                    },
                    "body": {
                        "type": "object",
                        "description": "what is sent; a text in it that is `{objectId}` becomes that member, "
                        "so that a personal number stands in no URL",
                    },
                    "mapping": {
                        "type": "string",
                        "x-refers": "mapping",
                        "description": "the `$id` of a mapping of what it answers",
                    },
                },
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class _Register:
    """How one register is asked."""

    source: Source
    method: str
    path: str
    body: Json
    mapping: str | None


class Extend(OneTarget):
    """See ``protocol.Handler``."""

    name = "extend"
    aliases: tuple[str, ...] = ("CommonGateway\\CustomerInteractionBundle\\ActionHandler\\ExtendHandler",)
    summary = "fills what is known elsewhere into an answer, at the moment of reading"
    schema = SCHEMA

    def targets(self, work: Work) -> Iterable[str]:
        """Only reads are extended: a change has no answer that could be."""
        return super().targets(work) if work.event.id == "" else ()

    def run(self, work: Work) -> Json:
        query = work.event.data.get("query") or {}
        asked = work.configuration.get("always") is True or any(query.get(name) for name in ASKED)
        document = work.document
        if not asked or not isinstance(document, dict | list):
            return None
        filling = _Filling(work)
        filled = filling.fill(document, _DEPTH)
        if not filling.warnings or not isinstance(filled, dict):
            return filled
        return {**filled, WARNINGS: filling.warnings}


class _Filling:
    """One answer that is being filled. What is referred to twice is asked for once."""

    def __init__(self, work: Work) -> None:
        self._work, self._catalog = work, work.tools.context.catalog
        self._schema = _schema_of(work.configuration, self._catalog)
        self._into = str(work.configuration.get("into") or "object")
        self._known: dict[tuple[str, str, str], Json] = {}
        self._failed: set[Reference] = set()
        self.warnings: list[JsonObject] = []

    def fill(self, value: Json, depth: int) -> Any:
        """A copy with everything filled. What is stored is not changed."""
        if depth == 0:
            return value
        if isinstance(value, list):
            return [self.fill(each, depth - 1) for each in value]
        if not isinstance(value, dict):
            return value
        filled = {name: self.fill(each, depth - 1) for name, each in value.items()}
        if self._is_reference(value):
            found = self._found(value)
            if found is not None:
                filled[self._into] = found
        return filled

    def _is_reference(self, value: JsonObject) -> bool:
        own = value.get("_self")
        schema = own.get("schema") if isinstance(own, dict) else None
        return isinstance(schema, dict) and schema.get("ref") == self._schema

    def _found(self, value: JsonObject) -> Json:
        register, kind, id = (str(value.get(n) or "") for n in ("register", "objecttype", "objectId"))
        key = (register, kind, id)
        if not id:
            return None
        if key not in self._known:
            self._known[key] = self._asked(value, register, kind, id)
        return self._known[key]

    def _asked(self, value: JsonObject, register: str, kind: str, id: str) -> Json:
        how = self._register(register, kind, id)
        if how is None or how.source.reference in self._failed:
            return None
        context = self._work.tools.context
        try:
            if not context.calls.take():
                raise MappingError(f"more than {context.calls.most} calls would be needed")
            seconds = float(self._work.configuration.get("seconds") or 2)
            asked = Ask(how.path, how.method, body=_filled(how.body, value), traceparent=context.traceparent)
            reach = services(self._work)
            found = ask(context.sources, how.source, asked, reach, seconds=seconds).document
            if how.mapping is not None and isinstance(found, dict | list):
                found = self._catalog.mappings[how.mapping].apply(found, reach)
        except GatewayError as error:
            self._warn(how.source, error)
            return None
        return found

    def _warn(self, source: Source, error: GatewayError) -> None:
        """Say once of a source that it did not answer; it is not asked again for this answer."""
        self._failed.add(source.reference)
        detail = f"what '{source.title}' knows is left out: {error.title.lower()}"
        self.warnings.append({"code": error.code, "source": source.title, "detail": detail})

    def _register(self, register: str, kind: str, id: str) -> _Register | None:
        for given in self._work.configuration.get("registers") or ():
            fits = given.get("register") in (None, register) and given.get("objecttype") in (None, kind)
            if fits:
                path = str(given.get("path") or "").replace("{objectId}", quote(id, safe=""))
                source = source_of(self._catalog, given["source"])
                method = given.get("method", "GET")
                return _Register(source, method, path, given.get("body"), given.get("mapping"))
        if self._work.configuration.get("registers"):
            return None
        below = "/".join(quote(part, safe="") for part in (kind, id))
        for known in _by_address(self._catalog, register) if kind else ():
            return _Register(known, "GET", f"/{below}", None, None)
        return None


def _schema_of(configuration: Mapping[str, Json], catalog: Catalog) -> Reference:
    named = configuration.get("schema")
    if isinstance(named, str):
        return named
    others = (v for v in configuration.values() if isinstance(v, str) and v in catalog.entities)
    return next(others, "")


def _by_address(catalog: Catalog, register: str) -> Iterator[Source]:
    """The sources whose host is that of a register, which is named by its address."""
    try:
        host = urlsplit(register).netloc
    except ValueError:
        return
    for source in catalog.sources.values():
        if host and urlsplit(source.url).netloc == host:
            yield source


def _filled(body: Json, value: JsonObject) -> Any:
    """The configured body, with members of the object for the names in braces."""
    if isinstance(body, list):
        return [_filled(each, value) for each in body]
    if isinstance(body, dict):
        return {name: _filled(each, value) for name, each in body.items()}
    if isinstance(body, str) and body.startswith("{") and body.endswith("}"):
        return value.get(body[1:-1], body)
    return body
