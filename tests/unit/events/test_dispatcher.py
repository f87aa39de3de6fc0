"""The dispatcher: order, retries, rest, dead letters; one trouble is nobody else's."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway_core.dispatch import Dispatcher, Patience
from gateway_core.errors import BadRequest, Hopeless, UpstreamError
from gateway_core.operations.call import Context
from gateway_core.query.times import instant
from gateway_core.store.open import open_store
from gateway_core.store.outbox import Delivery, Recorded, lane_of
from gateway_core.store.protocol import Store
from gateway_core.types import Event

Fault = Callable[[str, Event, int], Exception | None]


class Telling:
    """Stands for what does actions: every event concerns all consumers, and failures are as given."""

    def __init__(self, consumers: tuple[str, ...], fault: Fault = lambda *_: None) -> None:
        self.consumers, self.fault = consumers, fault
        self.told: dict[str, list[str]] = defaultdict(list)
        self.attempts: dict[tuple[str, str], int] = defaultdict(int)
        self.now: dict[str, int] = defaultdict(int)
        self.most: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()

    def owed(self, recorded: Recorded, context: Context, memo: dict[str, Any]) -> list[Delivery]:
        event = recorded.event
        return [
            Delivery(each, recorded.number, lane_of(event), event.id, due=event.time)
            for each in self.consumers
        ]

    def deliver(
        self, delivery: Delivery, recorded: Recorded, context: Context, memo: dict[str, Any]
    ) -> tuple[Event, ...]:
        consumer, event = delivery.consumer, recorded.event
        with self._lock:
            self.attempts[consumer, event.id] += 1
            self.now[consumer] += 1
            self.most[consumer] = max(self.most[consumer], self.now[consumer])
        try:
            fault = self.fault(consumer, event, self.attempts[consumer, event.id])
            if fault is not None:
                raise fault
            with self._lock:
                self.told[consumer].append(event.id)
        finally:
            with self._lock:
                self.now[consumer] -= 1
        return ()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/e.db", durability="fast")
    yield opened
    opened.close()


@pytest.fixture
def dispatch(store: Store) -> Iterator[Callable[..., Dispatcher]]:
    started: list[Dispatcher] = []

    def start(telling: Telling, holder: str = "me", **patience: Any) -> Dispatcher:
        context = Context(None, store, lambda: datetime.now(UTC), time.thread_time, str)  # type: ignore[arg-type]
        made = Dispatcher(
            telling,  # type: ignore[arg-type]
            lambda: context,
            holder=holder,
            patience=Patience(**{"first": 0.01, "rest": 0.05, "attempts": 5, **patience}),
            now=lambda: datetime.now(UTC),
            clock=time.monotonic,
            chance=lambda: 0.5,
        )
        made.start()
        started.append(made)
        return made

    yield start
    for each in started:
        each.stop()


def record(store: Store, count: int, objects: int = 1) -> list[str]:
    """Record events about some objects in turn; their ids."""
    now = instant(datetime.now(UTC))
    events = [Event(f"e{n}", "x", "thing", f"o{n % objects}", 1, now) for n in range(count)]
    store.outbox.record("", events)
    return [event.id for event in events]


def until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()


def nothing_waits(store: Store) -> bool:
    backlog = store.outbox.backlog()
    return backlog.events == backlog.deliveries == 0


class TestDispatcher:
    def test_tells_everybody_in_order(self, store: Store, dispatch: Any) -> None:
        """Each consumer is told of every event, of one object in order, and nothing is owed then."""
        ids = record(store, 40)
        telling = Telling(("a", "b"))
        dispatch(telling)
        assert until(lambda: nothing_waits(store))
        assert (telling.told["a"], telling.told["b"]) == (ids, ids)

    def test_tells_of_several_objects_beside_one_another(self, store: Store, dispatch: Any) -> None:
        """Objects do not wait for one another, and a consumer is not asked more than a few things at once."""
        ids = record(store, 60, objects=20)

        def slow(*_: Any) -> None:
            time.sleep(0.005)

        telling = Telling(("a",), slow)
        dispatch(telling)
        assert until(lambda: nothing_waits(store))
        told = telling.told["a"]
        assert sorted(told) == sorted(ids)
        for number in range(20):
            assert [id for id in told if int(id[1:]) % 20 == number] == ids[number::20]
        assert 1 < telling.most["a"] <= 4

    def test_tries_again_before_it_goes_on_with_the_object(self, store: Store, dispatch: Any) -> None:
        """What fails is tried again, and the next change of the object comes after it."""
        ids = record(store, 6, objects=2)

        def fault(_: str, event: Event, attempt: int) -> Exception | None:
            return BadRequest("later") if event.id == "e0" and attempt < 4 else None

        telling = Telling(("a",), fault)
        dispatch(telling)
        assert until(lambda: nothing_waits(store))
        assert [id for id in telling.told["a"] if int(id[1:]) % 2 == 0] == ids[::2]
        assert telling.attempts["a", "e0"] == 4
        assert telling.told["a"].index("e1") < telling.told["a"].index("e0")

    def test_gives_up_in_the_end(self, store: Store, dispatch: Any) -> None:
        """After its attempts a delivery is a dead letter with its reason, and the object goes on."""
        record(store, 3)

        def fault(_: str, event: Event, attempt: int) -> Exception | None:
            return BadRequest(f"no {attempt}") if event.id == "e0" else None

        telling = Telling(("a",), fault)
        dispatch(telling)
        assert until(lambda: nothing_waits(store))
        ((letter, recorded),) = store.outbox.dead(9)
        assert (letter.attempts, letter.error, recorded.event.id) == (5, "no 5", "e0")
        assert telling.told["a"] == ["e1", "e2"]

    def test_gives_up_at_once_where_there_is_no_hope(self, store: Store, dispatch: Any) -> None:
        """What cannot succeed is a dead letter after one attempt; a fault of code names its kind only."""
        record(store, 2, objects=2)

        def fault(_: str, event: Event, attempt: int) -> Exception | None:
            return Hopeless("never") if event.id == "e0" else ValueError("burgerservicenummer 999993653")

        telling = Telling(("a",), fault)
        dispatch(telling, attempts=2)
        assert until(lambda: len(store.outbox.dead(9)) == 2)
        told = {each.recorded.event.id: each.delivery for each in store.outbox.dead(9)}
        assert (told["e0"].attempts, told["e0"].error) == (1, "never")
        assert (told["e1"].attempts, told["e1"].error) == (2, "ValueError")

    def test_holds_nobody_up_for_one_that_hangs(self, store: Store, dispatch: Any) -> None:
        """While one consumer does not answer, the others are told everything."""
        ids = record(store, 30, objects=30)
        gate = threading.Event()

        def fault(consumer: str, *_: Any) -> Exception | None:
            if consumer.startswith("hangs"):
                gate.wait(20)
                return UpstreamError("it does not answer")
            return None

        telling = Telling(("hangs 1", "hangs 2", "hangs 3", "a"), fault)
        dispatch(telling)
        try:
            assert until(lambda: len(telling.told["a"]) == len(ids))
            assert all(telling.most[f"hangs {n}"] == 1 for n in (1, 2, 3))
        finally:
            gate.set()

    def test_lets_a_consumer_in_trouble_rest(self, store: Store, dispatch: Any) -> None:
        """When a consumer cannot be reached, its other deliveries are not tried for as long as it rests."""
        record(store, 20, objects=20)

        def fault(*_: Any) -> Exception:
            return UpstreamError("it cannot be reached")

        telling = Telling(("a",), fault)
        dispatch(telling, rest=1000.0, first=100.0)
        assert until(lambda: sum(telling.attempts.values()) == 1)
        time.sleep(0.6)
        assert sum(telling.attempts.values()) == 1
        assert store.outbox.backlog().deliveries == 20

    def test_of_two_one_works(self, store: Store, dispatch: Any) -> None:
        """Of two dispatchers on one store one delivers, and the other when that has stopped."""
        first, second = Telling(("a",)), Telling(("a",))
        one = dispatch(first, "one")
        assert until(lambda: not store.outbox.lease("events", "probe", 0.001))
        dispatch(second, "two")
        ids = record(store, 10)
        assert until(lambda: nothing_waits(store))
        assert (first.told["a"], second.told["a"]) == (ids, [])
        one.stop()
        store.outbox.record("", [Event("later", "x", "thing", "o", 1, instant(datetime.now(UTC)))])
        assert until(lambda: second.told["a"] == ["later"])


class TestPatience:
    def test_waits_longer_each_time_up_to_a_bound(self) -> None:
        """Waits double from the first one up to the longest, and differ by a half."""
        patience = Patience(first=2, longest=100, attempts=9, rest=20)
        waits = [patience.wait(n, lambda: 0.5) for n in range(1, 9)]
        assert waits == [2, 4, 8, 16, 32, 64, 100, 100]
        assert (patience.wait(1, lambda: 0.0), patience.wait(1, lambda: 1.0)) == (1.5, 2.5)
        assert [patience.rested(n, lambda: 0.5) for n in (1, 2, 3, 4, 5, 900)] == [2, 4, 8, 16, 20, 20]
        assert (patience.is_over(8), patience.is_over(9)) == (False, True)

    def test_lasts_some_hours_by_default(self) -> None:
        """By default what cannot be delivered is given up after some five hours."""
        patience = Patience()
        total = sum(patience.wait(n, lambda: 0.5) for n in range(1, patience.attempts))
        assert 5 * 3600 < total < 7 * 3600
