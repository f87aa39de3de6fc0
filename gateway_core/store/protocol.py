"""The port behind which every store stands, and the values it takes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Protocol, TypeAlias

from gateway_core.query.model import Condition, Facet, Path, Query, Scope, Window
from gateway_core.store.marks import Marks
from gateway_core.store.outbox import Outbox
from gateway_core.types import Artifact, Event, Finding, JsonObject, Page, StoredObject

KEPT_INSTALLATIONS: Final = 10
"""So many earlier installations of a bundle are kept; the oldest one goes."""


@dataclass(frozen=True, slots=True)
class Link:
    """``source.property`` refers to ``target``; ``position`` counts from 0 in a list."""

    source: str
    property: str
    target: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Put:
    """Write one object.

    ``links`` are all relations that start at it, and replace those it had. ``expect`` is
    the version that must be stored (0: the object must not exist). ``sequences`` names
    members at the top of the document to fill with the next number of a sequence (path →
    sequence name), in the same transaction; a member that has a number keeps it, and the
    sequence goes on behind it. ``fresh`` tells that the id was made for this object: the history
    knows nothing under it, and need not be asked.
    """

    object: StoredObject
    expect: int
    links: tuple[Link, ...] = ()
    sequences: Mapping[Path, str] = field(default_factory=dict)
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove one object with every link from and to it; ``expect`` as in ``Put``.

    ``moment`` and ``author`` tell when, and who does it."""

    id: str
    expect: int
    moment: str = ""
    author: str | None = None
    was: StoredObject | None = None
    """What goes, for those who tell of it; a store does not look at it."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The whole of one transaction: all of it is stored, or nothing is.

    ``events`` tell of it; they are recorded in their order (see ``store.outbox``)."""

    tenant: str
    puts: tuple[Put, ...] = ()
    deletes: tuple[Delete, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """A member of an entity that is filtered, ordered or searched by and should be found by index.

    ``path`` is dotted. ``array`` tells that it runs through an array, so that one object may
    have many values (see ``terms.terms_of``). Of a path without ``array`` no document may have
    an array on the way: such an index would miss its elements.

    ``unique``: no two objects of the entity, within a tenant, have the same value there (nor, of an
    array, the same element), compared in any case when ``folded``. Null and the empty text are no
    values. It is no index that queries use. Objects that share a value before it is asked for stay
    as they are until they are written again.
    ``text``: what is looked for are parts of its texts (``LIKE``); the indexes of an entity's texts are
    one.

    ``order``: objects are ordered by it, and that is all: by a date-time, whose texts are not in the order
    of time, or by ``_self.dateCreated`` or ``_self.dateModified``.

    ``few_values``: many objects have the same value, so that another condition had better be looked
    at first. It makes no other index.
    """

    entity: str
    path: str
    array: bool = False
    unique: bool = False
    folded: bool = False
    text: bool = False
    order: bool = False
    few_values: bool = field(default=False, compare=False)

    @property
    def plain(self) -> bool:
        """Whether it is of values that are found by it."""
        return not (self.unique or self.text or self.order)


Wanted: TypeAlias = Sequence[IndexSpec] | Callable[[Sequence[Artifact]], Sequence[IndexSpec]]
"""The indexes to have, or what tells of the installed artifacts which they are."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a store answers a query: its ``steps`` in the store's words, without any value; whether it
    ``reads_all`` objects of some kind to find those that match, and whether it ``sorts`` all of them."""

    steps: tuple[str, ...]
    reads_all: bool
    sorts: bool = False


@dataclass(frozen=True, slots=True)
class ApplicationRecord:
    """An application's credentials: ``key_hash`` is SHA-256 of its API key (hex)."""

    name: str
    client_id: str
    key_hash: str | None
    secret: str | None
    scopes: tuple[str, ...]
    created: datetime
    reference: str | None = None


class Surroundings(NamedTuple):
    """An object with what stands directly around it, all of one state.

    ``linked`` are the objects it refers to, by id; ``referrers`` is as ``Store.linked_ids``
    answers, for the one target.
    """

    root: StoredObject
    linked: Mapping[str, StoredObject]
    referrers: Mapping[tuple[str, str, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Past:
    """An object as it was until the moment ``ended``, when ``ended_by`` changed it, or removed it."""

    object: StoredObject
    ended: str
    ended_by: str | None
    removed: bool = False


class Earlier(StrEnum):
    """What becomes of the installation that a new one replaces, and of those before it.

    ``PUSH``: it becomes the latest of the earlier ones. ``POP``: it goes, and so does the latest of
    the earlier ones, which is what is put back. ``LEAVE``: it goes, and the earlier ones stay.
    """

    PUSH = "push"
    POP = "pop"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Installation:
    """What is, or was, in force of one bundle. ``record`` tells about it (version, digest, time)."""

    record: JsonObject
    artifacts: tuple[Artifact, ...]


@dataclass(frozen=True, slots=True)
class Configuration:
    """What shall be in force of a bundle, and the objects that are stored together with it.

    No artifacts and an empty record: the bundle is forgotten, with all of its earlier installations.
    ``clear`` names the entities of which nothing is to be left: the earlier versions of their objects go,
    removed objects among them, and so do their sequences and marks, those whose names, or owners, begin
    with the entity and ``#``. Objects that are there go by ``changes``. ``expect`` is the
    ``Store.revision`` that must be in force; None: any.
    """

    bundle: str
    artifacts: tuple[Artifact, ...]
    record: JsonObject
    expect: int | None = None
    changes: Changes | None = None
    earlier: Earlier = Earlier.LEAVE
    clear: tuple[str, ...] = ()

    @property
    def forgets(self) -> bool:
        return not self.artifacts and not self.record


class Store(Protocol):
    """Objects, their relations, and the configuration they live under.

    Synchronous and safe to call from several threads. When ``apply`` or a method that
    changes configuration has returned, what it did survives a kill of the process, and a
    power cut unless the store was opened with durability relaxed. Raises ``StoreError``
    when it cannot answer, ``VersionConflict`` when an ``expect`` does not hold, ``NotUnique`` when
    another object has a value that is to be unique, and ``OutcomeUnknown`` when it cannot tell
    whether a change was made.
    """

    reads_at_once: bool
    """Whether reading by id or by index takes microseconds and waits for nothing outside the
    process: then it may be done where nothing else can happen meanwhile."""

    shared: bool
    """Whether several processes may use it at one time."""

    outbox: Outbox
    """The events that changes recorded, and what is owed to those who are told of them."""

    marks: Marks
    """What work that is done again and again remembers."""

    def snapshot(self, *, brief: bool = False) -> AbstractContextManager[None]:
        """Inside, everything that this thread reads is of one state. Writing inside is not
        forbidden, but what is written is not seen there.

        ``brief``, of a store that reads at once: reading inside raises ``NotAtOnce`` when it
        turns out to take more than some milliseconds (a scan, a sort of many objects)."""

    def get(self, tenant: str, ids: Iterable[str]) -> Mapping[str, StoredObject]:
        """The objects among ``ids`` that exist, of any entity, in one statement."""

    def fetch(self, scope: Scope, id: str) -> StoredObject | None:
        """One object by id, or None when it is not within the scope."""

    def around(self, scope: Scope, id: str, relations: Collection[tuple[str, str]]) -> Surroundings | None:
        """``fetch``, ``get`` of all that it refers to, and ``linked_ids`` of it, in one statement."""

    def linked_ids(
        self, tenant: str, targets: Sequence[str], relations: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str, str], tuple[str, ...]]:
        """Who refers to the targets, in one statement.

        ``relations`` are pairs of an entity and its property. The keys of the answer are
        (target, entity, property), its values the ids of the objects of that entity that refer to
        the target through that property, in order of creation; without any the key is absent.
        """

    def referrers(self, tenant: str, targets: Sequence[str]) -> Sequence[Link]:
        """Every link that points at one of ``targets``."""

    def find(self, scope: Scope, query: Query) -> Page:
        """The window of the objects within the scope that the query asks for, and their total."""

    def facets(self, scope: Scope, where: Condition, paths: Sequence[Path], limit: int) -> tuple[Facet, ...]:
        """The values under each of the paths of the objects within the scope that satisfy ``where``."""

    def explain(self, scope: Scope, query: Query) -> Plan:
        """How ``find`` would answer now; nothing is read."""

    def following(self, scope: Scope, id: str | None, limit: int) -> Sequence[StoredObject]:
        """The next objects within the scope after that of ``id``, in order of creation; with None
        the first ones.

        Every step costs the same, however many objects came before. ``id`` must be of an object
        that is there: after any other follows nothing. A walk of many steps stands in a ``snapshot``.
        """

    def count(self, scope: Scope) -> int:
        """How many objects the scope holds."""

    def history(self, scope: Scope, id: str) -> Sequence[Past]:
        """The versions that an object had before the one it has, oldest first; of an object that
        was removed, all of them. ``apply`` keeps each version that it changes or removes."""

    def versions(
        self, scope: Scope, id: str, window: Window, number: int | None = None
    ) -> tuple[Sequence[Past], int]:
        """A window of ``history``, newest first, and how many there are; with ``number`` those only
        that have this number as their version."""

    def as_of(self, tenant: str, ids: Iterable[str], moment: str) -> Mapping[str, StoredObject]:
        """What the objects were just before a moment; those that were not there then are absent."""

    def removals(self, tenant: str, ids: Iterable[str]) -> Mapping[str, Past]:
        """What those of the objects that were removed were last, and when and by whom they were."""

    def purge(self, before: str) -> int:
        """Forget the versions that ended before a moment, and the objects removed before it; how
        many versions."""

    def erase(self, tenant: str, ids: Sequence[str]) -> int:
        """Forget all earlier versions of these objects; how many. Those that are there stay."""

    def apply(self, changes: Changes) -> tuple[StoredObject, ...]:
        """Do all of it in one transaction; the objects as written, sequences filled, in the
        order of ``changes.puts``. Puts come before deletes; whether values are unique is asked of
        what there is after all of them."""

    def artifacts(self) -> Sequence[Artifact]:
        """The installed configuration."""

    def installed(self) -> Mapping[str, JsonObject]:
        """Per bundle what was recorded about its installation (version, digest, time)."""

    def earlier(self, bundle: str) -> Sequence[Installation]:
        """The installations of the bundle before the one in force, latest first."""

    def configure(self, configuration: Configuration) -> tuple[StoredObject, ...]:
        """Do all of it in one transaction, or nothing; the objects as ``apply`` answers them.

        Raises ``VersionConflict`` when ``expect`` is not in force, and where ``apply`` does."""

    def ensure_indexes(self, wanted: Wanted) -> None:
        """Have an index for each spec that is wanted and for nothing else.

        What tells the specs of the installed artifacts is asked once nobody else can change indexes. So of
        two gateways that install different bundles, whichever comes last leaves the indexes of both."""

    def applications(self) -> Sequence[ApplicationRecord]: ...

    def put_application(self, record: ApplicationRecord) -> None:
        """Add the application, or replace the one of the same name."""

    def remove_application(self, name: str) -> bool:
        """Forget it; False when there was none."""

    def revision(self) -> int:
        """Grows whenever configuration or applications change, in any process. Cheap."""

    def findings(self) -> Sequence[Finding]:
        """What whoever runs the store should know, with the way out. Cheap."""

    def check(self) -> None:
        """Raise ``StoreError`` when the store is damaged or out of reach."""

    def close(self) -> None: ...
