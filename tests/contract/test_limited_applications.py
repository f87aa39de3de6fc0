"""An application that acts for one user at a time sees and changes only what is that user's own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from gateway_process import ROOT, Server, StartServer

KIC = "/api/kic/v1"
BSN, OTHER = "999993653", "999990007"
SURNAME = "Verborgen"
ABSENT = "00000000-0000-4000-8000-000000000009"


@dataclass(frozen=True)
class World:
    """A register with tasks and messages of two people."""

    server: Server
    zaaksysteem: httpx2.Client
    portal: Callable[..., httpx2.Client]
    key: str
    own: str
    others: str


def application(server: Server, name: str, *options: str) -> dict[str, str]:
    """The credentials of a new application, by what ``gateway app add`` calls them."""
    command = [sys.executable, "-m", "gateway_core.cli.main", "app", "add", name, *options]
    made = subprocess.run(
        command, env=server.environment, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60
    )
    return {
        key: value.strip() for key, _, value in (line.partition(":") for line in made.stdout.splitlines())
    }


@pytest.fixture(scope="module")
def world(server_factory: StartServer) -> Any:
    server = server_factory(durability="fast", bundles="CustomerInteraction")
    zaken = application(server, "Zaken")
    portal = application(server, "Mijn omgeving")
    opened: list[httpx2.Client] = []

    def client(**headers: str) -> httpx2.Client:
        opened.append(httpx2.Client(base_url=server.url, timeout=30, headers=headers))
        return opened[-1]

    def of(**claims: Any) -> httpx2.Client:
        told = {"client_id": portal["client id"], "iat": int(time.time()), **claims}
        return client(authorization=f"Bearer {jwt.encode(told, portal['secret'], algorithm='HS256')}")

    zaaksysteem = client(**{"x-api-key": zaken["api key"]})
    deadline = time.monotonic() + 20
    for each in (zaaksysteem, of(bsn=BSN)):
        while each.get(f"{KIC}/taken").status_code == 401 and time.monotonic() < deadline:
            time.sleep(0.1)
    made = {}
    for number in (BSN, OTHER):
        person = {"soortPartij": "natuurlijk_persoon", "persoon": {"achternaam": SURNAME}}
        partij = post(zaaksysteem, "partijen", person)
        task = {
            "title": f"Lever aan {len(made)}",
            "identificatie": {"type": "bsn", "value": number},
            "betrokkenen": [{"rolType": "initiator", "partij": partij}],
        }
        made[number] = post(zaaksysteem, "taken", task)
        bericht = {"onderwerp": "Bericht", "gebruikerID": number, "partij": partij}
        post(zaaksysteem, "berichten", bericht)
    yield World(server, zaaksysteem, of, portal["api key"], made[BSN], made[OTHER])
    for each in opened:
        each.close()


def post(client: httpx2.Client, path: str, body: dict[str, Any]) -> str:
    answer = client.post(f"{KIC}/{path}", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def titles(client: httpx2.Client, query: str = "") -> list[str]:
    answer = client.get(f"{KIC}/taken?{query}")
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["total"] == len(page["results"])
    return sorted(each["title"] for each in page["results"])


@pytest.mark.parametrize(
    "query", ["", "status=open", "_search=Lever", "title[like]=Lever", "_order[title]=desc"]
)
def test_lists_hold_its_users_own_and_no_other(world: World, query: str) -> None:
    """Whatever is asked for, what is another's is neither shown nor counted; others see all."""
    assert titles(world.portal(bsn=BSN), query) == ["Lever aan 0"]
    assert titles(world.portal(bsn=OTHER), query) == ["Lever aan 1"]
    assert titles(world.zaaksysteem, query) == ["Lever aan 0", "Lever aan 1"]


def test_finding_and_counting_stay_within(world: World) -> None:
    """A query in a body, and counts of values, are about its user's own."""
    portal = world.portal(bsn=BSN)
    found = portal.post(f"{KIC}/taken/_zoek", json={"identificatie.value": OTHER})
    assert (found.status_code, found.json()["total"]) == (200, 0)
    counted = portal.get(f"{KIC}/taken?_queries[]=title").json()["facets"]["title"]
    assert counted["different"] == 1
    messages = portal.get(f"{KIC}/berichten").json()["results"]
    assert [each["gebruikerID"] for each in messages] == [BSN]


def test_of_what_is_related_only_parts_are_shown(world: World) -> None:
    """A task comes with who is concerned and what is to be done, which are its own; the partij of somebody
    concerned, who may be another, is an id. Others see her."""
    portal = world.portal(bsn=BSN)
    for path in (f"taken/{world.own}", "taken", "berichten"):
        answer = portal.get(f"{KIC}/{path}")
        assert SURNAME not in answer.text
        assert SURNAME in world.zaaksysteem.get(f"{KIC}/{path}").text
    shown = portal.get(f"{KIC}/taken/{world.own}").json()
    (concerned,) = shown["embedded"]["betrokkenen"]
    assert (concerned["rolType"], "embedded" in concerned, len(concerned["partij"])) == (
        "initiator",
        False,
        36,
    )
    assert shown["embedded"]["identificatie"]["value"] == BSN
    changed = portal.patch(f"{KIC}/taken/{world.own}", json={"toelichting": "gezien"})
    assert (changed.status_code, SURNAME in changed.text) == (200, False)
    tag = portal.get(f"{KIC}/taken/{world.own}").headers["etag"]
    same = portal.get(f"{KIC}/taken/{world.own}", headers={"if-none-match": tag})
    assert (tag, same.status_code) == (changed.headers["etag"], 304)


@pytest.mark.parametrize(
    "query",
    [
        f"betrokkenen.partij.persoon.achternaam={SURNAME}",
        "betrokkenen.partij.persoon.achternaam[like]=Ver",
        "betrokkenen.partij.persoon.achternaam[ne]=x",
        "betrokkenen.partij.verstrekteAdressen.adres=IS NULL",
        "_order[betrokkenen.partij.persoon.achternaam]=asc",
    ],
)
def test_what_is_related_cannot_be_found_out(world: World, query: str) -> None:
    """A filter or an order that looks into what is no part is refused: its answer would tell what it is. The
    id of what is related may be asked for."""
    portal = world.portal(bsn=BSN)
    answer = portal.get(f"{KIC}/taken?{query}")
    assert answer.status_code in (400, 403), answer.text
    assert world.zaaksysteem.get(f"{KIC}/taken?{query}").status_code == (
        400 if answer.status_code == 400 else 200
    )
    id = portal.get(f"{KIC}/taken/{world.own}").json()["embedded"]["betrokkenen"][0]["partij"]
    assert titles(portal, f"betrokkenen.partij={id}&betrokkenen.rolType=initiator") == ["Lever aan 0"]


def test_what_is_anothers_is_not_there(world: World) -> None:
    """Reading and changing it is 404 in the words of what does not exist, and leaves it as it is."""
    portal = world.portal(bsn=BSN)
    assert portal.get(f"{KIC}/taken/{world.own}").json()["title"] == "Lever aan 0"
    for method, body in (("GET", None), ("PATCH", {"status": "gesloten"}), ("PATCH", {})):
        told = [portal.request(method, f"{KIC}/taken/{id}", json=body) for id in (world.others, ABSENT)]
        assert [each.status_code for each in told] == [404, 404]
        assert told[0].json()["detail"] == told[1].json()["detail"]
    assert world.zaaksysteem.get(f"{KIC}/taken/{world.others}").json()["status"] == "open"


def test_its_users_own_can_be_changed_and_not_given_away(world: World) -> None:
    """What is kept in the object itself is changed; whose it is, and what is related to it, is not."""
    portal = world.portal(bsn=BSN)
    place = f"{KIC}/taken/{world.own}"
    assert portal.patch(place, json={"verzonden_data": [{"a": 1}]}).json()["verzonden_data"] == [{"a": 1}]
    stolen = world.zaaksysteem.get(f"{KIC}/taken/{world.others}").json()["betrokkenen"]
    for body in (
        {"identificatie": {"type": "bsn", "value": OTHER}},
        {"identificatie": None},
        {"betrokkenen": []},
        {"betrokkenen": [{"_id": stolen[0], "rolType": "x"}]},
        {"actie": {"type": "url", "value": "https://x.example"}, "status": "gesloten"},
    ):
        assert portal.patch(place, json=body).status_code == 403, body
    shown = world.zaaksysteem.get(place).json()
    assert (shown["status"], len(shown["betrokkenen"])) == ("open", 1)
    assert titles(portal) == ["Lever aan 0"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/taken"),
        ("DELETE", "/taken/{own}"),
        ("GET", "/taken/{own}/versions"),
        ("POST", "/taken/{own}/versions"),
        ("GET", "/taken/{own}?versie=1"),
        ("GET", "/taken?verwijderd=true"),
        ("GET", "/taken/{own}?_extend=betrokkenen.partij"),
        ("GET", "/taken?_extend=betrokkenen.partij"),
        ("PATCH", "/taken/{own}?_extend=all"),
        ("PATCH", "/berichten/{own}"),
        ("GET", "/partijen"),
        ("GET", "/partijen/{absent}"),
        ("GET", "/partijen/{absent}/voorkeurskanaal"),
        ("GET", "/klanten"),
        ("GET", "/contactmomenten"),
        ("GET", "/abonnement"),
        ("POST", "/abonnement"),
    ],
)
def test_nothing_else_is_allowed(world: World, method: str, path: str) -> None:
    """What no limit names is 403, its user's own objects or not."""
    place = f"{KIC}{path}".format(own=world.own, absent=ABSENT)
    body = {} if method in ("POST", "PATCH") else None
    answer = world.portal(bsn=BSN).request(method, place, json=body)
    assert answer.status_code == 403, answer.text


@pytest.mark.parametrize("path", ["/api/notifications", "/admin/bundles", "/admin/events"])
def test_nothing_beside_the_register_is_allowed(world: World, path: str) -> None:
    """Neither messages of other systems nor the administration."""
    portal = world.portal(bsn=BSN)
    method = "POST" if "notifications" in path else "GET"
    assert portal.request(method, path, json={} if method == "POST" else None).status_code == 403


@pytest.mark.parametrize(
    "claims", [{}, {"bsn": ""}, {"bsn": 999993653}, {"bsn": [BSN]}, {"bsn": None}, {"BSN": BSN}]
)
def test_who_names_nobody_sees_nothing(world: World, claims: dict[str, Any]) -> None:
    """Without the claim, or with one that is no text, the answer is 403 and says what is missing."""
    answer = world.portal(**claims).get(f"{KIC}/taken")
    assert (answer.status_code, "'bsn'" in answer.text) == (403, True)


@pytest.mark.parametrize(
    "claim", ["IS NULL", "IS NOT NULL", "%", "*", f"{BSN},{OTHER}", f"{BSN}%", "!=", "x", "' OR 1=1 --", " "]
)
def test_a_claim_is_a_value_and_nothing_else(world: World, claim: str) -> None:
    """No word or sign in it means anything: it is nobody's number, so nothing is shown."""
    answer = world.portal(bsn=claim).get(f"{KIC}/taken")
    assert answer.status_code in (200, 403), answer.text
    assert answer.status_code == 403 or answer.json()["results"] == []


def test_a_key_alone_names_nobody(world: World) -> None:
    """An API key says who calls, and not for whom."""
    with world.server.client(headers={"x-api-key": world.key}) as portal:
        assert portal.get(f"{KIC}/taken").status_code == 403


def test_no_number_is_logged(world: World) -> None:
    """Neither what claims say nor what is filtered by stands in the log."""
    world.portal(bsn=BSN).get(f"{KIC}/taken/{world.others}")
    deadline = time.monotonic() + 20
    while "/taken/{id}" not in (log := world.server.log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)  # the line is written behind the answer
    assert "/taken/{id}" in log
    assert BSN not in log
    assert OTHER not in log


def test_only_an_application_with_limits_can_have_the_scope(world: World) -> None:
    """For any other the scope would allow nothing: it is refused with the way out."""
    command = [sys.executable, "-m", "gateway_core.cli.main", "app", "add", "Elders", "--scope", "own"]
    done = subprocess.run(
        command,
        env=world.server.environment,
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, "'limits'" in done.stderr) == (1, True)


def test_a_limit_that_is_gone_allows_nothing(server_factory: StartServer, tmp_path: Path) -> None:
    """Without its configuration an application of this scope may do nothing: it never becomes one that sees
    all."""
    store = f"sqlite:///{tmp_path}/store.db"
    first = server_factory(store=store, durability="fast", bundles="CustomerInteraction")
    portal = application(first, "Mijn omgeving")
    first.stop()
    environment = {**first.environment, "GATEWAY_BUNDLES": ""}
    remove = ["bundle", "remove", "CustomerInteraction", "--objects=delete", "--yes"]
    for arguments in (remove, ["bundle", "install", "bundles/petstore", "--yes"]):
        subprocess.run(
            [sys.executable, "-m", "gateway_core.cli.main", *arguments],
            env=environment,
            cwd=ROOT,
            check=True,
            capture_output=True,
            timeout=60,
        )
    second = server_factory(store=store, durability="fast", bundles="")
    told = {"client_id": portal["client id"], "iat": int(time.time()), "bsn": BSN}
    token = jwt.encode(told, portal["secret"], algorithm="HS256")
    with second.client(headers={"authorization": f"Bearer {token}"}) as client:
        assert client.get("/api/petstore/pets").status_code == 403
