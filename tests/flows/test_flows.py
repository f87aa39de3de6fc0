"""The documented flows from end to end: a register, and programs beside it that speak HTTP.

What the register does in them is configuration of the bundle. The steps of each flow are those of its
description, and the calls that are made are held to them, and to the diagram that the documentation shows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from flow_parties import (
    KIC,
    Afhandelcomponent,
    Called,
    Calls,
    Credentials,
    Klant,
    MijnOmgeving,
    Party,
    Zaaksysteem,
    numbers,
    section,
    until,
)
from gateway_process import ROOT, Server, StartServer

PAGE = ROOT / "docs" / "explanation" / "flows.md"
PHONE, MAIL, OTHER = "0612341234", "j@example.nl", "anders@example.nl"
BY_PHONE = [{"voorkeurskanaal": {"soortDigitaalAdres": "telefoonnummer", "adres": PHONE}}]
Body = dict[str, Any]


@dataclass(frozen=True)
class Register:
    """The register, and the credentials that its clients have."""

    server: Server
    program: Credentials
    portal: Credentials
    admin: httpx2.Client
    people: Iterator[str]
    zaken: Iterator[int]


@pytest.fixture(scope="module")
def register(server_factory: StartServer) -> Register:
    """A register that may call this machine, and soon tries again."""
    server = server_factory(
        durability="fast",
        bundles="CustomerInteraction",
        outgoing_allow="127.0.0.1",
        events_retry="0.05",
        events_attempts="8",
    )
    admin = server.client(headers=Credentials.made(server, "Beheer", "--admin").headers())
    program, portal = Credentials.made(server, "Programma"), Credentials.made(server, "Mijn omgeving")
    return Register(server, program, portal, admin, numbers(), count(1))


class World:
    """All parties of one flow, and the person that it is about."""

    def __init__(self, register: Register) -> None:
        self.register, self.calls = register, Calls()
        client = register.server.client
        program = client(headers=register.program.headers())
        self.klant = Klant(self.calls, program)
        self.zs = Zaaksysteem(self.calls, program)
        self.ac = Afhandelcomponent(self.calls, program, self.klant.url)
        self.mo = MijnOmgeving(
            self.calls, lambda bsn: client(headers=register.portal.headers(bsn=bsn)), self.zs.url
        )
        self.parties: list[Party] = [self.klant, self.zs, self.ac, self.mo]
        self._program = program
        self.bsn, self.zaak = next(register.people), f"ZAAK-2026-{next(register.zaken):04}"
        self.mo.as_user(self.bsn)

    def post(self, path: str, body: Body) -> Body:
        """What who registers customers does: a call of the flow."""
        self.calls.note("T", "KR", "POST", f"{KIC}/{path}")
        answer = self._program.post(f"{KIC}/{path}", json=body)
        assert answer.status_code == 201, answer.text
        made: Body = answer.json()
        return made

    def look(self, path: str, **query: str) -> Any:
        """What the test looks at: no call of the flow."""
        answer = self._program.get(f"{KIC}/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def partij(self, *addresses: Body, prefers: int | None = 0, bsn: str = "", **more: Any) -> str:
        """S1: a person with addresses, one of which she may prefer."""
        ids = [self.post("digitaaladressen", each)["id"] for each in addresses]
        number = {"objecttype": "ingeschrevenpersonen", "soortObjectId": "bsn", "objectId": bsn or self.bsn}
        body = {
            "nummer": next(self.register.zaken),
            "interneNotitie": "",
            "indicatieGeheimhouding": False,
            "indicatieActief": True,
            "soortPartij": "natuurlijk_persoon",
            "persoon": {"voornaam": "Suzanne", "achternaam": "Moulin"},
            "externeIdentificaties": [
                {"partijIdentificator": {**number, "register": "https://brp.example.nl"}}
            ],
            "verstrekteAdressen": ids,
            **({} if prefers is None or not ids else {"voorkeurskanaal": ids[prefers]}),
            **more,
        }
        made = self.post("partijen", body)
        if ids and prefers is not None:
            shown = made["embedded"]["voorkeurskanaal"]["soortDigitaalAdres"]
            assert shown == addresses[prefers]["soortDigitaalAdres"]
        id: str = made["id"]
        return id

    def browse(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """What the person does in her environment."""
        return self.klant.call(method, f"{self.mo.url}{path}", body, **query)

    @contextmanager
    def beside(self) -> Iterator[None]:
        """What the test does inside is no call of the flow."""
        before = len(self.calls.listed)
        yield
        del self.calls.listed[before:]

    def settled(self) -> None:
        """Wait until everything that happened is told to everybody."""

        def nothing_waits() -> bool:
            backlog = self.register.admin.get("/admin/events/backlog").json()
            return bool(backlog["events"] == backlog["deliveries"] == 0)

        until(nothing_waits, "something waits to be told for ever")

    def letters(self) -> list[Body]:
        """What could not be delivered to the afhandelcomponent of this flow."""
        dead = self.register.admin.get("/admin/events/dead").json()
        mine = {
            each["id"] for each in self.look("abonnement")["results"] if self.ac.url in each["callbackUrl"]
        }
        return [each for each in dead if each["consumer"].rpartition(" ")[2] in mine]

    def close(self) -> None:
        for each in self.look("abonnement")["results"]:
            self._program.delete(f"{KIC}/abonnement/{each['id']}")
        for party in self.parties:
            party.close()


@pytest.fixture
def world(register: Register) -> Iterator[World]:
    made = World(register)
    yield made
    told = [heard for party in made.parties for heard in party.told(0)]
    assert made.bsn not in json.dumps([[each.path, each.query, each.body] for each in told])
    assert made.bsn not in register.server.log.read_text()
    made.close()


def address(kind: str = "emailadres", value: str = MAIL, **more: Any) -> Body:
    return {"adres": value, "omschrijving": "prive", "soortDigitaalAdres": kind, **more}


def steps(*told: str) -> list[Called]:
    """Steps as they are described: who, whom, and what."""
    return [Called(who, whom, f"{method} {path}") for who, whom, method, path in map(str.split, told)]


S1 = ("T KR POST /digitaaladressen", "T KR POST /partijen")
S2 = ("ZS KR POST /taken",)
S3_S4 = ("KR AC POST /notificaties", "AC KR GET /taken/{id}")
S5 = ("AC KR GET /partijen",)
S6_S7 = ("AC K POST /sms", "AC KR POST /berichten")
S8 = ("MO KR GET /taken",)
S9_S10 = ("MO ZS POST /uploads/{zaak}", "MO KR PATCH /taken/{id}")
TAAK_SIMPEL = (*S1, *S2, *S3_S4, *S6_S7, *S8, *S9_S10)
UITGEBREID = (
    "MO ZS POST /zaken",
    *TAAK_SIMPEL,
    "ZS KR POST /api/notifications",
    "KR AC POST /notificaties",
    "AC ZS GET /zaken/{zaak}",
    "AC ZS GET /rollen",
    *S5,
    "AC K POST /email",
    "AC KR POST /berichten",
    "AC KR POST /klantcontacten",
    "AC KR POST /betrokkenenbijklantcontact",
)
VOORKEURSKANAAL = (
    *S1,
    *S2,
    *S3_S4,
    *S5,
    "AC KR GET /partijen/{id}/voorkeurskanaal",
    "AC K POST /email",
    "AC KR POST /berichten",
)
# What the tests do beside the steps: subscriptions, the person's browser, and what is done twice to see that
# it counts once.
BESIDE = frozenset(
    steps(
        "AC KR POST /abonnement",
        "ZS KR POST /abonnement",
        "AC KR DELETE /abonnement/{id}",
        "KR ZS POST /notificaties",
        "K MO POST /aanvragen",
        "K MO GET /taken",
        "K MO POST /taken/{id}/documenten",
        "AC KR GET /partijen/{id}/voorkeurskanaal",
        *S8,
        *S9_S10,
        "ZS KR POST /api/notifications",
    )
)


def follows(world: World, described: Sequence[str], title: str) -> None:
    """The calls are the steps of the description, in that order, and those of the documented diagram
    (GATEWAY_DRAW_FLOWS draws it anew)."""
    drawn = Calls([Called(c.who, c.whom, c.what.replace(world.zaak, "{zaak}")) for c in world.calls.listed])
    wanted = steps(*described)
    for call in drawn.listed:
        if wanted and call == wanted[0]:
            del wanted[0]
        else:
            assert call in BESIDE, f"{call} is none of the steps, where {wanted[:1]} comes next"
    assert wanted == [], "these steps were not made"
    if os.environ.get("GATEWAY_DRAW_FLOWS"):
        PAGE.write_text(PAGE.read_text().replace(section(PAGE, title), drawn.diagram()))
    assert section(PAGE, title) == drawn.diagram()


def hand_in(world: World, taak: Body, *, told: bool = False) -> None:
    """S8 to S10: the person sees the one task that is hers, uploads what is asked, and it is closed; twice,
    and the second time changes nothing. ``told``: the zaaksysteem has subscribed to closed tasks."""
    (shown,) = world.browse("GET", "/taken", status="open", **{"betrokkenen.partij": partij_of(taak)})
    (same,) = world.browse("GET", "/taken", **{"identificatie.value": world.bsn})
    assert (shown["id"], same["id"]) == (taak["id"], taak["id"])
    uploaded = {"zaak": world.zaak, "inhoud": "loonstrook"}
    first = world.browse("POST", f"/taken/{taak['id']}/documenten", uploaded)
    if told:
        world.zs.told(1)
    again = world.browse("POST", f"/taken/{taak['id']}/documenten", uploaded)
    document = f"{world.zs.url}/documenten/1"
    assert (first["status"], first["verzonden_data"]) == ("gesloten", [{"document": document}])
    assert again == first
    assert world.browse("GET", "/taken", status="open") == []
    assert world.zs.uploads == [{"inhoud": "loonstrook"}]


def partij_of(taak: Body) -> str:
    id: str = taak["embedded"]["betrokkenen"][0]["partij"]
    return id


def berichten(world: World, partij: str) -> list[Body]:
    """S7: the messages of a partij, by their list and as the partij shows them."""
    listed: list[Body] = world.look("berichten", partij=partij)["results"]
    assert world.look(f"partijen/{partij}")["berichten"] == [each["id"] for each in listed]
    return listed


class TestTaakSimpel:
    """S1 to S10, and what may go wrong on the way."""

    def test_from_the_task_to_its_end(self, world: World) -> None:
        """The task names the channel: the partij is not asked for. Who subscribed to closed tasks is told of
        the one change that closed it."""
        world.ac.subscribe("taken", status="open")
        partij = world.partij(address())
        taak = world.zs.task(world.bsn, partij, world.zaak, extraData=BY_PHONE)
        assert world.look(f"taken/{taak['id']}")["extraData"] == BY_PHONE
        until(lambda: bool(berichten(world, partij)), "no bericht was written down")
        assert world.klant.messages == [("sms", PHONE)]
        assert [each["referentie"] for each in berichten(world, partij)] == [world.zaak]
        asked = [c.what for c in world.calls.listed if c.who == "AC" and "/partijen" in c.what]
        assert asked == []
        (told,) = world.ac.told()
        assert told.body == {
            "kanaal": "taken",
            "hoofdObject": f"{world.register.server.url}{KIC}/taken/{taak['id']}",
            "resource": "taak",
            "resourceUrl": f"{world.register.server.url}{KIC}/taken/{taak['id']}",
            "actie": "create",
            "aanmaakdatum": taak["_self"]["dateCreated"],
            "kenmerken": {"status": "open", "type": taak["type"]},
        }
        with world.beside():
            stranger = next(world.register.people)
            world.zs.task(stranger, world.partij(bsn=stranger, prefers=None), world.zaak, status="ingediend")
        world.zs.subscribe("taken", status="gesloten")
        hand_in(world, taak, told=True)
        world.settled()
        assert [each.body["actie"] for each in world.zs.told()] == ["update"]
        follows(world, TAAK_SIMPEL, "Taak Simpel")

    def test_a_receiver_that_is_down_is_told_again(self, world: World) -> None:
        """Again and again with the same id, until it answers: one message."""
        world.ac.subscribe("taken")
        world.ac.down = 2
        world.zs.task(world.bsn, world.partij(address()), world.zaak, extraData=BY_PHONE)
        until(lambda: world.klant.messages == [("sms", PHONE)], "nothing was sent")
        assert len({each.headers["x-event-id"] for each in world.ac.told(3)}) == 1
        world.settled()
        assert (len(world.ac.told()), world.klant.messages) == (3, [("sms", PHONE)])

    def test_an_answer_that_is_lost_has_it_told_again_and_counts_once(self, world: World) -> None:
        """What was worked on comes again under the same id, and nothing is sent twice."""
        world.ac.subscribe("taken")
        world.ac.deaf = 2
        partij = world.partij(address())
        world.zs.task(world.bsn, partij, world.zaak, extraData=BY_PHONE)
        world.ac.told(3)
        world.settled()
        assert len({each.headers["x-event-id"] for each in world.ac.told()}) == 1
        assert (world.klant.messages, len(berichten(world, partij))) == ([("sms", PHONE)], 1)

    @pytest.mark.parametrize("over_http", [True, False], ids=["over HTTP", "by command"])
    def test_what_cannot_be_told_is_kept_and_told_when_it_is_replayed(
        self, world: World, over_http: bool
    ) -> None:
        """A receiver that stays down leaves a dead letter, to be seen without anything about a person;
        replayed when the receiver is back, it arrives under the same id, once."""
        world.ac.subscribe("taken")
        world.ac.down = 1_000
        taak = world.zs.task(world.bsn, world.partij(address()), world.zaak, extraData=BY_PHONE)
        until(lambda: bool(world.letters()), "there is no dead letter")
        (letter,) = world.letters()
        assert (letter["object"], letter["attempts"]) == (taak["id"], 8)
        assert "503" in letter["error"]
        printed = events(world, "list", "--dead")
        assert taak["id"] in printed
        assert world.bsn not in printed + json.dumps(letter)
        world.ac.down = 0
        if over_http:
            answer = world.register.admin.post("/admin/events/replay", params={"event": letter["id"]})
            assert answer.json() == {"deliveries": 1}
        else:
            events(world, "replay", "--all")
        until(lambda: world.klant.messages == [("sms", PHONE)], "nothing was sent")
        assert {each.headers["x-event-id"] for each in world.ac.told()} == {letter["id"]}
        world.settled()
        assert world.letters() == []

    def test_a_task_that_is_closed_from_the_start_leads_to_nothing(self, world: World) -> None:
        """It is stored and told to who asked for all tasks; the afhandelcomponent looks, and does not send.
        It never opens again."""
        world.ac.subscribe("taken")
        taak = world.zs.task(world.bsn, world.partij(address()), world.zaak, status="gesloten")
        world.ac.told(1)
        world.settled()
        assert world.klant.messages == []
        refused = world.zs.ask("PATCH", f"{KIC}/taken/{taak['id']}", 409, {"status": "open"})
        assert [each["name"] for each in refused["invalidParams"]] == ["status"]

    @pytest.mark.parametrize(("member", "value"), [("status", "onbekend"), ("title", None)])
    def test_a_task_that_cannot_be_is_refused_by_its_member(
        self, world: World, member: str, value: Any
    ) -> None:
        """Nothing is stored, and nobody is told."""
        world.ac.subscribe("taken")
        body = {"title": "Lever aan", member: value}
        refused = world.zs.ask("POST", f"{KIC}/taken", 400, {k: v for k, v in body.items() if v})
        assert [each["name"] for each in refused["invalidParams"]] == [member]
        world.settled()
        assert world.ac.told(0) == []

    def test_a_task_of_somebody_else_is_not_there(self, world: World) -> None:
        """To the environment of one person another's task does not exist: neither listed, read nor closed."""
        stranger = next(world.register.people)
        taak = world.zs.task(stranger, world.partij(bsn=stranger, prefers=None), world.zaak)
        assert world.browse("GET", "/taken") == []
        assert world.browse("GET", "/taken", **{"identificatie.value": stranger}) == []
        world.mo.ask("GET", f"{KIC}/taken/{taak['id']}", 404)
        world.mo.ask("PATCH", f"{KIC}/taken/{taak['id']}", 404, {"status": "gesloten"})
        world.mo.ask("GET", f"{KIC}/partijen", 403)
        assert world.look(f"taken/{taak['id']}")["status"] == "open"


class TestTaakUitgebreid:
    """After the task the zaaksysteem tells of a status."""

    def test_from_the_application_to_the_decision(self, world: World) -> None:
        """The notification comes twice and counts once: two berichten in order, of one partij and about one
        zaak, and a klantcontact with who it was with."""
        world.ac.subscribe("taken", status="open")
        subscription = world.ac.subscribe("zaken")
        zaak = world.browse("POST", "/aanvragen", {"nummer": world.zaak})
        partij = world.partij(address())
        taak = world.zs.task(world.bsn, partij, world.zaak, extraData=BY_PHONE)
        until(lambda: len(berichten(world, partij)) == 1, "no bericht was written down")
        hand_in(world, taak)
        world.zs.notify_status(world.zaak)
        until(
            lambda: len(world.look("betrokkenenbijklantcontact", partij=partij)["results"]) == 1, "no contact"
        )
        world.zs.notify_status(world.zaak)
        world.settled()
        told = [each.body["kanaal"] for each in world.ac.told()]
        assert told == ["taken", "zaken"]
        assert world.klant.messages == [("sms", PHONE), ("email", MAIL)]
        written = berichten(world, partij)
        assert [each["berichtType"] for each in written] == ["taak-aangemaakt", "zaak-status"]
        assert {each["referentie"] for each in written} == {world.zaak}
        (person,) = world.look("betrokkenenbijklantcontact", partij=partij)["results"]
        contact = world.look(f"klantcontacten/{person['klantcontact']}")
        assert contact["gaatOver"]["objectIdentificator"]["objectId"] == zaak["url"]
        world.ac.ask("DELETE", f"{KIC}/abonnement/{subscription}", 204)
        follows(world, UITGEBREID, "Taak Uitgebreid")

    def test_who_has_unsubscribed_is_told_nothing_more(self, world: World) -> None:
        """What comes after the end of a subscription goes to others, and not there."""
        subscription = world.ac.subscribe("zaken")
        world.zs.subscribe("zaken")
        world.ac.ask("DELETE", f"{KIC}/abonnement/{subscription}", 204)
        world.zs.notify_status(world.zaak)
        world.zs.told(1)
        world.settled()
        assert world.ac.told(0) == []

    def test_a_notification_that_comes_too_early_is_told_again(self, world: World) -> None:
        """The partij is not registered yet: the afhandelcomponent fails, and is told again when she is."""
        world.ac.subscribe("zaken")
        world.zs.open(world.zaak, world.bsn)
        world.zs.notify_status(world.zaak)
        until(lambda: world.ac.failures > 0, "the afhandelcomponent was told nothing, or did not fail")
        assert world.klant.messages == []
        partij = world.partij(address())
        until(lambda: world.klant.messages == [("email", MAIL)], "nothing was sent")
        world.settled()
        assert len({each.headers["x-event-id"] for each in world.ac.told(2)}) == 1
        assert len(berichten(world, partij)) == 1


@dataclass(frozen=True)
class Vector:
    """A case of the rule: the addresses of a partij, what the task says, and what the person gets."""

    addresses: tuple[Body, ...]
    gets: tuple[str, Any] | None
    extra: Any = None
    prefers: int | None = 0
    partij: Callable[[], Body] = dict


POSTBUS = {
    "postcode": "1234 AB",
    "woonplaats": "Voorbeeldstad",
    "soortCorrespondentieadres": "postbusnummer",
    "postbusnummer": 100,
}
PHONE_ADDRESS = address("telefoonnummer", PHONE)
VECTORS = {
    "V1": Vector((address(),), ("sms", PHONE), BY_PHONE),
    "V2": Vector((PHONE_ADDRESS, address()), ("email", MAIL), prefers=1),
    "V3": Vector((address(), PHONE_ADDRESS), ("sms", PHONE), [{"voorkeurskanaal": "telefoonnummer"}]),
    "V4": Vector((address(),), ("email", MAIL), [{"voorkeurskanaal": "formulier"}]),
    "V5": Vector((address(), address(value=OTHER, referentie="{zaak}")), ("email", OTHER)),
    "V6": Vector((PHONE_ADDRESS,), ("sms", PHONE), prefers=None),
    "V7": Vector((), ("post", POSTBUS), partij=lambda: {"correspondentieadres": POSTBUS}),
    "V8": Vector((address("formulier", "https://form.example.nl"),), None, prefers=None),
    "V9": Vector((address(),), None, partij=lambda: {"indicatieActief": False}),
    "V10": Vector((address(value=OTHER), address()), ("email", MAIL), prefers=1),
    "V11": Vector((address(), address("telefoon", PHONE)), ("sms", PHONE), {"voorkeurskanaal": "Telefoon"}),
}  # fmt: skip


class TestVoorkeurskanaal:
    """Along which channel: the rule, and what reaches the person."""

    def test_the_register_decides(self, world: World) -> None:
        """The task says nothing: the afhandelcomponent finds the partij and asks; her preference counts."""
        world.ac.subscribe("taken", status="open")
        partij = world.partij(address())
        world.zs.task(world.bsn, partij, world.zaak)
        until(lambda: len(berichten(world, partij)) == 1, "no bericht was written down")
        assert world.klant.messages == [("email", MAIL)]
        follows(world, VOORKEURSKANAAL, "Voorkeurskanaal Vaststellen")

    @pytest.mark.parametrize("name", VECTORS)
    def test_what_reaches_the_person(self, world: World, name: str) -> None:
        """Each vector of the rule: one message on one channel, or none. Where nobody can be reached there is
        an interne taak, and only there."""
        vector = VECTORS[name]
        placed = [{**each, **about(each, world.zaak)} for each in vector.addresses]
        world.ac.subscribe("taken")
        partij = world.partij(*placed, prefers=vector.prefers, **vector.partij())
        world.zs.task(world.bsn, partij, world.zaak, extraData=vector.extra)
        world.ac.told(1)
        world.settled()
        assert world.klant.messages == ([] if vector.gets is None else [vector.gets])
        assert len(berichten(world, partij)) == len(world.klant.messages)
        if name == "V1":
            assert not [c for c in world.calls.listed if c.who == "AC" and "/partijen" in c.what]
        made = world.look("internetaken", **{"klantcontact.betrokkenen.partij": partij})["results"]
        assert [each["gevraagdeHandeling"] for each in made] == (["Kanaal onbekend"] if name == "V8" else [])

    @pytest.mark.parametrize("standard", [True, False], ids=["another is the default", "the first"])
    def test_v12_a_preference_that_was_deleted(self, world: World, standard: bool) -> None:
        """The next step decides, and the partij is still there."""
        more = {"isStandaardAdres": True} if standard else {}
        world.ac.subscribe("taken")
        partij = world.partij(address(), {**PHONE_ADDRESS, **more})
        preferred = world.look(f"partijen/{partij}")["voorkeurskanaal"]
        world.zs.ask("DELETE", f"{KIC}/digitaaladressen/{preferred}", 204)
        world.zs.task(world.bsn, partij, world.zaak)
        until(lambda: world.klant.messages == [("sms", PHONE)], "nothing was sent")
        assert world.look(f"partijen/{partij}")["voorkeurskanaal"] is None


def about(address: Body, zaak: str) -> Body:
    """An address that is for one zaak, with its number."""
    return {"referentie": zaak} if address.get("referentie") == "{zaak}" else {}


def events(world: World, *arguments: str) -> str:
    """What a command about events prints."""
    command = [sys.executable, "-m", "gateway_core.cli.main", "events", *arguments]
    done = subprocess.run(
        command,
        check=False,
        env=world.register.server.environment,
        cwd=Path(ROOT),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
