"""The documented flows from end to end: a gateway, and programs beside it that speak HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from flow_parties import BSN, KIC, Calls, Client, Zaaksysteem, section
from gateway_process import Server, StartServer
from receiver import Receiver

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "flows.md"
TYPE = "https://typen.example.nl/aanvulling"
PHONE = {"voorkeurskanaal": {"soortDigitaalAdres": "telefoonnummer", "adres": "0612341234"}}


@pytest.fixture(scope="module")
def gateway(server_factory: StartServer) -> Server:
    """A register that may call this machine, and soon tries again."""
    return server_factory(
        demo="true", durability="fast", outgoing_allow="127.0.0.1", events_retry="0.05", events_attempts="3"
    )


class World:
    """All parties, and what the afhandelcomponent has to work on."""

    def __init__(self, gateway: Server) -> None:
        self.calls = Calls()
        self.zs, self.ac, self.mo = (Client(name, gateway.url, self.calls) for name in ("ZS", "AC", "MO"))
        self.zaken = Zaaksysteem(self.calls)
        self.inbox = Receiver().start()
        self.gateway = gateway
        self.sent: list[tuple[str, str]] = []

    def subscribe(self) -> str:
        kanalen = [{"naam": "taken", "filters": {"status": "open"}}]
        body = {"callbackUrl": f"{self.inbox.url}/notificaties", "kanalen": kanalen}
        made: str = self.ac.call("POST", f"{KIC}/abonnement", 201, body)["id"]
        return made

    def told(self, count: int) -> list[dict[str, Any]]:
        """What the afhandelcomponent was told, each once, by when it is so many."""
        received = self.inbox.wait(count)
        unique = {json.dumps(each.body, sort_keys=True): each.body for each in received}
        return list(unique.values())

    def partij(self) -> str:
        """S1: a person with an address that she prefers."""
        mail = {"adres": "j@example.nl", "omschrijving": "prive", "soortDigitaalAdres": "emailadres"}
        address = self.zs.call("POST", f"{KIC}/digitaaladressen", 201, mail)["id"]
        number = {"objecttype": "ingeschrevenpersonen", "soortObjectId": "bsn", "objectId": BSN}
        body = {
            "interneNotitie": "",
            "indicatieGeheimhouding": False,
            "indicatieActief": True,
            "soortPartij": "natuurlijk_persoon",
            "persoon": {"voornaam": "Suzanne", "achternaam": "Moulin"},
            "externeIdentificaties": [
                {"partijIdentificator": {**number, "register": "https://brp.example.nl"}}
            ],
            "verstrekteAdressen": [address],
            "voorkeurskanaal": address,
        }
        made = self.zs.call("POST", f"{KIC}/partijen", 201, body)
        assert made["embedded"]["voorkeurskanaal"]["soortDigitaalAdres"] == "emailadres"
        id: str = made["id"]
        return id

    def taak(self, partij: str, **members: Any) -> dict[str, Any]:
        """S2: the zaaksysteem asks something of the person."""
        person = {
            "betrokkeneType": "natuurlijk_persoon",
            "rolType": "initiator",
            "betrokkene": {"inpBsn": BSN},
        }
        body = {
            "title": "Lever extra document aan",
            "onderwerp": "Aanvulling",
            "status": "open",
            "zaak": f"{self.zaken.url}/zaken/z1",
            "type": TYPE,
            "actie": {"type": "url", "value": "https://mijn.example.nl/upload/z1"},
            "identificatie": {"type": "bsn", "value": BSN},
            "betrokkenen": [{**person, "partij": partij}],
            **members,
        }
        made: dict[str, Any] = self.zs.call("POST", f"{KIC}/taken", 201, body)
        return made

    def work_on(self, notification: dict[str, Any]) -> None:
        """S4 to S7: read the task, choose the channel, send, and write down what was sent."""
        self.calls.note("KR", "AC", "POST", "/notificaties")
        taak = self.ac.call("GET", notification["hoofdObject"], 200)
        if taak["status"] != "open":
            return
        wish = next(
            (each["voorkeurskanaal"] for each in taak["extraData"] or () if isinstance(each, dict)), None
        )
        partij = taak["embedded"]["betrokkenen"][0]["partij"]
        if wish is None:
            place = f"{KIC}/partijen/{partij}/voorkeurskanaal"
            answer = self.ac.call("GET", place, 200, taak=taak["id"])
            channel, address = answer["kanaal"], answer["adres"]
        else:
            channel, address = "sms", wish["adres"]
        self.calls.note("AC", "K", channel, "")
        self.sent.append((channel, address))
        self.bericht(partij, "taak-aangemaakt", "z1")

    def bericht(self, partij: str, type: str, referentie: str) -> None:
        body = {
            "berichtType": type,
            "aanmaakDatum": "2026-01-05T12:00:00Z",
            "onderwerp": "Er is iets van u nodig",
            "berichttekst": "Kijk in uw omgeving.",
            "referentie": referentie,
            "gebruikerID": BSN,
            "soortGebruiker": "Burger",
            "partij": partij,
        }
        self.ac.call("POST", f"{KIC}/berichten", 201, body)

    def close(self) -> None:
        for subscription in httpx2.get(f"{self.gateway.url}{KIC}/abonnement").json()["results"]:
            httpx2.delete(f"{self.gateway.url}{KIC}/abonnement/{subscription['id']}")
        for each in (self.zs, self.ac, self.mo, self.zaken):
            each.close()
        self.inbox.stop()


@pytest.fixture
def world(gateway: Server) -> Iterator[World]:
    made = World(gateway)
    yield made
    made.close()


def drawn(calls: Calls, title: str) -> None:
    """The calls are those of the diagram that the documentation shows (GATEWAY_DRAW_FLOWS draws it anew)."""
    if os.environ.get("GATEWAY_DRAW_FLOWS"):
        PAGE.write_text(PAGE.read_text().replace(section(PAGE, title), calls.diagram()))
    assert section(PAGE, title) == calls.diagram()


def finish(world: World, partij: str, taak: dict[str, Any]) -> None:
    """S8 to S10: the person sees her task, does it, and it is closed."""
    mine = {"betrokkenen.partij": partij, "status": "open"}
    (shown,) = world.mo.call("GET", f"{KIC}/taken", 200, **mine)["results"]
    assert shown["id"] == taak["id"]
    done = {"status": "gesloten", "verzonden_data": [{"document": "https://docs.example.nl/1"}]}
    first = world.mo.call("PATCH", f"{KIC}/taken/{taak['id']}", 200, done)
    again = world.mo.call("PATCH", f"{KIC}/taken/{taak['id']}", 200, done)
    assert (first["status"], again["_self"]["version"]) == ("gesloten", first["_self"]["version"])
    assert world.mo.call("GET", f"{KIC}/taken", 200, **mine)["results"] == []


def test_taak_simpel(world: World) -> None:
    """S1 to S10 where the task names the channel: the partij is not asked, and no BSN is told to anybody."""
    world.subscribe()
    partij = world.partij()
    taak = world.taak(partij, extraData=[PHONE])
    (told,) = world.told(1)
    assert BSN not in json.dumps([each.body for each in world.inbox.received])
    world.work_on(told)
    assert world.sent == [("sms", "0612341234")]
    assert not [text for who, _, text in world.calls.listed if who == "AC" and "/partijen" in text]
    found = world.ac.call("GET", f"{KIC}/berichten", 200, partij=partij)
    assert [each["referentie"] for each in found["results"]] == ["z1"]
    finish(world, partij, taak)
    drawn(world.calls, "Taak Simpel")


def test_the_preferred_channel_of_the_partij(world: World) -> None:
    """Voorkeurskanaal Vaststellen: the task says nothing, and the register decides."""
    world.subscribe()
    partij = world.partij()
    taak = world.taak(partij)
    (told,) = world.told(1)
    world.work_on(told)
    assert world.sent == [("email", "j@example.nl")]
    finish(world, partij, taak)
    drawn(world.calls, "Voorkeurskanaal Vaststellen")


def test_taak_uitgebreid(world: World) -> None:
    """After the task the zaaksysteem tells of a status, once too early and once twice: two berichten in
    order, and nothing after the end of the subscription."""
    subscription = world.subscribe()
    partij = world.partij()
    taak = world.taak(partij, extraData=[PHONE])
    (told,) = world.told(1)
    world.work_on(told)
    finish(world, partij, taak)
    initiator = {"betrokkeneIdentificatie": {"inpBsn": BSN}, "omschrijvingGeneriek": "initiator"}
    notification = {
        "kanaal": "zaken",
        "actie": "create",
        "resource": "status",
        "hoofdObject": f"{world.zaken.url}/zaken/z1",
        "resourceUrl": f"{world.zaken.url}/statussen/1",
        "kenmerken": {},
        "aanmaakdatum": "2026-01-05T12:00:00Z",
    }
    early = httpx2.get(notification["hoofdObject"])
    assert early.status_code == 404, "the zaak is not there yet: the notification came too early"
    world.calls.listed.pop()
    world.zaken.documents["/zaken/z1"] = {"identificatie": "z1", "url": notification["hoofdObject"]}
    world.zaken.documents["/rollen"] = {"results": [initiator]}
    for _ in range(2):
        world.zs.call("POST", "/api/notifications", 204, notification)
    zaak = httpx2.get(notification["hoofdObject"]).json()
    rollen = httpx2.get(f"{world.zaken.url}/rollen", params={"zaak": zaak["url"]}).json()
    number = rollen["results"][0]["betrokkeneIdentificatie"]["inpBsn"]
    asked = {
        "externeIdentificaties.partijIdentificator.soortObjectId": "bsn",
        "externeIdentificaties.partijIdentificator.objectId": number,
        "_order": {"_self.dateCreated": "desc"},
    }
    found = world.ac.call("POST", f"{KIC}/partijen/_zoek", 200, asked)["results"]
    assert partij in [each["id"] for each in found]
    world.bericht(partij, "zaak-status", zaak["identificatie"])
    listed = world.ac.call("GET", f"{KIC}/berichten", 200, partij=partij)["results"]
    assert [each["berichtType"] for each in listed] == ["taak-aangemaakt", "zaak-status"]
    world.ac.call("DELETE", f"{KIC}/abonnement/{subscription}", 204)
    drawn(world.calls, "Taak Uitgebreid")
    before = len(world.inbox.received)
    world.taak(partij)
    time.sleep(1)
    assert len(world.inbox.received) == before


def test_a_receiver_that_is_down_is_told_later(world: World) -> None:
    """What cannot be delivered is tried again, then kept as a dead letter, and told when it is replayed."""
    world.subscribe()
    partij = world.partij()
    world.inbox.stop()
    taak = world.taak(partij, extraData=[PHONE])
    deadline = time.monotonic() + 60
    while taak["id"] not in (dead := events(world, "list", "--dead")) and time.monotonic() < deadline:
        time.sleep(0.3)
    assert taak["id"] in dead
    assert BSN not in dead
    world.inbox.start()
    events(world, "replay", "--all")
    (told,) = world.told(1)
    assert told["hoofdObject"].endswith(taak["id"])


def events(world: World, *arguments: str) -> str:
    """What a command about events prints."""
    command = [sys.executable, "-m", "gateway_core.cli.main", "events", *arguments]
    done = subprocess.run(
        command,
        check=False,
        env=world.gateway.environment,
        cwd=PAGE.parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("members", "status"),
    [({"status": "onbekend"}, 400), ({"title": None}, 400), ({"status": "gesloten"}, 201)],
    ids=["unknown status", "without a title", "closed from the start"],
)
def test_what_is_not_sent(world: World, members: dict[str, Any], status: int) -> None:
    """Bad tasks are refused; one that is closed from the start is stored, and nobody is told; none is
    opened again."""
    world.subscribe()
    body = {name: value for name, value in {"title": "t", **members}.items() if value is not None}
    made = world.zs.call("POST", f"{KIC}/taken", status, body)
    if status == 201:
        world.mo.call("PATCH", f"{KIC}/taken/{made['id']}", 409, {"status": "open"})
    time.sleep(0.5)
    assert world.inbox.received == []
