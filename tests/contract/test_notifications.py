"""Who subscribes is told of changes, over HTTP, by the bundle's configuration alone."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from gateway_process import Server, StartServer
from receiver import Received, Receiver

from gateway_core.store.open import open_store

BASE = "/api/kic/v1"
BSN = "999993653"


@pytest.fixture(scope="module")
def gateway(server_factory: StartServer) -> Server:
    """A gateway that may call this machine, and tries again soon."""
    return server_factory(
        demo="true", durability="fast", outgoing_allow="127.0.0.1", events_retry="0.05", events_attempts="4"
    )


@pytest.fixture
def client(gateway: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"{gateway.url}{BASE}", timeout=30) as client:
        yield client
        for each in client.get("/abonnement").json()["results"]:
            client.delete(f"/abonnement/{each['id']}")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver().start()
    yield started
    started.stop()


def subscribe(client: httpx2.Client, receiver: Receiver, *channels: Any, **more: Any) -> Any:
    listed = [{"naam": each} if isinstance(each, str) else each for each in channels]
    body = {"callbackUrl": f"{receiver.url}/notificaties", "kanalen": listed, **more}
    answer = client.post("/abonnement", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def task(client: httpx2.Client, **more: Any) -> Any:
    answer = client.post("/taken", json={"title": "Lever extra document aan", **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def settled(receiver: Receiver, count: int) -> list[Received]:
    """What arrived, after so many and a moment in which more could have come."""
    receiver.wait(count)
    time.sleep(0.5)
    return list(receiver.received)


class TestNotification:
    def test_says_where_to_look_and_no_more(self, client: httpx2.Client, receiver: Receiver) -> None:
        """A new task is told in the shape of the ZGW standard, with its place and its kenmerken."""
        subscribe(client, receiver, "taken", auth="Bearer geheim")
        made = task(client, type="https://taken.example.nl/typen/aanvulling")
        (told,) = receiver.wait(1)
        assert told.path == "/notificaties"
        assert told.headers["authorization"] == "Bearer geheim"
        assert told.headers["content-type"] == "application/json"
        url = told.body["hoofdObject"]
        assert url.endswith(f"{BASE}/taken/{made['id']}")
        assert told.body == {
            "kanaal": "taken",
            "hoofdObject": url,
            "resource": "taak",
            "resourceUrl": url,
            "actie": "create",
            "aanmaakdatum": made["_self"]["dateCreated"],
            "kenmerken": {"status": "open", "type": "https://taken.example.nl/typen/aanvulling"},
        }
        assert client.get(url).json()["id"] == made["id"]

    def test_is_a_cloud_event_for_whom_that_chose(self, client: httpx2.Client, receiver: Receiver) -> None:
        """Who chose CloudEvents gets one by the NL GOV profile: required attributes, and a link."""
        subscribe(client, receiver, "taken", formaat="cloudevents")
        made = task(client)
        (told,) = receiver.wait(1)
        assert told.headers["content-type"] == "application/cloudevents+json"
        id, data = told.body.pop("id"), told.body.pop("data")
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", id)
        assert data["taak"].endswith(f"/taken/{made['id']}")
        assert told.body == {
            "specversion": "1.0",
            "source": "urn:nld:oin:00000000000000000000:klantenregister",
            "type": "nl.klantinteracties.taak-aangemaakt",
            "subject": made["id"],
            "time": made["_self"]["dateCreated"],
            "datacontenttype": "application/json",
        }

    def test_of_others_is_passed_on_as_it_came(
        self, gateway: Server, client: httpx2.Client, receiver: Receiver
    ) -> None:
        """What a zaaksysteem notifies goes to who subscribed to its channel, for the kenmerken that they
        asked for, once; other channels are passed over."""
        kenmerken = {"zaaktype": "https://zaken.example.nl/zaaktypen/1"}
        subscribe(client, receiver, {"naam": "zaken", "filters": kenmerken}, formaat="cloudevents")
        sent = {
            "kanaal": "zaken",
            "hoofdObject": "https://zaken.example.nl/zaken/1",
            "resource": "status",
            "resourceUrl": "https://zaken.example.nl/statussen/1",
            "actie": "create",
            "aanmaakdatum": "2026-01-05T10:00:00Z",
            "kenmerken": kenmerken,
        }
        others = ({"kanaal": "documenten"}, {"kenmerken": {"zaaktype": "x"}}, {"kenmerken": None}, {})
        for number, more in enumerate((*others, {}, {"geheim": "999993653"})):
            moment = f"2026-01-05T10:00:0{min(number, 3)}Z"
            notified = {**sent, **more, "aanmaakdatum": moment}
            assert httpx2.post(f"{gateway.url}/api/notifications", json=notified).status_code == 204
        (told,) = settled(receiver, 1)
        assert told.body == {**sent, "aanmaakdatum": "2026-01-05T10:00:03Z"}
        assert told.headers["content-type"] == "application/json"

    def test_follows_each_change_in_order(self, client: httpx2.Client, receiver: Receiver) -> None:
        """Creating, changing and removing are told one after the other, with the kenmerken of each."""
        subscribe(client, receiver, "taken")
        place = f"/taken/{task(client)['id']}"
        client.patch(place, json={"status": "ingediend"})
        client.patch(place, json={"status": "ingediend"})  # changes nothing, and is not told
        client.patch(place, json={"status": "gesloten"})
        assert client.delete(place).status_code == 204
        told = settled(receiver, 4)
        assert [(each.body["actie"], each.body["kenmerken"]["status"]) for each in told] == [
            ("create", "open"),
            ("update", "ingediend"),
            ("update", "gesloten"),
            ("destroy", "gesloten"),
        ]

    def test_tells_of_objects_inside_others(self, client: httpx2.Client, receiver: Receiver) -> None:
        """An object that is written inside another one is told of as its own."""
        subscribe(client, receiver, "partijen", "berichten")
        partij = {
            "nummer": 7,
            "soortPartij": "persoon",
            "berichten": [{"berichtType": "taak-aangemaakt", "onderwerp": "x", "aanmaakDatum": NOON}],
        }
        assert client.post("/partijen", json=partij).status_code == 201
        told = settled(receiver, 2)
        assert sorted((each.body["kanaal"], *each.body["kenmerken"].values()) for each in told) == [
            ("berichten", "taak-aangemaakt"),
            ("partijen", 7, "persoon"),
        ]

    def test_holds_no_personal_data(self, client: httpx2.Client, receiver: Receiver) -> None:
        """Nothing of a person is in a notification: not in its body, and not in its headers."""
        subscribe(client, receiver, "taken", "partijen", "klantcontacten", "internetaken", "berichten")
        task(client, identificatie={"type": "bsn", "value": BSN}, toelichting="Geheime toelichting")
        partij = {"soortPartij": "persoon", "interneNotitie": "Geheime notitie"}
        partij |= {"persoon": {"voornaam": "Suzanne", "achternaam": "Moulin"}}
        client.post("/partijen", json=partij)
        client.post("/berichten", json={"gebruikerID": BSN, "onderwerp": "Geheim", "aanmaakDatum": NOON})
        told = settled(receiver, 3)
        assert len(told) == 3
        text = json.dumps([[each.body, each.headers] for each in told])
        assert [word for word in (BSN, "eheim", "Suzanne", "Moulin") if word in text] == []


NOON = "2026-01-05T12:00:00Z"


class TestSubscription:
    def test_filters_by_kenmerk(self, client: httpx2.Client, receiver: Receiver) -> None:
        """Only events with the values of the filters are told; a star is any value."""
        subscribe(client, receiver, {"naam": "taken", "filters": {"status": "gesloten", "type": "*"}})
        task(client)
        closed = task(client, status="gesloten")
        told = settled(receiver, 1)
        assert [each.body["hoofdObject"].rpartition("/")[2] for each in told] == [closed["id"]]

    def test_ends_when_it_is_removed(self, client: httpx2.Client, receiver: Receiver) -> None:
        """Who unsubscribes is told nothing more."""
        made = subscribe(client, receiver, "taken")
        task(client)
        receiver.wait(1)
        assert client.delete(f"/abonnement/{made['id']}").status_code == 204
        task(client)
        assert len(settled(receiver, 1)) == 1

    def test_holds_up_nobody_else(self, client: httpx2.Client, receiver: Receiver) -> None:
        """A subscriber that cannot be reached takes nothing from the others."""
        gone = Receiver().start()
        gone.stop()
        for _ in range(3):
            subscribe(client, gone, "taken")
        subscribe(client, receiver, "taken")
        made = [task(client)["id"] for _ in range(20)]
        told = [each.body["hoofdObject"].rpartition("/")[2] for each in receiver.wait(20)]
        assert sorted(told) == sorted(made)

    def test_never_shows_how_it_authenticates(self, client: httpx2.Client, receiver: Receiver) -> None:
        """What is sent as Authorization can be written, and is shown nowhere: not when it is created, read,
        listed, changed or looked back at, not in a facet, and no filter or order tells it."""
        made = subscribe(client, receiver, "taken", auth="Bearer zeer-geheim")
        place = f"/abonnement/{made['id']}"
        changed = client.patch(place, json={"formaat": "cloudevents"})
        replaced = client.put(
            place, json={"callbackUrl": f"{receiver.url}/n", "kanalen": [{"naam": "taken"}]}
        )
        answers = [
            changed,
            replaced,
            client.get(place),
            client.get("/abonnement"),
            client.get("/abonnement", params={"_search": "zeer-geheim"}),
            client.get(f"{place}/versions"),
            client.get(place, params={"_version": "1"}),
        ]
        assert [answer.status_code for answer in answers] == [200] * len(answers)
        assert [each.url for each in answers if "zeer-geheim" in each.text or '"auth"' in each.text] == []
        assert "auth" not in made
        assert client.get("/abonnement", params={"_search": "zeer-geheim"}).json()["results"] == []
        assert client.get("/abonnement", params={"_search": "notificaties"}).json()["results"] == []
        asked = [{"auth": "Bearer zeer-geheim"}, {"_order[auth]": "asc"}, {"auth[like]": "Bearer"}]
        for params in (*asked, {"_fields": "auth"}, {"_facets": "auth"}):
            assert client.get("/abonnement", params=params).status_code == 400
        task(client)
        assert receiver.wait(1)[0].headers["authorization"] == "Bearer zeer-geheim"
        client.patch(place, json={"auth": None})
        deadline = time.monotonic() + 20  # who delivers may know the subscription as it was for a moment
        while "authorization" in receiver.received[-1].headers and time.monotonic() < deadline:
            task(client)
            receiver.wait(len(receiver.received) + 1, 2)
        assert "authorization" not in receiver.received[-1].headers

    @pytest.mark.parametrize(
        "wrong",
        [
            {"callbackUrl": "ftp://example.nl/x"},
            {"callbackUrl": "https://user:password@example.nl/x"},
            {"kanalen": [{"naam": "besluiten"}]},
            {"kanalen": []},
            {"kanalen": [{"naam": "taken", "filters": {"status": 1}}]},
            {"formaat": "xml"},
        ],
    )
    def test_is_refused_when_it_cannot_work(self, client: httpx2.Client, wrong: Any) -> None:
        """A callback that is none of http, an unknown channel or a filter that is no text is a 400."""
        body = {"callbackUrl": "https://example.nl/x", "kanalen": [{"naam": "taken"}], **wrong}
        assert client.post("/abonnement", json=body).status_code == 400


class TestTrouble:
    def test_is_tried_again_until_it_succeeds(self, client: httpx2.Client, receiver: Receiver) -> None:
        """An answer that is no success is tried again later, with the same event, and order is kept."""
        statuses = iter([503, 404, 204])
        receiver.answer = lambda _: next(statuses, 204)
        subscribe(client, receiver, "taken", formaat="cloudevents")
        place = f"/taken/{task(client)['id']}"
        client.patch(place, json={"status": "gesloten"})
        told = settled(receiver, 4)
        assert [each.body["type"].rpartition("-")[2] for each in told] == [
            *["aangemaakt"] * 3,
            "gewijzigd",
        ]
        assert len({each.body["id"] for each in told}) == 2

    def test_a_redirect_is_no_success(self, client: httpx2.Client, receiver: Receiver) -> None:
        """A callback that redirects is not followed: it is tried again, where it was."""
        statuses = iter([302])
        receiver.answer = lambda _: next(statuses, 204)
        subscribe(client, receiver, "taken")
        task(client)
        assert len(settled(receiver, 2)) == 2


class TestPlacesInside:
    def test_are_not_called_unless_that_is_allowed(
        self, server_factory: StartServer, receiver: Receiver
    ) -> None:
        """A callback on the machine itself, or that redirects there, is not called by default: however it is
        written, nothing arrives, and the reason is that it may not be called."""
        server = server_factory(demo="true", durability="fast", events_retry="0.05", events_attempts="1")
        spellings = ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0")
        base = f"{server.url}{BASE}"
        made = 0
        for host in spellings:
            url = f"http://{host}:{receiver.port}/x"
            body = {"callbackUrl": url, "kanalen": [{"naam": "taken"}]}
            made += httpx2.post(f"{base}/abonnement", json=body).status_code == 201
        assert made == len(spellings)
        assert httpx2.post(f"{base}/taken", json={"title": "t"}).status_code == 201
        store = open_store(server.environment["GATEWAY_STORE"])
        deadline = time.monotonic() + 30
        while len(store.outbox.dead(99)) < made and time.monotonic() < deadline:
            time.sleep(0.1)
        reasons = {each.delivery.error for each in store.outbox.dead(99)}
        store.close()
        assert reasons == {"the other system is at an address that may not be called"}
        assert receiver.received == []
