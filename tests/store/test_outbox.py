"""Every store keeps events with their changes, hands them out once, and keeps what is owed in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from store_kinds import KINDS

from gateway_core.errors import VersionConflict
from gateway_core.query.times import instant
from gateway_core.store.open import open_store
from gateway_core.store.outbox import Backlog, Delivery, Recorded, Settlement, lane_of
from gateway_core.store.protocol import Changes, Delete, Put, Store
from gateway_core.types import Event

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOW, LATER = instant(START), instant(START + timedelta(minutes=5))


def event(number: int, object: str = "o", name: str = "gateway.object.created", **more: Any) -> Event:
    return Event(f"e{number}", name, "thing", object, 1, NOW, **{"application": "app", **more})


def owed(recorded: Recorded, consumer: str = "c", due: str = NOW) -> Delivery:
    return Delivery(consumer, recorded.number, lane_of(recorded.event), recorded.event.id, due=due)


def handed(store: Store, events: Sequence[Event], consumer: str = "c") -> list[Recorded]:
    """Record events and hand them out to one consumer."""
    store.outbox.record("t", events)
    assert store.outbox.lease("events", "me", 60)
    waiting = list(store.outbox.waiting(100))
    assert store.outbox.hand_out("events", "me", waiting, [owed(each, consumer) for each in waiting])
    return waiting


def told(store: Store, consumer: str = "c", moment: str = NOW, limit: int = 100) -> list[str]:
    return [each.recorded.event.id for each in store.outbox.due(consumer, moment, limit)]


def competes(store: Store) -> bool:
    """Whether a lease keeps others away: it must where several processes may use the store."""
    store.outbox.lease("probe", "one", 60)
    kept = not store.outbox.lease("probe", "two", 60)
    assert kept or not store.shared
    return kept


class TestRecording:
    def test_an_event_is_there_with_its_change(self, store: Store, make: Any) -> None:
        """What a change tells is recorded in its order, whole, and nothing of it changes on the way."""
        first = event(1, "1", data={"a": 1}, action="create", depth=2)
        second = event(2, "2", application=None)
        store.apply(make.changes(make.put("1", {}), make.put("2", {}), events=(first, second)))
        assert [(each.tenant, each.event) for each in store.outbox.waiting(9)] == [
            ("t", first),
            ("t", second),
        ]

    def test_a_change_that_is_refused_tells_nothing(self, store: Store, make: Any) -> None:
        """A conflict leaves no event behind."""
        store.apply(make.changes(make.put("1", {})))
        with pytest.raises(VersionConflict):
            store.apply(make.changes(make.put("2", {}), make.put("1", {}), events=(event(1),)))
        assert store.outbox.waiting(9) == []

    def test_an_event_carries_members_as_they_were_written(self, store: Store, make: Any) -> None:
        """Members are read when the object is written, a number that the store gives included; what is
        nested is not carried."""
        item = make.object("1", {"status": "open", "nested": {"a": 1}, "listed": [1]})
        put = Put(item, 0, sequences={("nr",): "numbers"})
        carries = ("nr", "status", "nested", "listed", "absent")
        store.apply(Changes("t", (put,), events=(event(1, "1", data={"x": True}, carries=carries),)))
        (recorded,) = store.outbox.waiting(9)
        assert recorded.event.data == {"x": True, "nr": 1, "status": "open"}

    def test_a_removal_tells_too(self, store: Store, make: Any) -> None:
        """A change that only removes tells of it."""
        store.apply(make.changes(make.put("1", {})))
        store.apply(make.changes(deletes=(Delete("1", 1, NOW),), events=(event(1, "1", "gone"),)))
        assert [each.event.name for each in store.outbox.waiting(9)] == ["gone"]

    def test_an_event_of_a_known_key_is_recorded_once(self, store: Store) -> None:
        """Of events with one key the first is kept, for each tenant on its own."""
        twice = [event(1, key="k"), event(2, key="k"), event(3, key="other"), event(4), event(5)]
        assert store.outbox.record("t", twice) == 4
        assert store.outbox.record("t", [event(6, key="k")]) == 0
        assert store.outbox.record("u", [event(7, key="k")]) == 1
        ids = [each.event.id for each in store.outbox.waiting(9)]
        assert ids == ["e1", "e3", "e4", "e5", "e7"]

    def test_numbers_grow_though_all_is_forgotten(self, store: Store) -> None:
        """After everything could be forgotten, a new event still comes behind the earlier ones."""
        before = handed(store, [event(1), event(2)])
        store.outbox.settle(Settlement(done=tuple(map(owed, before))))
        store.outbox.purge(LATER)
        store.outbox.record("t", [event(3)])
        (after,) = store.outbox.waiting(9)
        assert after.number > before[-1].number

    @pytest.mark.parametrize("url", [kind for kind in KINDS if kind != "memory"], indirect=True)
    def test_events_survive_closing(self, url: str) -> None:
        """What was recorded, handed out and set aside is there when the store is opened again."""
        store = open_store(url, durability="fast")
        waiting = handed(store, [event(1, data={"a": "é"}), event(2)])
        store.outbox.settle(Settlement(dead=(owed(waiting[0])._replace(error="no", attempts=3),)))
        store.outbox.record("t", [event(3, key="k")])
        expected = (store.outbox.backlog(), store.outbox.dead(9), store.outbox.events(9), told(store))
        store.close()
        store = open_store(url, durability="fast")
        again = (store.outbox.backlog(), store.outbox.dead(9), store.outbox.events(9), told(store))
        store.close()
        assert again == expected
        assert again[0] == Backlog(events=1, deliveries=1, dead=1)


class TestHandingOut:
    def test_each_event_is_handed_out_once(self, store: Store) -> None:
        """Handed out, an event does not wait any more; the next ones do, in order."""
        store.outbox.record("t", [event(n) for n in range(5)])
        store.outbox.lease("events", "me", 60)
        first = store.outbox.waiting(2)
        assert store.outbox.hand_out("events", "me", first, [])
        assert [each.event.id for each in store.outbox.waiting(9)] == ["e2", "e3", "e4"]

    def test_handing_out_twice_owes_once(self, store: Store) -> None:
        """Who hands the same out again, after a kill say, makes no second delivery of one that is owed."""
        waiting = handed(store, [event(1)])
        again = store.outbox.hand_out("events", "me", waiting, [owed(each, due=LATER) for each in waiting])
        assert again
        assert told(store) == ["e1"]

    def test_one_has_the_lease(self, store: Store) -> None:
        """While one holder has a lease no other gets it, unless it is let go or runs out."""
        outbox = store.outbox
        assert outbox.lease("events", "me", 60)
        assert outbox.lease("events", "me", 60)
        if not competes(store):
            return
        assert not outbox.lease("events", "you", 60)
        assert outbox.lease("other", "you", 60)
        outbox.release("events", "you")
        assert not outbox.lease("events", "you", 60)
        outbox.release("events", "me")
        assert outbox.lease("events", "you", 0.0)
        assert outbox.lease("events", "me", 60)

    def test_who_lost_the_lease_hands_nothing_out(self, store: Store) -> None:
        """A holder that was too slow changes nothing any more."""
        store.outbox.record("t", [event(1)])
        waiting = store.outbox.waiting(9)
        if not competes(store):
            assert store.outbox.hand_out("events", "anybody", waiting, [])
            return
        assert store.outbox.lease("events", "you", 60)
        assert not store.outbox.hand_out("events", "me", waiting, [owed(each) for each in waiting])
        assert list(store.outbox.waiting(9)) == list(waiting)
        assert store.outbox.consumers() == []


class TestDeliveries:
    def test_are_due_in_order_for_each_consumer(self, store: Store) -> None:
        """A consumer is told in the order of the events, of its own deliveries only."""
        store.outbox.record("t", [event(n, f"o{n % 2}") for n in range(4)])
        store.outbox.lease("events", "me", 60)
        waiting = store.outbox.waiting(9)
        both = [owed(each, name) for each in waiting for name in ("b", "a")]
        store.outbox.hand_out("events", "me", waiting, both[:-1])
        assert store.outbox.consumers() == ["a", "b"]
        assert told(store, "a") == ["e0", "e1", "e2"]
        assert told(store, "b") == ["e0", "e1", "e2", "e3"]
        assert told(store, "b", limit=2) == ["e0", "e1"]
        assert told(store, "c") == []

    def test_wait_for_an_earlier_one_of_their_object(self, store: Store) -> None:
        """What failed is due later, and so is what comes behind it of the same object; others go on."""
        waiting = handed(store, [event(n, f"o{n % 2}") for n in range(4)])
        later = owed(waiting[0], due=LATER)._replace(attempts=1, error="no answer")
        store.outbox.settle(Settlement(again=(later,)))
        assert told(store) == ["e1", "e3"]
        assert told(store, moment=LATER) == ["e0", "e1", "e2", "e3"]
        first = store.outbox.due("c", LATER, 1)[0].delivery
        assert (first.attempts, first.error, first.due) == (1, "no answer", LATER)
        assert store.outbox.next_due() == NOW

    def test_of_events_without_an_object_wait_for_nobody(self, store: Store) -> None:
        """Events about no object have no order among each other."""
        waiting = handed(store, [event(1, ""), event(2, "")])
        store.outbox.settle(Settlement(again=(owed(waiting[0], due=LATER),)))
        assert told(store) == ["e2"]

    def test_are_gone_when_done(self, store: Store) -> None:
        """What succeeded is not owed any more, and what it throws is recorded with that."""
        waiting = handed(store, [event(1), event(2)])
        thrown = event(3, name="thrown", depth=1)
        store.outbox.settle(Settlement(done=(owed(waiting[0]),), thrown=(("u", thrown),)))
        assert told(store) == ["e2"]
        assert [(each.tenant, each.event) for each in store.outbox.waiting(9)] == [("u", thrown)]
        store.outbox.settle(Settlement(done=(owed(waiting[1]), owed(waiting[0]))))
        assert store.outbox.consumers() == []
        assert store.outbox.next_due() is None

    def test_that_are_gone_do_not_come_back(self, store: Store) -> None:
        """Who settles late, as if it had failed, what another one has done, changes nothing."""
        (recorded,) = handed(store, [event(1)])
        store.outbox.settle(Settlement(done=(owed(recorded),)))
        store.outbox.settle(Settlement(again=(owed(recorded, due=NOW),)))
        assert told(store, moment=LATER) == []

    def test_that_were_tried_at_once_are_owed_a_minute_later(self, store: Store, make: Any) -> None:
        """What is to be done at once is owed from a minute after, and gone when it was done."""
        events = (event(1, "1", first=("a", "b")), event(2, "1"))
        store.apply(make.changes(make.put("1", {}), events=events))
        assert store.outbox.consumers() == ["a", "b"]
        assert told(store, "a") == []
        assert told(store, "a", LATER) == ["e1"]
        store.outbox.settle_first("a", events[0])
        assert store.outbox.consumers() == ["b"]
        assert told(store, "b", LATER) == ["e1"]


class TestDeadLetters:
    def test_are_set_aside_and_come_back_when_asked(self, store: Store) -> None:
        """A dead letter holds nobody up, is read with its reason, and is owed again when revived."""
        waiting = handed(store, [event(1), event(2), event(3, "p")])
        letters = tuple(owed(each)._replace(attempts=9, error="refused") for each in waiting[::2])
        store.outbox.settle(Settlement(dead=letters))
        assert told(store) == ["e2"]
        assert [(each.delivery.error, each.delivery.attempts) for each in store.outbox.dead(9)] == [
            ("refused", 9),
            ("refused", 9),
        ]
        assert [each.recorded.event.id for each in store.outbox.dead(9, waiting[0].number)] == ["e3"]
        assert store.outbox.revive("other", None, NOW) == 0
        assert store.outbox.revive("c", "e3", NOW) == 1
        assert told(store) == ["e2", "e3"]
        assert store.outbox.revive(None, None, NOW) == 1
        assert told(store) == ["e1", "e2", "e3"]
        assert store.outbox.dead(9) == []
        assert store.outbox.due("c", NOW, 1)[0].delivery.attempts == 0

    def test_die_a_second_time(self, store: Store) -> None:
        """A letter that was revived can be set aside again, with its new reason."""
        (recorded,) = handed(store, [event(1)])
        for reason in ("first", "second"):
            store.outbox.settle(Settlement(dead=(owed(recorded)._replace(error=reason),)))
            assert [each.delivery.error for each in store.outbox.dead(9)] == [reason]
            store.outbox.revive(None, None, NOW)


class TestHistory:
    def test_tells_what_happened_newest_first(self, store: Store) -> None:
        """Events are kept after they were delivered, and are read in pages, of one object too."""
        waiting = handed(store, [event(n, f"o{n % 2}") for n in range(5)])
        store.outbox.settle(Settlement(done=tuple(map(owed, waiting))))
        assert [each.event.id for each in store.outbox.events(2)] == ["e4", "e3"]
        page = store.outbox.events(9, before=waiting[2].number)
        assert [each.event.id for each in page] == ["e1", "e0"]
        assert [each.event.id for each in store.outbox.events(9, object="o1")] == ["e3", "e1"]

    def test_is_forgotten_where_nothing_is_owed(self, store: Store) -> None:
        """What is old goes, with its dead letters; what is owed, or was not handed out, stays."""
        waiting = handed(store, [event(1), event(2), event(3)])
        store.outbox.settle(Settlement(done=(owed(waiting[0]),), dead=(owed(waiting[1]),)))
        store.outbox.record("t", [event(4)])
        assert store.outbox.purge(NOW) == 0
        assert store.outbox.purge(LATER) == 2
        assert [each.event.id for each in store.outbox.events(9)] == ["e4", "e3"]
        assert store.outbox.backlog() == Backlog(events=1, deliveries=1, dead=0)
