"""How a path finds its endpoint: one look-up or two for most, a step per segment for the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import re2  # type: ignore[import-untyped]  # it has no annotations

from gateway_core.catalog.endpoints import VERSIONS, Endpoint

MAX_SEGMENTS: Final = 32
_END: Final = ""  # no segment is empty


class Match(NamedTuple):
    """A path that belongs to an endpoint; ``id`` is None for the collection. ``versions``: not the
    object itself, but the list of what it was; ``find``: the collection, asked with a body. ``path`` is
    that of the collection, and ``above`` the id in it of the object that the collection is below."""

    endpoint: Endpoint
    id: str | None
    versions: bool = False
    find: bool = False
    above: str | None = None
    path: str = ""


class MatchTable:
    """Path → endpoint. Built once, read by every request."""

    __slots__ = ("_computed", "_deep", "_endpoints", "_finds", "_open", "_patterns")

    def __init__(self, endpoints: Iterable[Endpoint], computed: Iterable[Endpoint] = ()) -> None:
        listed = tuple(endpoints)
        self._computed = {
            (path, endpoint.computed.word): endpoint
            for endpoint in computed
            if endpoint.computed is not None
            for path in endpoint.paths
        }
        plain = [endpoint for endpoint in listed if not endpoint.variables and not endpoint.open_ended]
        self._endpoints = {path: endpoint for endpoint in plain for path in endpoint.paths}
        self._finds = frozenset(
            f"{path}/{word}"
            for endpoint in plain
            if has_find(endpoint)
            for path in endpoint.paths
            for word in endpoint.collection.find_words
        )
        self._open = {path: e for e in listed if e.open_ended for path in e.paths}
        self._patterns = tuple((re2.compile(e.pattern), e) for e in listed if e.pattern)
        self._deep: dict[str, Any] = {}
        for endpoint in listed:
            if endpoint.variables and not endpoint.pattern:
                for path in endpoint.paths:
                    self._plant(path, endpoint)

    def _plant(self, path: str, endpoint: Endpoint) -> None:
        node = self._deep
        for segment in path.split("/")[1:]:
            node = node.setdefault("{}" if segment.startswith("{") else segment, {})
        node[_END] = endpoint

    def match(self, path: str) -> Match | None:
        """The endpoint of an absolute path, alone or with an id behind it, an id and ``versions`` or the
        word of what is computed, or the word to find by.

        Paths are compared as they are, percent-decoded once by the server; behind a trailing
        slash stands an empty id, which is none (callers that put up with one strip it).
        """
        endpoint = self._endpoints.get(path)
        if endpoint is not None:
            return Match(endpoint, None, path=path)
        parent, _, id = path.rpartition("/")
        endpoint = self._endpoints.get(parent)
        if endpoint is not None:
            if path in self._finds:
                return Match(endpoint, None, find=True, path=parent)
            if endpoint.has_items:
                return Match(endpoint, id, path=parent) if id else None
        above, _, of = parent.rpartition("/")
        if id == VERSIONS:
            endpoint = self._endpoints.get(above)
            if endpoint is not None and of and endpoint.has_items:
                return Match(endpoint, of, versions=True, path=above)
        endpoint = self._computed.get((above, id))
        if endpoint is not None and of:
            return Match(endpoint, of, path=above)
        return self._otherwise(path) if self._deep or self._patterns or self._open else None

    def _otherwise(self, path: str) -> Match | None:
        """Paths with variables, then those that anything may follow."""
        if path.count("/") > MAX_SEGMENTS:
            return None
        found = self._with_variables(path)
        if found is not None:
            return Match(found[0], None, above=found[1], path=path)
        parent, _, id = path.rpartition("/")
        found = self._with_variables(parent)
        if found is not None and id:
            endpoint, above = found
            if has_find(endpoint) and id in endpoint.collection.find_words:
                return Match(endpoint, None, find=True, above=above, path=parent)
            if endpoint.has_items:
                return Match(endpoint, id, above=above, path=parent)
        place, _, of = parent.rpartition("/")
        found = self._with_variables(place) if id == VERSIONS and of else None
        if found is not None and found[0].has_items:
            return Match(found[0], of, above=found[1], versions=True, path=place)
        while path:
            proxy = self._open.get(path)
            if proxy is not None:
                return Match(proxy, None, path=path)
            path = path.rpartition("/")[0]
        return None

    def _with_variables(self, path: str) -> tuple[Endpoint, str | None] | None:
        found = _walk(self._deep, path.split("/")[1:], 0, None)
        if found is not None:
            return found
        for pattern, endpoint in self._patterns:
            if pattern.fullmatch(path):
                return endpoint, None
        return None


def has_find(endpoint: Endpoint) -> bool:
    """Whether the endpoint can be asked with the query in a body."""
    return "GET" in endpoint.methods and endpoint.has_objects


def _walk(
    node: dict[str, Any], segments: list[str], at: int, first: str | None
) -> tuple[Endpoint, str | None] | None:
    """The endpoint under a node, and what its first variable is; literals go before variables."""
    if at == len(segments):
        endpoint = node.get(_END)
        return (endpoint, first) if endpoint is not None else None
    segment = segments[at]
    below = node.get(segment) if segment and segment != "{}" else None
    if below is not None:
        found = _walk(below, segments, at + 1, first)
        if found is not None:
            return found
    below = node.get("{}")
    if below is None or not segment:
        return None
    return _walk(below, segments, at + 1, segment if first is None else first)
