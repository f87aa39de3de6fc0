"""What is asked of an operation, what it may use, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from gateway_core.catalog.endpoints import Bound, Endpoint
from gateway_core.catalog.snapshot import Catalog
from gateway_core.outgoing.protocol import NoSources, Sources
from gateway_core.store.protocol import Store
from gateway_core.types import Event, Json, Principal

# The values of a request are named tuples: a frozen dataclass takes four times as long to make.
NO_PARAMS: Mapping[str, Json] = MappingProxyType({})


class Budget:
    """How many calls of sources are left to one request."""

    __slots__ = ("left", "most")

    def __init__(self, most: int) -> None:
        self.left = self.most = most

    def take(self) -> bool:
        """Use one; False when there was none left."""
        if self.left <= 0:
            return False
        self.left -= 1
        return True


NO_SOURCES: Final = NoSources()
NO_CALLS: Final = Budget(0)


class Action(StrEnum):
    READ = "read"
    LIST = "list"
    FIND = "find"
    CREATE = "create"
    REPLACE = "replace"
    PATCH = "patch"
    DELETE = "delete"
    READ_VERSION = "read-version"
    LIST_REMOVED = "list-removed"
    VERSIONS = "versions"
    RESTORE = "restore"
    COMPUTE = "compute"
    RECEIVE = "receive"


class Result(StrEnum):
    """What became of a call."""

    FOUND = "found"
    PAGE = "page"
    CREATED = "created"
    CHANGED = "changed"
    GONE = "gone"
    UNCHANGED = "unchanged"
    RECEIVED = "received"


class Bounding(NamedTuple):
    """A bound, and the value that it has for this request."""

    bound: Bound
    value: Json


class Call(NamedTuple):
    """An intent, not yet sense: nothing in it has been checked against the catalog's schemas.

    ``if_match`` and ``if_none_match`` hold entity tags without their quotes, or ``*``; None
    when the client did not send the header. ``base_url`` is the public origin
    (``https://host``) that absolute URLs are made from. ``path`` is that of the collection, as it was
    asked for; ``above`` is the id in it of the object that the collection is below; ``accept`` is the
    media type that the client wants. ``bounds`` are those that the principal keeps to: no other object is
    there for it.
    """

    action: Action
    endpoint: Endpoint
    principal: Principal
    id: str | None = None
    params: Mapping[str, Json] = NO_PARAMS
    body: Json = None
    if_match: tuple[str, ...] | None = None
    if_none_match: tuple[str, ...] | None = None
    base_url: str = ""
    path: str = ""
    above: str | None = None
    accept: str = ""
    bounds: tuple[Bounding, ...] = ()

    @property
    def place(self) -> str:
        """The path of the collection that the call is about."""
        return self.path or self.endpoint.path


class Outcome(NamedTuple):
    """What an operation answers: a document ready to print, what stands around it, and the events that
    were recorded with the change that it made."""

    result: Result
    body: Json = None
    etag: str | None = None
    location: str | None = None
    events: tuple[Event, ...] = ()


class Context(NamedTuple):
    """What an operation may use: one catalog for the whole call, the store, time and ids. ``clock``
    counts the seconds that this thread has worked: waiting for others costs a mapping nothing.

    ``brief``: others wait meanwhile, so an operation that only reads raises ``NotAtOnce``
    before it would take more than some milliseconds. ``follow`` does what is to be done on events within
    the request, and answers the outcome for the client. ``sources`` are other systems, which the
    mappings of a request may call as often as ``calls`` allows; ``traceparent`` is what the request
    said of the trace that it belongs to.
    """

    catalog: Catalog
    store: Store
    now: Callable[[], datetime]
    clock: Callable[[], float]
    new_id: Callable[[], str]
    brief: bool = False
    follow: Callable[[Call, Context, Outcome], Outcome] | None = None
    sources: Sources = NO_SOURCES
    calls: Budget = NO_CALLS
    traceparent: str = ""
