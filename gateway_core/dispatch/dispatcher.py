"""Threads that hand out events and deliver what is owed, of which one process at a time has the lease.

The first thread hands out, and finds out who is owed something. Each consumer is served by one thread:
it tries one delivery first, and when that succeeds, others of the same consumer beside it, each object's
in order. So one that cannot be reached costs one thread until its request times out, and nobody else
waits; then it rests.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from gateway_core.dispatch.patience import Patience
from gateway_core.errors import GatewayError, Hopeless, StoreError, UpstreamError
from gateway_core.operations.actions.perform import Performer, words
from gateway_core.operations.call import Context
from gateway_core.query.times import instant
from gateway_core.store.outbox import Delivery, Outbox, Owed, Settlement
from gateway_core.types import Event

LEASE: Final = "events"
LEASE_SECONDS: Final = 15.0
POLL_SECONDS: Final = 0.2
FOLLOW_SECONDS: Final = 1.0  # how often who has no lease asks for it
HANDED: Final = 500
AT_A_TIME: Final = 128
BESIDE: Final = 4
CONSUMERS: Final = 24


@dataclass(slots=True)
class _Rest:
    """How a consumer fares: failures in a row, and until when it rests (by the monotonic clock)."""

    failures: int = 0
    until: float = 0.0


@dataclass(slots=True)
class _Results:
    """What became of one batch of a consumer; several threads add to it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    done: list[Delivery] = field(default_factory=list)
    again: list[Delivery] = field(default_factory=list)
    dead: list[Delivery] = field(default_factory=list)
    thrown: list[tuple[str, Event]] = field(default_factory=list)
    memo: dict[str, Any] = field(default_factory=dict)
    trouble: bool = False

    def settlement(self) -> Settlement:
        return Settlement(tuple(self.done), tuple(self.again), tuple(self.dead), tuple(self.thrown))


class Dispatcher:
    """Runs from ``start`` to ``stop``.

    ``context_of`` makes the context of now, ``now`` is UTC, ``clock`` counts monotonic seconds and
    ``chance`` gives random numbers from 0 to 1. ``holder`` names this process among all that share
    the store.
    """

    def __init__(
        self,
        performer: Performer,
        context_of: Callable[[], Context],
        *,
        holder: str,
        patience: Patience,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._performer, self._context_of, self._holder = performer, context_of, holder
        self._patience, self._now, self._clock, self._chance = patience, now, clock, chance
        self._stopping = threading.Event()
        self._busy: dict[str, Future[None]] = {}
        self._rests: dict[str, _Rest] = {}
        self._leads_until = 0.0
        self._renew_at = 0.0
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self._serving = ThreadPoolExecutor(CONSUMERS, thread_name_prefix="consumer")
        self._beside = ThreadPoolExecutor(BESIDE * 2, thread_name_prefix="delivery")

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 12.0) -> None:
        """Begin nothing new, wait for what is under way, and let another process take over at once."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(seconds)
        self._serving.shutdown(wait=True)
        self._beside.shutdown(wait=True)

    # -- the first thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self._round() if self._leads() else FOLLOW_SECONDS
            except StoreError as error:
                _log().warning("events wait for the store: %s", error.detail)
                pause = FOLLOW_SECONDS
            except Exception as fault:  # noqa: BLE001 - without this thread nobody is told of anything
                _log().error("the dispatcher failed, and goes on: %s", _trace(fault))
                pause = FOLLOW_SECONDS
            self._stopping.wait(pause)
        for future in list(self._busy.values()):
            future.cancel()
        self._give_up()

    def _leads(self) -> bool:
        """Whether this process has the lease; renewed at a third of its time."""
        if self._clock() < self._renew_at:
            return True
        asked = self._clock()
        if self._outbox.lease(LEASE, self._holder, LEASE_SECONDS):
            self._leads_until = asked + LEASE_SECONDS * 0.8
            self._renew_at = asked + LEASE_SECONDS / 3
            return True
        self._leads_until = self._renew_at = 0.0
        return False

    def _give_up(self) -> None:
        try:
            for future in list(self._busy.values()):
                if not future.cancelled():
                    future.exception(timeout=10)
            self._outbox.release(LEASE, self._holder)
        except (GatewayError, TimeoutError):
            _log().warning("the lease of events was not let go: others wait until it runs out")

    def _round(self) -> float:
        """Hand out, and have served whoever is owed something; how long to wait then."""
        context = self._context_of()
        handed = self._hand_out(context)
        now = self._clock()
        for consumer in self._outbox.consumers():
            busy = self._busy.get(consumer)
            if busy is not None and not busy.done():
                continue
            rest = self._rests.get(consumer)
            if rest is None or rest.until <= now:
                self._busy[consumer] = self._serving.submit(self._serve, consumer)
        self._busy = {name: future for name, future in self._busy.items() if not future.done()}
        return 0.0 if handed == HANDED else POLL_SECONDS

    def _hand_out(self, context: Context) -> int:
        waiting = self._outbox.waiting(HANDED)
        if not waiting:
            return 0
        memo: dict[str, Any] = {}
        owed = [each for recorded in waiting for each in self._performer.owed(recorded, context, memo)]
        if not self._outbox.hand_out(LEASE, self._holder, waiting, owed):
            self._renew_at = 0.0
            return 0
        return len(waiting)

    # -- the threads of consumers

    def _serve(self, consumer: str) -> None:
        """Deliver what a consumer is owed now, a batch at a time."""
        try:
            while self._goes_on():
                owed = self._outbox.due(consumer, instant(self._now()), AT_A_TIME)
                if not owed or not self._batch(consumer, owed):
                    return
        except StoreError as error:
            _log().warning("deliveries wait for the store: %s", error.detail)
        except Exception as fault:  # noqa: BLE001 - what is owed stays owed
            _log().error("delivering failed, and is tried again: %s", _trace(fault))

    def _goes_on(self) -> bool:
        return not self._stopping.is_set() and self._clock() < self._leads_until

    def _batch(self, consumer: str, owed: Sequence[Owed]) -> bool:
        """Deliver a batch, lane by lane; whether the consumer is well."""
        lanes: dict[str, list[Owed]] = {}
        for each in owed:
            lanes.setdefault(each.delivery.lane, []).append(each)
        results = _Results()
        first, *others = lanes.values()
        self._lane(first, results)
        if others and not results.trouble:
            parts = [others[start::BESIDE] for start in range(min(BESIDE, len(others)))]
            futures = [self._beside.submit(self._lanes, part, results) for part in parts[1:]]
            self._lanes(parts[0], results)
            for future in futures:
                future.result()
        self._outbox.settle(results.settlement())
        return self._note(consumer, results)

    def _note(self, consumer: str, results: _Results) -> bool:
        if not results.trouble:
            self._rests.pop(consumer, None)
            return True
        rest = self._rests.setdefault(consumer, _Rest())
        rest.failures += 1
        rest.until = self._clock() + self._patience.rested(rest.failures, self._chance)
        return False

    def _lanes(self, lanes: Iterable[Sequence[Owed]], results: _Results) -> None:
        for lane in lanes:
            if results.trouble or not self._goes_on():
                return
            self._lane(lane, results)

    def _lane(self, lane: Sequence[Owed], results: _Results) -> None:
        """The deliveries of one object in order, up to one that fails. Behind a dead letter it goes on."""
        for owed in lane:
            if not self._goes_on():
                return
            try:
                context = self._context_of()
                thrown = self._performer.deliver(owed.delivery, owed.recorded, context, results.memo)
            except Exception as fault:  # noqa: BLE001 - a handler may be anybody's: nothing of it stops others
                if not self._failed(owed.delivery, fault, results):
                    return
            else:
                with results.lock:
                    results.done.append(owed.delivery)
                    results.thrown += [(owed.recorded.tenant, event) for event in thrown]

    def _failed(self, delivery: Delivery, fault: Exception, results: _Results) -> bool:
        """Note a failure; whether the lane goes on."""
        attempts = delivery.attempts + 1
        over = isinstance(fault, Hopeless) or self._patience.is_over(attempts)
        wait = timedelta(seconds=self._patience.wait(attempts, self._chance))
        failed = delivery._replace(
            attempts=attempts,
            due=instant(self._now() if over else self._now() + wait),
            error=words(fault),
        )
        with results.lock:
            (results.dead if over else results.again).append(failed)
            results.trouble = results.trouble or isinstance(fault, UpstreamError)
        if over:
            _log().warning("an event is a dead letter: %s, %s", delivery.consumer, failed.error)
        return over and not results.trouble

    @property
    def _outbox(self) -> Outbox:
        return self._context_of().store.outbox


def _trace(fault: BaseException) -> str:
    """Where a fault of ours was raised. Its text may repeat what is nobody's business."""
    frames = traceback.extract_tb(fault.__traceback__)[-3:]
    places = (f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)
    return f"{type(fault).__name__} at {' '.join(places)}"


def _log() -> logging.Logger:
    return logging.getLogger("gateway")
