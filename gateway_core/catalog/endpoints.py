"""Endpoints and how a path finds one: one look-up or two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway_core.catalog.computed import Computed
from gateway_core.catalog.members import ClientShape
from gateway_core.mapping.mapping import CompiledMapping
from gateway_core.types import Json, JsonObject, Reference

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
    schema_prefixes: tuple[str, ...] = ()
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
    """The mappings between a client's shape and the stored one; None leaves it as it is.

    ``item_out`` makes one object of one object. ``answer_out`` makes the whole answer: of an object, or
    of a page of them, which it has to tell apart itself. ``bare`` answers have no ``embedded``, except for
    the media types in ``full_for``.
    """

    query_in: CompiledMapping | None = None
    body_in: CompiledMapping | None = None
    item_out: CompiledMapping | None = None
    answer_out: CompiledMapping | None = None
    bare: bool = False
    full_for: frozenset[str] = frozenset()

    @property
    def of_one(self) -> CompiledMapping | None:
        """What makes the answer of one object."""
        return self.item_out if self.item_out is not None else self.answer_out


@dataclass(frozen=True, slots=True)
class Variable:
    """A part of a path that may be anything that its pattern, one of RE2, allows."""

    name: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Above:
    """What an endpoint below the objects of another schema is bound to.

    ``property`` of its own objects leads to the one above; empty when none does. Without ``inverse`` it
    holds the id; with it, it is the object above whose property of this name holds the id of the one below.
    """

    entity: Reference
    property: str
    inverse: str = ""


@dataclass(frozen=True, slots=True)
class Receives:
    """What an endpoint that takes messages, and keeps no objects, does with them.

    Messages with equal values of the members ``identity`` are one message; without any, each is one of its
    own. ``keep`` are the members that its event holds, all of them when there are none.
    """

    identity: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """A filter that objects must satisfy: with what the token of a request says as ``claim``, or a
    configured ``value``."""

    name: str
    claim: str = ""
    value: Json = None


@dataclass(frozen=True, slots=True)
class Limit:
    """What an application may do with those objects only that are within all bounds."""

    methods: frozenset[str]
    bounds: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One resource: ``path`` lists and creates, ``path/{id}`` reads and changes.

    ``paths`` are absolute (``/api/…``), the canonical one first; parts in braces are ``variables``.
    ``merge_put``: a PUT
    changes what it names and keeps the rest. ``append_arrays``: a PATCH adds to the lists
    of related objects it names. ``parameters`` describe what the query mapping consumes;
    the shapes are JSON Schemas of what mapped clients send and see, when the mappings tell;
    ``sent`` is the first of them made ready to check with, None where nobody tells.

    ``has_items``: there are paths with an id behind. ``pattern`` matches the path where its segments do not
    tell it all. ``above`` is what it stands below; ``others`` are schemas whose objects it shows beside
    those of ``entity``; ``paginated``: a list is a page of an envelope, and else a bare array.
    ``waits_for`` says in a sentence what is lacking for it to answer anything, and then every path that
    begins so is its own when it is ``open_ended``. ``forwards`` is the source that requests are handed on
    to, below the path ``to`` there. ``variants`` are the same endpoint as the applications with these
    references see it. With ``computed`` it serves no objects: it answers what is made of one, behind that
    object's path. With ``receives`` it takes messages, has no ``entity``, and only throws.
    ``limit``, of a variant, is what an application may do that sees only what is its user's own.
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
    has_items: bool = True
    variables: tuple[Variable, ...] = ()
    pattern: str = ""
    above: Above | None = None
    others: tuple[Reference, ...] = ()
    paginated: bool = True
    waits_for: str = ""
    open_ended: bool = False
    forwards: Reference = ""
    to: str = ""
    variants: Mapping[Reference, Endpoint] = field(default_factory=dict)
    computed: Computed | None = None
    receives: Receives | None = None
    limit: Limit | None = None

    @property
    def path(self) -> str:
        """The canonical path, the one that ``_self.self`` shows."""
        return self.paths[0]

    @property
    def has_objects(self) -> bool:
        """Whether requests end here: with objects of the register, or as messages to it."""
        return not (self.waits_for or self.forwards)

    @property
    def on_versions(self) -> frozenset[str]:
        """The methods behind the versions of an object: who may change it may bring one back."""
        if not self.has_items or self.above is not None or self.others:
            return frozenset()
        restores = "GET" in self.methods and not self.methods.isdisjoint({"PUT", "PATCH"})
        return self.methods & {"GET"} | ({"POST"} if restores else frozenset())

    @property
    def is_mapped(self) -> bool:
        """Whether clients see another shape than the stored one."""
        return self.pipeline.of_one is not None or self.pipeline.body_in is not None

    def seen_by(self, application: Reference) -> Endpoint:
        """The endpoint as an application sees it."""
        return self.variants.get(application, self) if self.variants else self
