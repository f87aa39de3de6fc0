"""The outbox in the JSON file. One process has it, so that nobody competes for a lease."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from gateway_core.store.outbox import Backlog, Delivery, Owed, Recorded, Settlement
from gateway_core.store.tiny.box import Box, debt_of, recorded
from gateway_core.store.tiny.state import State
from gateway_core.types import Event

T = TypeVar("T")


class Writing(Protocol):
    def __call__(self, work: Callable[[State], tuple[State, T]], /) -> T: ...


class TinyOutbox:
    """See ``outbox.Outbox``. ``current`` is the state now, ``write`` makes a new one of it."""

    def __init__(self, current: Callable[[], State], write: Writing) -> None:
        self._current, self._write = current, write

    def lease(self, name: str, holder: str, seconds: float) -> bool:  # noqa: ARG002 - see the module
        return True

    def release(self, name: str, holder: str) -> None:
        """Nobody waits for it."""

    def record(self, tenant: str, events: Sequence[Event]) -> int:
        return self._change(lambda box: recorded(box, tenant, events, {}))

    def waiting(self, limit: int) -> Sequence[Recorded]:
        box = self._box
        return [each for number, each in box.events.items() if number > box.handed][:limit]

    def hand_out(
        self,
        lease: str,  # noqa: ARG002 - see the module
        holder: str,  # noqa: ARG002 - as above
        events: Sequence[Recorded],
        owed: Sequence[Delivery],
    ) -> bool:
        def work(box: Box) -> tuple[Box, bool]:
            known = {debt_of(each): each for each in owed} | dict(box.owed)
            return replace(box, handed=max(box.handed, events[-1].number), owed=known), True

        return self._change(work)

    def consumers(self) -> Sequence[str]:
        return sorted({each.consumer for each in self._box.owed.values()})

    def due(self, consumer: str, moment: str, limit: int) -> Sequence[Owed]:
        box, held, found = self._box, set[str](), []
        own = [each for each in box.owed.values() if each.consumer == consumer]
        for each in sorted(own, key=lambda delivery: delivery.number):
            if each.due > moment:
                held.add(each.lane)
            elif each.lane not in held:
                found.append(Owed(each, box.events[each.number]))
        return found[:limit]

    def next_due(self) -> str | None:
        return min((each.due for each in self._box.owed.values()), default=None)

    def settle(self, settlement: Settlement) -> None:
        def work(box: Box) -> tuple[Box, None]:
            owed, dead = dict(box.owed), dict(box.dead)
            for each in (*settlement.done, *settlement.dead):
                owed.pop(debt_of(each), None)
            owed |= {debt_of(each): each for each in settlement.again if debt_of(each) in owed}
            dead |= {debt_of(each): each for each in settlement.dead}
            box = replace(box, owed=owed, dead=dead)
            for tenant, event in settlement.thrown:
                box, _ = recorded(box, tenant, (event,), {})
            return box, None

        self._change(work)

    def settle_first(self, consumer: str, event: Event) -> None:
        def work(box: Box) -> tuple[Box, None]:
            left = {
                debt: each
                for debt, each in box.owed.items()
                if not (each.consumer == consumer and each.event == event.id)
            }
            return replace(box, owed=left), None

        self._change(work)

    def dead(self, limit: int, after: int = 0) -> Sequence[Owed]:
        box = self._box
        letters = sorted(box.dead.values(), key=lambda each: (each.number, each.consumer))
        return [Owed(each, box.events[each.number]) for each in letters if each.number > after][:limit]

    def revive(self, consumer: str | None, event: str | None, moment: str) -> int:
        def work(box: Box) -> tuple[Box, int]:
            chosen = {
                debt: each._replace(attempts=0, due=moment)
                for debt, each in box.dead.items()
                if consumer in (None, each.consumer) and event in (None, each.event)
            }
            left = {debt: each for debt, each in box.dead.items() if debt not in chosen}
            return replace(box, dead=left, owed=chosen | dict(box.owed)), len(chosen)

        return self._change(work)

    def events(self, limit: int, before: int | None = None, object: str | None = None) -> Sequence[Recorded]:
        found = [
            each
            for number, each in sorted(self._box.events.items(), reverse=True)
            if (before is None or number < before) and object in (None, each.event.object)
        ]
        return found[:limit]

    def backlog(self) -> Backlog:
        box = self._box
        open_events = sum(number > box.handed for number in box.events)
        return Backlog(open_events, len(box.owed), len(box.dead))

    def purge(self, before: str) -> int:
        def work(box: Box) -> tuple[Box, int]:
            needed = {number for _, number in box.owed}
            kept = {
                number: each
                for number, each in box.events.items()
                if number > box.handed or number in needed or each.event.time >= before
            }
            dead = {debt: each for debt, each in box.dead.items() if debt[1] in kept}
            return replace(box, events=kept, dead=dead), len(box.events) - len(kept)

        return self._change(work)

    @property
    def _box(self) -> Box:
        return self._current().outbox

    def _change(self, work: Callable[[Box], tuple[Box, T]]) -> T:
        def whole(state: State) -> tuple[State, T]:
            box, result = work(state.outbox)
            return (state if box == state.outbox else replace(state, outbox=box)), result

        return self._write(whole)
