"""The values that travel between rooms: frozen, typed, without behaviour of their own.

Dictionaries appear only for JSON bodies. Nothing here imports another module of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

# JSON values are typed loosely on purpose: a recursive alias costs casts in every
# function that walks a document and finds no fault that the tests do not.
Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]
Reference: TypeAlias = str
Pointer: TypeAlias = tuple[str | int, ...]


class Kind(StrEnum):
    """What an artifact configures."""

    SCHEMA = "schema"
    MAPPING = "mapping"
    COLLECTION = "collection"
    ENDPOINT = "endpoint"
    COMPUTED = "computed"
    APPLICATION = "application"
    SOURCE = "source"
    ACTION = "action"
    CRONJOB = "cronjob"
    USER = "user"
    SECURITY_GROUP = "security-group"
    ORGANIZATION = "organization"
    TEMPLATE = "template"
    CARD = "card"
    DATABASE = "database"
    DATA = "data"


class Severity(StrEnum):
    """How much a finding matters: an error stops an installation."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a text, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an artifact was read: the bundle's name and the file's path inside it."""

    bundle: str
    path: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """One piece of configuration, identified by its reference (``$id``)."""

    kind: Kind
    reference: Reference
    version: str
    body: Mapping[str, Any]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about configuration: lint, check, plan and doctor all speak with it.

    ``pointer`` is the member of the artifact and ``position`` a spot in the text of that member;
    ``path`` is the artifact's file, and ``place`` the line and column of the spot in that file,
    known to those who have its text.
    """

    severity: Severity
    code: str
    message: str
    reference: str = ""
    pointer: str = ""
    position: Position | None = None
    hint: str = ""
    path: str = ""
    place: Position | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A named, versioned set of artifacts. ``findings`` are the remarks of reading its files: what
    could not be read and is therefore not among the artifacts, and what was read in another way
    than its author may think."""

    name: str
    version: str
    title: str
    description: str
    requires: tuple[str, ...]
    artifacts: tuple[Artifact, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that a document breaks. Never carries the offending value (it may be personal)."""

    pointer: Pointer
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


class Meta(NamedTuple):
    """What the register itself knows of an object; times as ``query.times.instant`` writes them.

    ``owner`` and ``application`` made it; ``author`` wrote this version.

    It and ``StoredObject`` are named tuples, since pages make hundreds of them: a frozen
    dataclass takes three times as long.
    """

    version: int
    created: str
    modified: str
    owner: str | None = None
    owner_name: str | None = None
    application: str | None = None
    author: str | None = None
    tenant: str = ""


class StoredObject(NamedTuple):
    """An object as stored: relations are held as ids of other objects."""

    id: str
    entity: Reference
    data: JsonObject
    meta: Meta


class Event(NamedTuple):
    """Something that happened, as it is kept and told: never with personal data unless configured.

    ``name`` is one of ``EventName``, or a name that an endpoint or action throws. ``object`` is the id
    of the object that it is about ("" for none), ``version`` that which the object got by it (of a
    removed one: had last). ``action`` is what was done (create, update, delete, receive).
    ``carries`` are the members of the object, at the top of its document, that ``data`` shall hold;
    the store fills them in when it writes. ``key``: of events with the same one only the first is kept.
    ``depth`` counts the actions that led to it. ``first`` are the consumers that are tried at once, by
    whoever records it: what they are owed is kept with it, in case that does not succeed.
    """

    id: str
    name: str
    entity: Reference
    object: str
    version: int
    time: str
    application: str | None = None
    action: str = ""
    data: Mapping[str, Any] = {}
    carries: tuple[str, ...] = ()
    key: str | None = None
    depth: int = 0
    first: tuple[str, ...] = ()


class EventName(StrEnum):
    """What the gateway itself tells of."""

    CREATED = "gateway.object.created"
    UPDATED = "gateway.object.updated"
    DELETED = "gateway.object.deleted"


@dataclass(frozen=True, slots=True)
class Page:
    """A window of a collection. ``total`` counts every match, not only those shown."""

    items: tuple[StoredObject, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: an application, and the user it speaks for when it says so. ``reference`` is that of the
    artifact that declares the application; empty when none does. ``claims`` are the texts in its token,
    which may be personal data."""

    application: str
    scopes: frozenset[str]
    tenant: str = ""
    user: str | None = None
    user_name: str | None = None
    reference: Reference = ""
    claims: Mapping[str, str] = field(default_factory=dict, repr=False)
