"""Doing actions: whom an event concerns, and one piece of work for one of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway_core.catalog.actions import ALWAYS, Action
from gateway_core.errors import GatewayError, Hopeless
from gateway_core.operations.actions.occasion import document_of, occasion
from gateway_core.operations.actions.protocol import Handler, Tools, Work
from gateway_core.operations.call import Action as Intent
from gateway_core.operations.call import Call, Context, Outcome
from gateway_core.outgoing.protocol import Outgoing
from gateway_core.store.outbox import Delivery, Recorded, lane_of
from gateway_core.types import Event, Json, Principal

MAX_DEPTH: Final = 8
LONGEST_ERROR: Final = 300  # letters that are kept
_ACTIONS: Final = {Intent.CREATE: "create", Intent.DELETE: "delete", Intent.READ: "read", Intent.LIST: "list"}


@dataclass(frozen=True, slots=True)
class Performer:
    """Does actions with the handlers that there are. Safe to use from several threads."""

    handlers: Mapping[str, Handler]
    outgoing: Outgoing
    public_url: str = ""

    # -- soon after

    def owed(self, recorded: Recorded, context: Context, memo: dict[str, Any]) -> list[Delivery]:
        """A delivery for everybody whom a recorded event concerns, by the configuration now. What is done
        at once, in the request that recorded the event, is not among them: it was owed from the start.

        An action that cannot tell whom it concerns is owed a delivery as a whole, and so tried again.
        ``memo`` is that of all events that were read before now.
        """
        event = recorded.event
        if event.depth > MAX_DEPTH:
            _log().error("actions throw events without an end: '%s' is passed over", event.name)
            return []
        owed: list[Delivery] = []
        for action in context.catalog.actions.on(event.name, event.entity):
            if action.immediate and event.depth == 0:
                continue
            try:
                targets = list(self._targets(action, recorded, context, memo))
            except Exception as fault:  # noqa: BLE001 - a handler may be anybody's: the others go on
                _log().warning("action %s cannot tell whom it concerns: %s", action.reference, words(fault))
                targets = [""]
            for target in targets:
                consumer = f"{action.reference} {target}" if target else action.reference
                owed.append(Delivery(consumer, recorded.number, lane_of(event), event.id, due=event.time))
        return owed

    def _targets(
        self, action: Action, recorded: Recorded, context: Context, memo: dict[str, Any]
    ) -> Iterator[str]:
        work = self._work(action, recorded.event, recorded.tenant, context, memo=memo)
        if self._holds(work):
            yield from self.handlers[action.handler].targets(work)

    def deliver(
        self, delivery: Delivery, recorded: Recorded, context: Context, memo: dict[str, Any]
    ) -> tuple[Event, ...]:
        """Do what is owed; the events that the action throws then. An action that is not installed any
        more is owed nothing. ``memo`` is that of a batch of deliveries. Raises a ``GatewayError``, as the
        handler does."""
        actions = context.catalog.actions
        reference, _, target = delivery.consumer.rpartition(" ")
        action = actions.named(delivery.consumer) or actions.named(reference)
        if action is None or action.handler not in self.handlers:
            return ()
        target = "" if action.reference == delivery.consumer else target
        work = self._work(action, recorded.event, recorded.tenant, context, memo=memo)
        work = replace(work, target=target, attempt=delivery.attempts + 1)
        if not target and not self._holds(work):
            return ()
        self._run(work)
        return self.thrown(work)

    def _run(self, work: Work) -> Json:
        """Run the handler, once for each target when the work is for all of them; the document that it
        makes, None when it leaves it as it is."""
        handler = self.handlers[work.action.handler]
        made: Json = None
        for target in [work.target] if work.target else list(handler.targets(work)):
            answer = handler.run(replace(work, target=target))
            if answer is not None:
                made, work = answer, replace(work, read=_always(answer))
        return made

    def thrown(self, work: Work) -> tuple[Event, ...]:
        """The events that an action throws when it is done, about the same object."""
        context, event = work.tools.context, work.event
        return tuple(
            event._replace(id=context.new_id(), name=name, depth=event.depth + 1, key=None, first=())
            for name in work.action.throws
            if context.catalog.actions.on(name, event.entity)
        )

    # -- within a request

    def follow(self, call: Call, context: Context, outcome: Outcome) -> Outcome:
        """Do what is to be done at once on the events of a call, in order of priority; the outcome for the
        client.

        What fails on a committed change fails for the log, not for the client: it is owed, and tried
        again. On a read, which changed nothing, the error is the answer.
        """
        for event in outcome.events:
            for reference in event.first:
                action = context.catalog.actions.named(reference)
                if action is not None:
                    self._try_first(action, event, call, context)
        if outcome.events or call.action not in (Intent.READ, Intent.LIST, Intent.FIND):
            return outcome
        return self._on_read(call, context, outcome)

    def _try_first(self, action: Action, event: Event, call: Call, context: Context) -> None:
        try:
            work = self._work(action, event, call.principal.tenant, context, call.principal)
            if self._holds(work):
                self._run(work)
                if thrown := self.thrown(work):
                    context.store.outbox.record(call.principal.tenant, thrown)
            context.store.outbox.settle_first(action.reference, event)
        except Exception as fault:  # noqa: BLE001 - the change is committed: nothing may take that back
            _log().warning("action %s failed, and is tried again: %s", action.reference, words(fault))

    def _on_read(self, call: Call, context: Context, outcome: Outcome) -> Outcome:
        endpoint, body = call.endpoint, outcome.body
        for name in endpoint.throws:
            for action in context.catalog.actions.on(name, endpoint.entity):
                if not action.immediate or body is None:
                    continue
                what = _ACTIONS.get(call.action, "list")
                time = context.now().isoformat()
                event = Event("", name, endpoint.entity, call.id or "", 0, time, action=what)
                event = event._replace(application=call.principal.application, data={"query": call.params})
                tenant = call.principal.tenant
                work = self._work(action, event, tenant, context, call.principal)
                work = replace(work, read=_always(body))
                try:
                    made = self._run(work) if self._holds(work) else None
                except Hopeless as fault:  # what is configured wrong is for administrators, not for clients
                    _log().warning("action %s failed on a read: %s", action.reference, words(fault))
                    continue
                body = body if made is None else made
        return outcome if body is outcome.body else outcome._replace(body=body)

    # -- the parts of work

    def _work(
        self,
        action: Action,
        event: Event,
        tenant: str,
        context: Context,
        principal: Principal | None = None,
        memo: dict[str, Any] | None = None,
    ) -> Work:
        """Who acts is the action itself, in the name of the application whose change it follows."""
        acting = principal or Principal(event.application or "", frozenset(), tenant, user=action.reference)
        tools = Tools(context, self.outgoing, self.public_url, {} if memo is None else memo)
        held: list[Json] = []

        def read() -> Json:
            if not held:
                held.append(document_of(event, tenant, context, self.public_url))
            return held[0]

        return Work(event, action, "", acting, tools, read)

    def _holds(self, work: Work) -> bool:
        """Whether the action's condition holds; an object is read only when it asks for one."""
        rule = work.action.condition
        if rule is ALWAYS:
            return True
        wants = rule.reads is None or not rule.reads.isdisjoint({"object", "response"})
        return rule.holds(occasion(work.event, work.document if wants else None))


def _always(document: Json) -> Callable[[], Json]:
    return lambda: document


def words(fault: Exception) -> str:
    """Why something failed, for administrators. Only errors of ours have words that are safe to show."""
    text = fault.detail if isinstance(fault, GatewayError) else type(fault).__name__
    return text[:LONGEST_ERROR]


def _log() -> logging.Logger:
    return logging.getLogger("gateway")
