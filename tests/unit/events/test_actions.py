"""Actions: read from configuration, planned for events, done with handlers, within a request and after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from gateway_core import app as gateway
from gateway_core.bundles.layout import lay_out
from gateway_core.bundles.read import find_bundle, read_folder
from gateway_core.catalog.actions import Actions, HandlerSpec
from gateway_core.catalog.build import build
from gateway_core.errors import BadRequest, GatewayError, Hopeless
from gateway_core.operations.actions.objects import Create, Map, Update
from gateway_core.operations.actions.perform import MAX_DEPTH, Performer
from gateway_core.operations.actions.protocol import WHOLE, Work
from gateway_core.operations.actions.registry import specs
from gateway_core.operations.call import Action, Call, Context, Result
from gateway_core.operations.run import run
from gateway_core.operations.transfer import Entry, load_objects
from gateway_core.outgoing.protocol import Answer, Request
from gateway_core.query.model import Scope
from gateway_core.settings import Settings
from gateway_core.store.outbox import Delivery, Recorded, lane_of
from gateway_core.types import Artifact, Event, EventName, Finding, Kind, Origin, Principal, Severity

HOME = "https://petstore.example/"
OWNER = next(a for a in lay_out(read_folder(find_bundle("Petstore"))).artifacts if a.kind is Kind.SCHEMA)
PRINCIPAL = Principal("shop", frozenset({"read", "write"}), user="anna")


@dataclass
class Noting:
    """A handler that notes its work, and fails as it is told."""

    name: str = "note"
    aliases: tuple[str, ...] = ("Acme\\Shop\\NoteHandler",)
    summary: str = "notes"
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "object"})
    seen: list[Work] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    answers: Any = None
    whom: tuple[str, ...] = WHOLE

    def interest(self, configuration: Any) -> None:
        return None

    def targets(self, work: Work) -> tuple[str, ...]:
        return self.whom

    def run(self, work: Work) -> Any:
        self.seen.append(work)
        if self.fails:
            raise self.fails.pop(0)
        return self.answers


class NoWayOut:
    def send(self, request: Request) -> Answer:
        raise AssertionError("nothing is sent here")

    async def send_async(self, request: Request) -> Answer:
        raise AssertionError("nothing is sent here")


MADE: dict[str, Any] = {"$id": f"{HOME}made.mapping.json", "passTrough": False, "mapping": {"name": "id"}}


def action(name: str = "a", **body: Any) -> Artifact:
    reference = f"{HOME}{name}.action.json"
    given = {"$id": reference, "listens": [EventName.CREATED], "handler": "note", **body}
    return Artifact(Kind.ACTION, reference, "0.1.0", given, Origin("test", f"actions/{name}.json"))


def mapping(name: str, targets: dict[str, str]) -> Artifact:
    reference = f"{HOME}{name}.mapping.json"
    body = {"$id": reference, "passTrough": False, "absent": "omit", "mapping": targets}
    return Artifact(Kind.MAPPING, reference, "0.1.0", body, Origin("test", f"mappings/{name}.json"))


def built(*artifacts: Artifact, handler: Noting | None = None) -> tuple[Actions, list[Finding]]:
    noting = handler or Noting()
    known = (*specs(), HandlerSpec(noting.name, noting.aliases, noting.schema))
    bundle = lay_out(read_folder(find_bundle("Petstore"))).artifacts
    settings = replace(gateway.build_settings(Settings()), actions=known)
    catalog, findings = build([*bundle, *artifacts], settings)
    return catalog.actions, [each for each in findings if each.code in ("action", "unknown-key")]


def faults(*artifacts: Artifact) -> list[str]:
    return [each.message for each in built(*artifacts)[1] if each.severity is Severity.ERROR]


class TestReading:
    def test_names_are_compared_whole(self) -> None:
        """An action hears the events of its names, and no others that contain them."""
        actions, _ = built(action(listens=["shop.order.paid"]))
        assert [a.reference for a in actions.on("shop.order.paid", "")] == [f"{HOME}a.action.json"]
        for other in ("shop.order", "order.paid", "shop.order.paid.late", "SHOP.ORDER.PAID"):
            assert actions.on(other, "") == ()

    def test_a_higher_priority_comes_first(self) -> None:
        """Of the actions on one event those with a higher priority come first, equal ones by reference."""
        actions, _ = built(
            action("low", priority=-1), action("b"), action("high", priority=9), action("a", priority=1)
        )
        assert [a.reference.removeprefix(HOME).split(".")[0] for a in actions.listed] == [
            *("high", "a", "b", "low"),
        ]

    def test_knows_the_names_of_common_gateway(self) -> None:
        """What listens to the events of Common Gateway hears ours, and is found by its class."""
        original = action(listens=["commongateway.object.create"])
        body = {k: v for k, v in original.body.items() if k != "handler"}
        body |= {
            "class": "\\Acme\\Shop\\NoteHandler",
            "$schema": "https://docs.commongateway.nl/schemas/Action.schema.json",
        }
        actions, findings = built(replace(original, body=body))
        assert findings == []
        (read,) = actions.listed
        assert (read.handler, read.listens, read.immediate) == ("note", {EventName.CREATED}, True)

    def test_is_soon_after_unless_it_says_otherwise(self) -> None:
        """An action of ours is done after the answer; with ``"async": false`` before."""
        actions, _ = built(action("later"), action("now", **{"async": False}))
        assert {a.title.removeprefix(HOME): a.immediate for a in actions.listed} == {
            "later.action.json": False,
            "now.action.json": True,
        }

    def test_leaves_out_what_is_disabled(self) -> None:
        """A disabled action hears nothing, and nothing is recorded for it."""
        actions, findings = built(action(isEnabled=False))
        assert (actions.listed, actions.recorded, findings) == ((), frozenset(), [])

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"handler": "notfy"}, "there is no handler 'notfy'"),
            ({"handler": ""}, "names no 'handler'"),
            ({"conditions": {"=": [1, 1]}}, "'=' is no operator"),
            ({"priority": "high"}, "'priority' must be a whole number"),
            ({"listens": "x"}, "'listens' must be a list"),
            ({"schemas": ["https://x.nl/none.schema.json"]}, "which is not installed"),
            ({"handler": "map", "configuration": {}}, "'mapping' is a required property"),
            (
                {"handler": "map", "configuration": {"mapping": "none"}},
                "names the mapping 'none', which is not",
            ),
            ({"handler": "map", "configuration": {"mapping": 1}}, "does not fit the handler 'map'"),
            ({"handler": "map", "configuration": {"maping": "x", "mapping": "y"}}, "'maping' was unexpected"),
            (
                {
                    "handler": "synchronize",
                    "configuration": {
                        "source": "s",
                        "schema": OWNER.reference,
                        "apiSource": {"skeletonIn": {"name": "x"}},
                    },
                },
                "'configuration/apiSource/skeletonIn' does not fit the handler 'synchronize'",
            ),
            (
                {
                    "handler": "synchronize",
                    "configuration": {
                        "source": "s",
                        "schema": OWNER.reference,
                        "apiSource": {"mappingIn": {"name": "a | upper"}},
                    },
                },
                "'configuration/apiSource/mappingIn' does not fit the handler 'synchronize'",
            ),
            (
                {
                    "handler": "map",
                    "configuration": {
                        "mapping": MADE["$id"],
                        "computed": {"line": {"reference": "urn:none", "object": "id"}},
                    },
                },
                "names the computed endpoint 'urn:none', which is not installed",
            ),
        ],
    )
    def test_refuses_what_could_not_work(self, wrong: dict[str, Any], told: str) -> None:
        """What is wrong with an action is found when it is installed, with its name and the way out."""
        found = faults(action(**wrong), Artifact(Kind.MAPPING, MADE["$id"], "", MADE, Origin("test", "m")))
        assert any(told in each and f"{HOME}a.action.json" in each for each in found), found

    def test_tells_of_keys_that_mean_nothing(self) -> None:
        """A misspelt key is remarked upon, with the one that was meant."""
        _, findings = built(action(listen=["x"]))
        assert [(each.severity, each.hint) for each in findings] == [
            (Severity.WARNING, "did you mean 'listens'?")
        ]

    def test_warns_of_conditions_that_never_hold_and_of_loops(self) -> None:
        """Empty conditions, no events, and an action that throws what it hears are warnings."""
        _, findings = built(
            action("a", conditions=[]), action("b", listens=[]), action("c", listens=["x"], throws=["x"])
        )
        told = " ".join(each.message for each in findings)
        assert {each.severity for each in findings} == {Severity.WARNING}
        for words in ("never hold", "listens to no event", "throws 'x', to which it listens"):
            assert words in told


@dataclass
class Shop:
    """A store with the pet store and some actions, and what does them."""

    context: Context
    performer: Performer
    noting: Noting

    def call(self, intent: Action, body: Any = None, id: str | None = None, **more: Any) -> Any:
        endpoint = next(e for e in self.context.catalog.endpoints if e.entity == OWNER.reference)
        call = Call(intent, endpoint._replace(**more) if more else endpoint, PRINCIPAL, id, body=body)
        return run(call, self.context)

    def recorded(self) -> list[Recorded]:
        return list(self.context.store.outbox.waiting(100))

    def deliver(self) -> list[str]:
        """Hand out and deliver everything that waits, as the dispatcher does; the consumers told."""
        told = []
        for recorded in self.recorded():
            owed = self.performer.owed(recorded, self.context, {})
            self.context.store.outbox.lease("events", "test", 60)
            self.context.store.outbox.hand_out("events", "test", [recorded], owed)
            for each in owed:
                self.performer.deliver(each, recorded, self.context, {})
                told.append(each.consumer)
        return told


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Any]:
    opened = []

    def make(*artifacts: Artifact, noting: Noting | None = None) -> Shop:
        noting = noting or Noting()
        settings = Settings(store=f"sqlite:///{tmp_path}/pets.db", bundles="Petstore", durability="fast")
        store = gateway.store_of(settings)
        opened.append(store)
        gateway.install_bundles(settings, store, lambda _: None)
        known = (*specs(), HandlerSpec(noting.name, noting.aliases, noting.schema))
        bundle = lay_out(read_folder(find_bundle("Petstore"))).artifacts
        catalog, findings = build(
            [*bundle, *artifacts], replace(gateway.build_settings(settings), actions=known)
        )
        assert [each for each in findings if each.severity is Severity.ERROR] == []
        kinds = {each.name: each for each in (Map(), Create(), Update(), noting)}
        performer = Performer(kinds, NoWayOut(), "https://pets.example")
        context = gateway.context_of(catalog, store)._replace(follow=performer.follow)
        return Shop(context, performer, noting)

    yield make
    for store in opened:
        store.close()


def owner(name: str = "Rex", **more: Any) -> dict[str, Any]:
    return {"name": name, **more}


class TestWriting:
    def test_records_nothing_that_nobody_hears(self, shop: Any) -> None:
        """Without an action that hears of it, a write records no event at all."""
        made = shop(action(listens=[EventName.DELETED]))
        created = made.call(Action.CREATE, owner())
        assert (created.result, created.events, made.recorded()) == (Result.CREATED, (), [])

    def test_records_what_is_heard_with_the_change(self, shop: Any) -> None:
        """A write records who changed what to which version, and nothing of what the object says."""
        made = shop(action(listens=list(EventName)))
        id = made.call(Action.CREATE, owner("Zeer geheim")).body["id"]
        made.call(Action.PATCH, {"name": "Anders"}, id)
        made.call(Action.PATCH, {"name": "Anders"}, id)
        made.call(Action.DELETE, id=id)
        events = [each.event for each in made.recorded() if each.event.entity == OWNER.reference]
        assert [(e.name, e.object, e.version, e.action, e.application) for e in events] == [
            (EventName.CREATED, id, 1, "create", "shop"),
            (EventName.UPDATED, id, 2, "update", "shop"),
            (EventName.DELETED, id, 2, "delete", "shop"),
        ]
        assert "geheim" not in json.dumps([event._asdict() for event in events])

    def test_throws_what_its_endpoint_throws(self, shop: Any) -> None:
        """The names of an endpoint are events of the object that was written, where somebody hears them."""
        made = shop(action(listens=["pet.changed"]))
        endpoint = next(e for e in made.context.catalog.endpoints if e.entity == OWNER.reference)
        throwing = replace(endpoint, throws=("pet.changed", "unheard"))
        created = run(Call(Action.CREATE, throwing, PRINCIPAL, body=owner()), made.context)
        assert [(e.name, e.object) for e in created.events] == [("pet.changed", created.body["id"])]
        assert made.deliver() == [f"{HOME}a.action.json"]


class TestDoing:
    def test_is_done_for_each_target_when_the_condition_holds(self, shop: Any) -> None:
        """A condition on the object decides, and each target is owed a delivery of its own."""
        noting = Noting(whom=("one", "two"))
        rule = {"==": [{"var": "object.name"}, "Rex"]}
        made = shop(action(conditions=rule), noting=noting)
        made.call(Action.CREATE, owner("Rex"))
        made.call(Action.CREATE, owner("Bello"))
        assert made.deliver() == [f"{HOME}a.action.json one", f"{HOME}a.action.json two"]
        assert [(work.target, work.document["name"]) for work in noting.seen] == [
            ("one", "Rex"),
            ("two", "Rex"),
        ]
        assert noting.seen[0].principal.application == "shop"

    def test_of_an_action_that_is_gone_is_nothing(self, shop: Any) -> None:
        """A delivery to an action that is not installed any more is done at once."""
        made = shop(action())
        made.call(Action.CREATE, owner())
        (recorded,) = made.recorded()
        event = recorded.event
        for consumer in ("https://x.nl/gone.action.json", "https://x.nl/gone.action.json target"):
            delivery = Delivery(consumer, recorded.number, lane_of(event), event.id)
            assert made.performer.deliver(delivery, recorded, made.context, {}) == ()
        assert made.noting.seen == []

    def test_throws_when_it_is_done(self, shop: Any) -> None:
        """Done, an action throws its names about the same object, one step deeper."""
        made = shop(action("a", throws=["done", "unheard"]), action("b", listens=["done"]))
        made.call(Action.CREATE, owner())
        (recorded,) = made.recorded()
        (owed,) = made.performer.owed(recorded, made.context, {})
        (thrown,) = made.performer.deliver(owed, recorded, made.context, {})
        assert (thrown.name, thrown.object, thrown.depth) == ("done", recorded.event.object, 1)
        assert thrown.id != recorded.event.id

    def test_ends_when_actions_throw_without_an_end(self, shop: Any) -> None:
        """An event that so many actions led to is passed over: nothing runs for ever."""
        made = shop(action(listens=["again"], throws=["again"]))
        event = Event("e", "again", OWNER.reference, "x", 1, "2026-01-01T00:00:00.000000Z")
        for depth, expected in ((MAX_DEPTH, 1), (MAX_DEPTH + 1, 0)):
            recorded = Recorded(1, "", event._replace(depth=depth))
            assert len(made.performer.owed(recorded, made.context, {})) == expected


class TestWithinTheRequest:
    def test_is_done_before_the_answer(self, shop: Any) -> None:
        """An action in the request was done when the answer comes, and nothing is owed then."""
        made = shop(action(**{"async": False}))
        made.call(Action.CREATE, owner("Rex"))
        assert [work.document["name"] for work in made.noting.seen] == ["Rex"]
        assert made.context.store.outbox.consumers() == []
        assert made.deliver() == []

    @pytest.mark.parametrize("fault", [BadRequest("no"), Hopeless("never"), ZeroDivisionError("x")])
    def test_does_not_take_back_what_is_committed(self, shop: Any, fault: Exception) -> None:
        """What fails after the write is not told to the client, whose change is there, and is owed: W46."""
        made = shop(action(**{"async": False}), noting=Noting(fails=[fault]))
        created = made.call(Action.CREATE, owner())
        assert created.result is Result.CREATED
        assert made.context.store.fetch(Scope("", OWNER.reference), created.body["id"]) is not None
        assert made.context.store.outbox.consumers() == [f"{HOME}a.action.json"]

    def test_of_higher_priority_is_done_first(self, shop: Any) -> None:
        """Several actions in the request are done in the order of their priority."""
        now = {"async": False}
        made = shop(action("low", **now), action("high", priority=5, **now))
        made.call(Action.CREATE, owner())
        assert [work.action.reference.removeprefix(HOME)[:4] for work in made.noting.seen] == ["high", "low."]

    def test_of_a_read_may_change_the_answer(self, shop: Any) -> None:
        """An action on what an endpoint throws when it is read makes another answer of it."""
        made = shop(
            action(listens=["pet.read"], **{"async": False}), noting=Noting(answers={"name": "another"})
        )
        id = made.call(Action.CREATE, owner()).body["id"]
        endpoint = next(e for e in made.context.catalog.endpoints if e.entity == OWNER.reference)
        throwing = replace(endpoint, throws=("pet.read",))
        outcome = run(Call(Action.READ, throwing, PRINCIPAL, id), made.context)
        assert outcome.body == {"name": "another"}
        made.noting.fails.append(BadRequest("the register is away"))
        with pytest.raises(GatewayError, match="away"):
            run(Call(Action.READ, throwing, PRINCIPAL, id), made.context)
        made.noting.fails.append(Hopeless("it is configured wrong"))
        assert run(Call(Action.READ, throwing, PRINCIPAL, id), made.context).body["id"] == id


class TestObjects:
    def test_are_created_once_of_an_event(self, shop: Any) -> None:
        """``create`` writes what its mapping makes; told again of the same event it writes nothing."""
        maps = mapping("friend", {"name": "Friend of {{ object.name }}"})
        config = {"mapping": maps.reference, "schema": OWNER.reference}
        rule = {"!": {"in": ["Friend", {"var": "object.name"}]}}
        made = shop(maps, action(handler="create", configuration=config, conditions=rule))
        made.call(Action.CREATE, owner("Rex"))
        before = made.context.store.count(Scope("", OWNER.reference))
        (recorded,) = made.recorded()
        (owed,) = made.performer.owed(recorded, made.context, {})
        for _ in range(2):
            made.performer.deliver(owed, recorded, made.context, {})
        assert made.context.store.count(Scope("", OWNER.reference)) == before + 1
        friend = made.recorded()[-1].event
        assert (friend.name, friend.depth, friend.application) == (EventName.CREATED, 1, "shop")
        stored = made.context.store.fetch(Scope("", OWNER.reference), friend.object)
        assert stored.data["name"] == "Friend of Rex"
        assert stored.meta.author == f"{HOME}a.action.json"

    def test_are_changed_by_an_event(self, shop: Any) -> None:
        """``update`` and a ``map`` that stores merge what the mapping makes into the object of the event."""
        maps = mapping("louder", {"name": "{{ object.name|upper }}"})
        for handler, more in (("update", {"schema": OWNER.reference}), ("map", {"store": True})):
            made = shop(maps, action(handler=handler, configuration={"mapping": maps.reference, **more}))
            id = made.call(Action.CREATE, owner(f"rex {handler}")).body["id"]
            made.deliver()
            stored = made.context.store.fetch(Scope("", OWNER.reference), id)
            assert (stored.data["name"], stored.meta.version) == (f"REX {handler.upper()}", 2)

    def test_are_made_of_what_computed_endpoints_answer(self, shop: Any) -> None:
        """The mapping is given what a computed endpoint answers about an object that the event names, with
        parameters; nothing where the object, or what a parameter names, is not there."""
        line = mapping("line", {"text": "{{ object.name }} {{ parameters.word|default('-') }}"})
        computed = {
            "$id": f"{HOME}line.computed.json",
            "reference": OWNER.reference,
            "path": "owners/{id}/line",
            "parameters": {"word": {"description": "A word."}},
            "mapping": line.reference,
        }
        asked = {
            "line": {"reference": computed["$id"], "object": "id", "parameters": {"word": "action"}},
            "bare": {"reference": computed["$id"], "object": "object.id", "parameters": {"word": "none"}},
            "lost": {"reference": computed["$id"], "object": "object.name"},
            "nothing": {"reference": computed["$id"], "object": "object.pets.0.id"},
        }
        told = "{{ computed.line.text }} {{ computed.bare.text }}"
        absent = "{{ computed.lost is null and computed.nothing is null ? 'absent' : 'there' }}"
        maps = mapping("told", {"name": f"{told} {absent}"})
        made = shop(
            line,
            maps,
            Artifact(Kind.COMPUTED, computed["$id"], "", computed, Origin("test", "computed.json")),
            action(
                handler="update",
                configuration={"mapping": maps.reference, "schema": OWNER.reference, "computed": asked},
            ),
        )
        id = made.call(Action.CREATE, owner("Rex")).body["id"]
        made.deliver()
        stored = made.context.store.fetch(Scope("", OWNER.reference), id)
        assert stored.data["name"] == "Rex create Rex - absent"

    def test_that_cannot_be_are_told_in_words(self, shop: Any) -> None:
        """What a schema does not allow is hopeless, and the reason names the member and no value."""
        maps = mapping("bad", {"name": "{% if false %}x{% endif %}", "tag": "object.name"})
        config = {"mapping": maps.reference, "schema": OWNER.reference}
        made = shop(maps, action(handler="create", configuration=config))
        made.call(Action.CREATE, owner("Zeer geheim"))
        (recorded,) = made.recorded()
        (owed,) = made.performer.owed(recorded, made.context, {})
        with pytest.raises(Hopeless) as fault:
            made.performer.deliver(owed, recorded, made.context, {})
        assert "geheim" not in fault.value.detail
        assert "tag" in fault.value.detail


class TestLoading:
    def test_tells_of_what_was_elsewhere_as_of_now(self, shop: Any) -> None:
        """What is loaded with the times that it had elsewhere is told of as happening now; or of nothing."""
        made = shop(action())
        told = {"version": 3, "dateCreated": "2020-01-01T00:00:00Z", "dateModified": "2099-01-01T00:00:00Z"}
        entries = [Entry(OWNER.reference, {"name": "Rex", "_self": told}, "line 1")]
        assert load_objects(made.context, PRINCIPAL, entries, tell=False).created == 1
        assert made.recorded() == []
        assert load_objects(made.context, PRINCIPAL, entries).created == 1
        (recorded,) = made.recorded()
        assert (recorded.event.version, recorded.event.name) == (3, EventName.CREATED)
        assert "2020" < recorded.event.time < "2099"


class TestEndpointsOfCommonGateway:
    def test_take_messages_once_somebody_hears_of_them(self) -> None:
        """An endpoint of the original that only throws waits for an action that hears it, and serves then."""
        schema = "https://docs.commongateway.nl/schemas/Endpoint.schema.json"
        body = {"$schema": schema, "$id": f"{HOME}n.endpoint.json", "path": ["n"], "throws": ["shop.told"]}
        body |= {"methods": ["POST", "GET"], "pathRegex": "^n$"}
        endpoint = Artifact(Kind.ENDPOINT, body["$id"], "0.1.0", body, Origin("test", "n.json"))
        noting = Noting()
        known = (*specs(), HandlerSpec(noting.name, noting.aliases, noting.schema))
        settings = replace(gateway.build_settings(Settings()), actions=known)
        for listens, waits in ((["shop.told.not"], True), (["shop.told"], False)):
            catalog, _ = build([endpoint, action(listens=listens)], settings)
            (read,) = catalog.endpoints
            assert bool(read.waits_for) is waits
            assert (read.receives is None) is waits
            assert read.methods == (frozenset({"POST", "GET"}) if waits else {"POST"})
