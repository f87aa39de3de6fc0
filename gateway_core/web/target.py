"""Where a request goes: path, method and query to an endpoint, an action and an id."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any, NamedTuple, TypeAlias

from gateway_core.catalog.endpoints import FIND, VERSIONS, Accepts, Endpoint
from gateway_core.catalog.match import Match, MatchTable
from gateway_core.errors import MethodNotAllowed, NotFound
from gateway_core.operations.call import Action
from gateway_core.query.parse import spelled
from gateway_core.query.shape import REMOVED, VERSION
from gateway_core.query.text import parse_query_string
from gateway_core.types import JsonObject

Scope: TypeAlias = MutableMapping[str, Any]

ON_COLLECTION = {"GET": Action.LIST, "POST": Action.CREATE}
ON_FIND = {"POST": Action.FIND}
ON_ITEM = {"GET": Action.READ, "PUT": Action.REPLACE, "PATCH": Action.PATCH, "DELETE": Action.DELETE}
ON_VERSIONS = {"GET": Action.VERSIONS, "POST": Action.RESTORE}
ON_WAITING = {**ON_ITEM, **ON_COLLECTION}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Request(NamedTuple):
    """The parts of an ASGI scope that matter. Of a repeated header the first counts."""

    method: str
    path: str
    query: bytes
    scheme: str
    headers: dict[bytes, bytes]

    @classmethod
    def of(cls, scope: Scope) -> Request:
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name, value)
        return cls(scope["method"], scope["path"], scope["query_string"], scope["scheme"], headers)

    def header(self, name: bytes) -> str | None:
        value = self.headers.get(name)
        return value.decode("latin-1") if value is not None else None


class Target(NamedTuple):
    """Where a request goes. ``params`` are its query parameters, ``below`` stands behind the path.
    ``base`` is the path of the collection, and ``above`` the id in it."""

    endpoint: Endpoint
    id: str | None
    action: Action
    params: JsonObject
    below: str = ""
    base: str = ""
    above: str | None = None

    @property
    def route(self) -> str:
        return f"{self.endpoint.path}{'' if self.id is None else '/{id}'}{self.below}"

    @property
    def path(self) -> str:
        """The path as it may be shown: without a query, without an id that is none."""
        return f"{self.base or self.endpoint.path}{'' if self.id is None else f'/{self.id}'}{self.below}"


def match_of(table: MatchTable, path: str) -> Match:
    """The endpoint of a path; a trailing slash is put up with where ids may stand in the query.

    Raises ``NotFound``."""
    match = table.match(path)
    if match is not None:
        return match
    if path.endswith("/"):
        match = table.match(path[:-1])
        if match is not None and Accepts.ID_IN_QUERY in match.endpoint.collection.accepts:
            return match
    raise NotFound("there is no endpoint at this path", hint="See /openapi.json for those that exist.")


def target_of(match: Match, request: Request) -> Target:
    """What is asked of the endpoint. Raises ``MethodNotAllowed``, ``NotFound`` and ``InvalidQuery``."""
    endpoint, id = match.endpoint, match.id
    accepts = endpoint.collection.accepts
    method = "GET" if request.method == "HEAD" else request.method
    if not endpoint.has_objects:
        return _waiting(match, method)
    params = _params(endpoint, request)
    if (
        id is None
        and not match.find
        and endpoint.has_items
        and Accepts.ID_IN_QUERY in accepts
        and method in ON_ITEM
        and method not in ON_COLLECTION
    ):
        named = params.pop("id", None) or params.pop("uuid", None)
        id = named if isinstance(named, str) else None
    base, above = _above(match)
    if match.find:
        return _finding(match, method, params, base, above)
    if endpoint.computed is not None:
        return _computing(match, method, params, f"/{endpoint.computed.word}", base)
    if match.versions:
        action = ON_VERSIONS.get(method) if method in endpoint.on_versions else None
    else:
        action = (ON_COLLECTION if id is None else ON_ITEM).get(method)
    if action is None or not (match.versions or method in endpoint.methods):
        raise _not_here(Match(endpoint, id, match.versions))
    if id is not None:
        id = _id(id)
    if endpoint.receives is not None:
        action = Action.RECEIVE
    if params and endpoint.above is None and not endpoint.others:
        action = _of_the_past(action, params)
    return Target(endpoint, id, action, params, f"/{VERSIONS}" if match.versions else "", base, above)


def _computing(match: Match, method: str, params: JsonObject, below: str, base: str) -> Target:
    if method != "GET":
        raise MethodNotAllowed("what is computed can only be read", allowed(match))
    return Target(match.endpoint, _id(match.id or ""), Action.COMPUTE, params, below, base)


def _params(endpoint: Endpoint, request: Request) -> JsonObject:
    """The query parameters, the gateway's words as the gateway spells them."""
    lenient = Accepts.DOUBLE_QUESTION_MARK in endpoint.collection.accepts
    params = parse_query_string(request.query, lenient_start=lenient)
    aliases = endpoint.collection.aliases
    return spelled(params, aliases) if params and aliases else params


def allowed(match: Match) -> list[str]:
    """The methods of a path, for ``Allow``."""
    endpoint = match.endpoint
    if match.find:
        return [*ON_FIND, "OPTIONS"]
    if not endpoint.has_objects:
        listed = sorted(endpoint.methods)
    elif match.versions:
        listed = sorted(endpoint.on_versions)
    else:
        listed = sorted(endpoint.methods & (ON_COLLECTION if match.id is None else ON_ITEM).keys())
    return [*listed, *(["HEAD"] if "GET" in listed else []), "OPTIONS"]


def _waiting(match: Match, method: str) -> Target:
    endpoint = match.endpoint
    action = ON_WAITING.get(method)
    if action is None or method not in endpoint.methods:
        raise _not_here(match)
    return Target(endpoint, None, action, {})


def _above(match: Match) -> tuple[str, str | None]:
    """The path of the collection, when it may be shown, and the id in it."""
    if match.endpoint.above is None or match.above is None:
        aliased = match.path in match.endpoint.paths  # then the first of its paths is shown
        return ("" if aliased or match.endpoint.variables else match.path), None
    above = _id(match.above)
    return match.path.replace(match.above, above, 1), above


def _id(text: str) -> str:
    id = text.lower()
    if UUID.fullmatch(id) is None:
        raise NotFound("there is no object with this id", hint="An id is a UUID.")
    return id


def _finding(match: Match, method: str, params: JsonObject, base: str, above: str | None) -> Target:
    action = ON_FIND.get(method)
    if action is None:
        raise MethodNotAllowed("a query in a body is sent with POST", allowed(match))
    return Target(match.endpoint, None, action, params, f"/{FIND}", base, above)


def _not_here(match: Match) -> MethodNotAllowed:
    place = "the versions of an object" if match.versions else "one object"
    if match.id is None:
        place = "the collection"
    return MethodNotAllowed(f"this method does not apply to {place} here", allowed(match))


def _of_the_past(action: Action, params: JsonObject) -> Action:
    """What is asked for when the query asks for what was."""
    if action is Action.READ and VERSION in params:
        return Action.READ_VERSION
    if action is Action.LIST and REMOVED in params:
        if params[REMOVED] != "false":
            return Action.LIST_REMOVED
        del params[REMOVED]
    return action
