"""What a mapping makes of an object, of objects found beside it, and of parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from gateway_core.catalog.computed import (
    INPUTS,
    OBJECT,
    PARAMETERS,
    SETTINGS,
    Computed,
    Known,
    Parameter,
    Selection,
    Type,
    Value,
)
from gateway_core.catalog.computed_check import filter_of
from gateway_core.errors import InvalidQuery, NotFound
from gateway_core.operations.call import Call, Context, Outcome, Result
from gateway_core.operations.graph import Extend, load
from gateway_core.operations.objects import names
from gateway_core.operations.render import Renderer
from gateway_core.operations.shape import services
from gateway_core.query.model import Query, Scope, Window
from gateway_core.query.operators import null_test
from gateway_core.query.paths import shown
from gateway_core.query.values import read_boolean, read_integer, read_number, read_text, refusal
from gateway_core.schema import reason, referenced_id
from gateway_core.schema.vocabulary import suggestion
from gateway_core.types import Json, JsonObject, Reference, StoredObject

_READERS = {
    Type.STRING: read_text,
    Type.INTEGER: read_integer,
    Type.NUMBER: read_number,
    Type.BOOLEAN: read_boolean,
}
_MAX_VALUES = 100


def compute(call: Call, context: Context) -> Outcome:
    """What is computed, with its tag. Raises as ``answer_of``."""
    body = answer_of(call, context)
    tag = hashlib.blake2b(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), digest_size=9).hexdigest()
    if call.if_none_match is not None and names(call.if_none_match, tag):
        return Outcome(Result.UNCHANGED, etag=tag)
    return Outcome(Result.FOUND, body, tag)


def answer_of(call: Call, context: Context) -> Json:
    """Gather what the endpoint declares, all of one state, and map it.

    Raises ``InvalidQuery`` for a parameter that is not declared, is missing, or names nothing, and
    ``NotFound`` when there is no object with the id of the path.
    """
    computed = call.endpoint.computed
    if computed is None:
        raise NotFound("there is nothing to compute here")
    given = dict(_read(computed, call.params))
    with context.store.snapshot():
        document = _Gathering(call, context, computed, given).document()
    return computed.mapping.apply(document, services(call, context))


def _read(computed: Computed, params: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """The parameters that are given, as values of their types; of an object its id."""
    declared = {parameter.name: parameter for parameter in computed.parameters}
    for name in params.keys() - declared.keys():
        text = f"query parameter '{shown(name)}' is not known here; {suggestion(name[:100], declared)}"
        known = f"The parameters are: {', '.join(declared)}." if declared else "There are no parameters."
        raise InvalidQuery(text.rstrip("; "), parameter=shown(name), hint=known)
    for name, parameter in declared.items():
        if name in params:
            yield name, _value(parameter, params[name])
        elif parameter.required:
            raise refusal(name, "is missing, and needed")


def _value(parameter: Parameter, given: Json) -> Json:
    if not isinstance(given, str):
        raise refusal(parameter.name, "must be given once, without brackets")
    if parameter.target is not None:
        id = referenced_id(given)
        if id is None:
            raise refusal(parameter.name, "must be the id, path or URL of an object")
        return id
    value = _READERS[parameter.type](given)
    if value is None:
        raise refusal(parameter.name, f"must be of type {parameter.type}")
    for violation in parameter.validator.check(value):
        raise refusal(parameter.name, reason(violation))
    return value


class _Gathering:
    """Builds the input of the mapping, step by step: what is known so far may be filtered by."""

    def __init__(self, call: Call, context: Context, computed: Computed, given: JsonObject) -> None:
        self._call, self._context, self._computed, self._given = call, context, computed, given
        self._tenant = call.principal.tenant

    def document(self) -> JsonObject:
        computed = self._computed
        plain = {p.name: self._given[p.name] for p in computed.parameters if _is_plain(p, self._given)}
        inputs: JsonObject = {}
        known: JsonObject = {
            OBJECT: self._base(),
            PARAMETERS: plain,
            INPUTS: inputs,
            SETTINGS: computed.settings,
        }
        for parameter in computed.parameters:
            if parameter.target is not None:
                id = self._given.get(parameter.name)
                inputs[parameter.name] = None if id is None else self._named(parameter, str(id))
        for selection in computed.selections:
            inputs[selection.name] = self._found(selection, known)
        return known

    def _base(self) -> JsonObject:
        call = self._call
        item = self._context.store.fetch(Scope(self._tenant, call.endpoint.entity), call.id or "")
        if item is None:
            raise NotFound(f"there is no {self._title(call.endpoint.entity)} with this id")
        return self._documents([item], call.endpoint.entity)[0]

    def _named(self, parameter: Parameter, id: str) -> JsonObject:
        entity = str(parameter.target)
        item = self._context.store.fetch(Scope(self._tenant, entity), id)
        if item is None:
            raise refusal(parameter.name, f"names no {self._title(entity)} that exists")
        return self._documents([item], entity)[0]

    def _found(self, selection: Selection, known: JsonObject) -> list[JsonObject]:
        """The objects of a selection; none when a value to filter by is not there, for without it the
        filter would find those of others."""
        params: JsonObject = {}
        for name, value in selection.filters:
            given = _asked(value, known)
            if isinstance(value, Known) and not given:
                return []
            params = _merged(params, filter_of(name, value, given))
        entity = self._context.catalog.entities[selection.target]
        if selection.order:
            params["_order"] = selection.order
        try:
            query = entity.parser.parse(params)
        except InvalidQuery:  # what is filtered by does not fit the member, so nothing has it
            return []
        asked = Query(query.where, query.order, Window(selection.limit))
        page = self._context.store.find(Scope(self._tenant, selection.target), asked)
        return self._documents(list(page.items), selection.target)

    def _documents(self, items: list[StoredObject], entity: Reference) -> list[JsonObject]:
        catalog = self._context.catalog
        graph = load(catalog, self._context.store, self._tenant, items, Extend())
        home = catalog.entities[entity].home or ""
        renderer = Renderer(catalog, graph, self._call.base_url, home)
        return [renderer.document(item) for item in items]

    def _title(self, entity: Reference) -> str:
        return self._context.catalog.entities[entity].spec.title


def _is_plain(parameter: Parameter, given: JsonObject) -> bool:
    return parameter.target is None and parameter.name in given


def _asked(value: Value, known: JsonObject) -> Json:
    """The value of a filter; of what is known so far a list, without what would ask for absence."""
    if not isinstance(value, Known):
        return value.value
    found = [each for each in _at(known, value.steps) if isinstance(each, str | int | float)]
    return [each for each in found if null_test(each) is None and each != ""][:_MAX_VALUES]


def _at(value: Any, steps: tuple[str, ...]) -> Iterator[Json]:
    """What stands at a path, through lists wherever they stand."""
    if isinstance(value, list):
        for element in value:
            yield from _at(element, steps)
    elif not steps:
        yield value
    elif isinstance(value, dict) and steps[0] in value:
        yield from _at(value[steps[0]], steps[1:])


def _merged(left: JsonObject, right: JsonObject) -> JsonObject:
    """Filters together; those on one member with different operators stand beside each other."""
    merged = dict(left)
    for name, value in right.items():
        held = merged.get(name)
        if isinstance(held, dict) and isinstance(value, dict):
            merged[name] = _merged(held, value)
        else:
            merged[name] = value
    return merged
