"""What a handler of actions is: the class that a package gives to the entry point group ``gateway.actions``.

A handler has no state of its own that matters: several threads run it at one time, and after a kill it
is run again for an event that it may have worked on already (at least once). All of it is synchronous;
what goes out goes through ``Tools.outgoing``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway_core.catalog.actions import Action
from gateway_core.operations.call import Context
from gateway_core.outgoing.protocol import Outgoing
from gateway_core.types import Event, Json, JsonObject, Principal, Reference

WHOLE = ("",)
"""The targets of a handler that has but one."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a handler may use beside its event: the context of the moment, and the way out, which leads
    only to places that the settings allow.

    ``public_url`` is the origin under which clients find this gateway; "" when it is not known. ``memo`` is
    for what a handler reads of the store, by a key of its own: one for all events of which ``targets`` is
    asked together, which were read before it was made, and one for each batch of deliveries.
    """

    context: Context
    outgoing: Outgoing
    public_url: str = ""
    memo: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Work:
    """One event for one action.

    ``document`` is what the action works on: the object as clients see it without mapping (as it is
    now; of a removed one as it was last; None when it is forgotten), of a received message its body, and
    within a request the answer that is about to be given. ``target`` is the one of ``targets`` that
    this run is for. ``principal`` is who acts: what the handler writes is written in its name.
    ``attempt`` counts from 1.
    """

    event: Event
    action: Action
    target: str
    principal: Principal
    tools: Tools
    read: Callable[[], Json]
    attempt: int = 1

    @property
    def document(self) -> Json:
        """See above; read of the store when it is asked for."""
        return self.read()

    @property
    def configuration(self) -> Mapping[str, Json]:
        """The action's, valid against the handler's ``schema``."""
        return self.action.configuration


class Handler(Protocol):
    """Does the work of actions whose ``handler`` is its ``name`` (or one of ``aliases``: the class names
    that it has in bundles of Common Gateway).

    ``schema`` is the JSON Schema of its configuration: an action that breaks it is not installed. Every
    property in it has a ``description``; the reference page is printed from it.
    """

    name: str
    aliases: tuple[str, ...]
    summary: str
    schema: JsonObject

    def interest(self, configuration: Mapping[str, Json]) -> Mapping[Reference, Collection[str]] | None:
        """The schemas that a valid configuration is about, each with the members at the top of its
        objects that events shall carry for it; None for all schemas."""

    def targets(self, work: Work) -> Iterable[str]:
        """Whom the event concerns; each is delivered to on its own, with retries of its own, so that one
        that cannot be reached holds up nobody else. ``WHOLE`` for a handler with one target, nothing for
        an event that is to be passed over. Called once, when the event is handed out, with ``target``
        "" in the work."""

    def run(self, work: Work) -> Json:
        """Do it. The answer is the document for the actions that follow in the same request, and None
        leaves it as it is; of work outside a request it means nothing.

        Raises a ``GatewayError`` when it does not succeed: outside a request it is tried again, later
        and later, unless it is ``Hopeless``. An ``UpstreamError`` tells that the target itself is in
        trouble: all of its deliveries rest for a while. The words of an error are shown to administrators,
        and hold no personal data."""
