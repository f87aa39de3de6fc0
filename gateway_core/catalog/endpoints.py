"""Endpoints and how a path finds one: one look-up or two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from gateway_core.catalog.members import ClientShape
from gateway_core.mapping.mapping import CompiledMapping
from gateway_core.types import JsonObject, Reference

API_ROOT = "/api"
VERSIONS = "versions"  # behind the path of an object: what it was
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
FIND = "_find"  # behind the path of a collection: what a GET of it answers, with the query in the body


class ErrorShape(StrEnum):
    """How an endpoint group prints errors: RFC 9457, or the original's ``message, data, path``."""

    PROBLEM = "problem"
    MESSAGE = "message"


class Unknown(StrEnum):
    """What becomes of members of a body that no schema declares: 400, left out, or kept."""

    REJECT = "reject"
    IGNORE = "ignore"
    STORE = "store"


class UrlFilters(StrEnum):
    """Whether the URL of a list may hold filters on members that are personal data."""

    ALLOW = "allow"
    REFUSE_SENSITIVE = "refuse-sensitive"


class Accepts(StrEnum):
    """Oddities of real clients that an endpoint group puts up with."""

    ID_IN_QUERY = "id-in-query"
    UNTYPED_BODY = "untyped-body"
    DOUBLE_QUESTION_MARK = "double-question-mark"


@dataclass(frozen=True, slots=True)
class Collection:
    """A group of endpoints under one prefix, with one dialect.

    ``tags`` are (name, description) in the order of the API document; ``summaries`` are its
    texts by operation (``list``, ``create`` …), in which ``{title}`` is the endpoint's.
    ``words`` are the names that the gateway's own words have here beside their own, ``aliases`` the
    same the other way round.
    """

    reference: Reference
    title: str
    description: str = ""
    prefix: str = ""
    alias_prefixes: tuple[str, ...] = ()
    schema_prefix: str = ""
    errors: ErrorShape = ErrorShape.PROBLEM
    accepts: frozenset[Accepts] = frozenset()
    unknown: Unknown = Unknown.REJECT
    tags: tuple[tuple[str, str], ...] = ()
    summaries: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    url_filters: UrlFilters = UrlFilters.ALLOW

    @property
    def find_words(self) -> tuple[str, ...]:
        """What may stand behind the path of a collection to ask with a body; the shown one first."""
        alias = self.words.get(FIND)
        return (FIND,) if alias is None else (alias, FIND)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The mappings between a client's shape and the stored one; None leaves it as it is."""

    query_in: CompiledMapping | None = None
    body_in: CompiledMapping | None = None
    item_out: CompiledMapping | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One resource: ``path`` lists and creates, ``path/{id}`` reads and changes.

    ``paths`` are absolute (``/api/…``), the canonical one first. ``merge_put``: a PUT
    changes what it names and keeps the rest. ``append_arrays``: a PATCH adds to the lists
    of related objects it names. ``parameters`` describe what the query mapping consumes;
    the shapes are JSON Schemas of what mapped clients send and see, when the mappings tell;
    ``sent`` is the first of them made ready to check with, None where nobody tells.
    """

    reference: Reference
    title: str
    description: str
    entity: Reference
    collection: Collection
    paths: tuple[str, ...]
    methods: frozenset[str]
    pipeline: Pipeline = Pipeline()
    merge_put: bool = False
    append_arrays: bool = False
    unknown: Unknown = Unknown.REJECT
    throws: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    parameters: tuple[JsonObject, ...] = ()
    request_shape: JsonObject | None = None
    response_shape: JsonObject | None = None
    sent: ClientShape | None = None

    @property
    def path(self) -> str:
        """The canonical path, the one that ``_self.self`` shows."""
        return self.paths[0]

    @property
    def on_versions(self) -> frozenset[str]:
        """The methods behind the versions of an object: who may change it may bring one back."""
        restores = "GET" in self.methods and not self.methods.isdisjoint({"PUT", "PATCH"})
        return self.methods & {"GET"} | ({"POST"} if restores else frozenset())

    @property
    def is_mapped(self) -> bool:
        """Whether clients see another shape than the stored one."""
        return self.pipeline.item_out is not None or self.pipeline.body_in is not None


class Match(NamedTuple):
    """A path that belongs to an endpoint; ``id`` is None for the collection. ``versions``: not the
    object itself, but the list of what it was; ``find``: the collection, asked with a body."""

    endpoint: Endpoint
    id: str | None
    versions: bool = False
    find: bool = False


class MatchTable:
    """Path → endpoint, with one look-up or two. Built once, read by every request."""

    __slots__ = ("_endpoints", "_finds")

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        listed = tuple(endpoints)
        self._endpoints = {path: endpoint for endpoint in listed for path in endpoint.paths}
        self._finds = frozenset(
            f"{path}/{word}"
            for endpoint in listed
            if "GET" in endpoint.methods
            for path in endpoint.paths
            for word in endpoint.collection.find_words
        )

    def match(self, path: str) -> Match | None:
        """The endpoint of an absolute path, alone or with an id behind it, an id and ``versions``, or the
        word to find by.

        Paths are compared as they are, percent-decoded once by the server; behind a trailing
        slash stands an empty id, which is none (callers that put up with one strip it).
        """
        endpoint = self._endpoints.get(path)
        if endpoint is not None:
            return Match(endpoint, None)
        parent, _, id = path.rpartition("/")
        endpoint = self._endpoints.get(parent)
        if endpoint is not None:
            if path in self._finds:
                return Match(endpoint, None, find=True)
            return Match(endpoint, id) if id else None
        return self._match_versions(parent) if id == VERSIONS else None

    def _match_versions(self, path: str) -> Match | None:
        parent, _, id = path.rpartition("/")
        endpoint = self._endpoints.get(parent)
        return Match(endpoint, id, versions=True) if endpoint is not None and id else None
