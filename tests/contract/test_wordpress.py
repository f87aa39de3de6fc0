"""The calls of the WordPress plugin, which uses the bundle's own endpoints: ours, and the original's.

The bundle as its authors publish it asks for more members, and calls a telephone otherwise; the
calls and the answers are the same.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from gateway_process import ROOT, Server, StartServer

SHARED = Path(os.environ.get("GATEWAY_SHARED", ROOT.parent / "shared"))
ORIGINAL = SHARED / "corpus" / "bundles" / "CustomerInteractionBundle"
SECRET = "a-secret-that-the-plugin-has-already"
BSN = "999993653"


@dataclass(frozen=True)
class Register:
    """A bundle, with what its schemas want beyond what the plugin sends."""

    bundle: str
    telephone: str = "telefoon"
    partij: dict[str, Any] = field(default_factory=dict)
    identificator: dict[str, Any] = field(default_factory=dict)
    contact: dict[str, Any] = field(default_factory=dict)


MOMENT = "2026-01-01T12:00:00Z"
REGISTERS = {
    "ours": Register("CustomerInteraction"),
    "original": Register(
        str(ORIGINAL),
        telephone="telefoonnummer",
        partij={"nummer": "1", "interneNotitie": "geen"},
        identificator={"register": "https://brp.example.nl"},
        contact={
            "nummer": 1,
            "plaatsgevondenOp": MOMENT,
            "geregistreerdOp": MOMENT,
            "kanaal": {"adres": "x", "soortDigitaalAdres": "formulier", "omschrijving": "x"},
        },
    ),
}


def token(**claims: Any) -> dict[str, str]:
    """The plugin's header: a token with ``iat`` and without ``exp``."""
    payload = {"iss": "wordpress", "iat": int(time.time()), "client_id": "wordpress"}
    payload |= {"user_id": "wordpress", "user_representation": "wordpress", **claims}
    signed = jwt.encode(payload, SECRET, algorithm="HS256")
    return {"authorization": f"Bearer {signed}"}


@pytest.fixture(scope="module", params=REGISTERS)
def register(request: pytest.FixtureRequest) -> Register:
    if request.param == "original" and not ORIGINAL.is_dir():
        pytest.skip(f"THE ORIGINAL BUNDLE IS NOT TESTED: {ORIGINAL} is not there; set GATEWAY_SHARED")
    return REGISTERS[request.param]


@pytest.fixture(scope="module")
def server(server_factory: StartServer, register: Register) -> Server:
    started = server_factory(durability="fast", bundles=register.bundle)
    command = [sys.executable, "-m", "gateway_core.cli.main", "app", "add", "WordPress"]
    command += ["--client-id", "wordpress", "--secret-stdin"]
    subprocess.run(
        command, env=started.environment, cwd=ROOT, input=SECRET.encode(), check=True, capture_output=True
    )
    deadline = time.monotonic() + 5
    while httpx2.get(f"{started.url}/api/kic/v1/partijen", headers=token()).status_code == 401:
        assert time.monotonic() < deadline, "the server did not take the new application over"
        time.sleep(0.1)
    return started


@pytest.fixture
def plugin(server: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url, headers=token(), timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def partij(server: Server, register: Register) -> dict[str, Any]:
    """The partij that the plugin's user is."""
    body = {
        "soortPartij": "natuurlijk_persoon",
        **register.partij,
        "externeIdentificaties": [
            {
                "partijIdentificator": {
                    "objecttype": "ingeschrevenpersonen",
                    "soortObjectId": "bsn",
                    "objectId": BSN,
                    **register.identificator,
                }
            }
        ],
        "verstrekteAdressen": [
            {"soortDigitaalAdres": "emailadres", "omschrijving": "prive", "adres": "j@example.nl"}
        ],
    }
    answer = httpx2.post(f"{server.url}/api/kic/v1/partijen", json=body, headers=token())
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def find(plugin: httpx2.Client) -> dict[str, Any]:
    query = f"externeIdentificaties.partijIdentificator.objectId={BSN}"
    answer = plugin.get(f"/api/kic/v1/partijen?{query}").json()
    assert len(answer["results"]) == 1
    found: dict[str, Any] = answer["results"][0]
    return found


def test_finds_the_partij_of_a_bsn(plugin: httpx2.Client, partij: dict[str, Any]) -> None:
    """The list embeds the addresses without being asked to."""
    found = find(plugin)
    assert found["id"] == partij["id"]
    assert found["_self"]["id"] == partij["id"]
    assert found["_self"]["self"] == f"/api/kic/v1/partijen/{partij['id']}"
    address = found["embedded"]["verstrekteAdressen"][0]
    assert address["adres"] == "j@example.nl"
    assert address["soortDigitaalAdres"] == "emailadres"
    assert address["_self"]["id"]


def test_no_match_is_an_empty_list(plugin: httpx2.Client) -> None:
    """The plugin walks ``results`` whatever happens, so nothing found is 200 with none."""
    answer = plugin.get("/api/kic/v1/partijen?externeIdentificaties.partijIdentificator.objectId=000000012")
    assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_reads_an_address(plugin: httpx2.Client, partij: dict[str, Any]) -> None:
    """Each address can be read by itself."""
    id = partij["verstrekteAdressen"][0]
    address = plugin.get(f"/api/kic/v1/digitaaladressen/{id}").json()
    assert (address["adres"], address["soortDigitaalAdres"]) == ("j@example.nl", "emailadres")
    assert address["omschrijving"] == "prive"
    assert address["_self"]["id"] == id


def test_sets_the_preferred_address(plugin: httpx2.Client, partij: dict[str, Any]) -> None:
    """The id stands in the query, behind a slash, and the answer shows the preference at once."""
    address = partij["verstrekteAdressen"][0]
    answer = plugin.patch(f"/api/kic/v1/partijen/?id={partij['id']}", json={"voorkeurskanaal": address})
    assert answer.status_code == 200, answer.text
    found = find(plugin)
    assert found["voorkeurskanaal"] == address
    assert found["embedded"]["voorkeurskanaal"]["soortDigitaalAdres"] == "emailadres"


def test_adds_an_address_and_keeps_the_others(
    plugin: httpx2.Client, partij: dict[str, Any], register: Register
) -> None:
    """A PATCH with one new address adds it: the plugin expects the others to survive."""
    new = {"soortDigitaalAdres": register.telephone, "omschrijving": "telefoonnummer", "adres": "0612345678"}
    answer = plugin.patch(f"/api/kic/v1/partijen/?id={partij['id']}", json={"verstrekteAdressen": [new]})
    assert answer.status_code == 200, answer.text
    addresses = [a["adres"] for a in answer.json()["embedded"]["verstrekteAdressen"]]
    assert addresses == ["j@example.nl", "0612345678"]
    again = plugin.patch(f"/api/kic/v1/partijen/?id={partij['id']}", json={"verstrekteAdressen": [new]})
    assert len(again.json()["verstrekteAdressen"]) == 2


def test_changes_an_address_in_place(plugin: httpx2.Client, partij: dict[str, Any]) -> None:
    """A changed address shows in the partij at once: there is no copy that could be stale."""
    id = partij["verstrekteAdressen"][0]
    before = plugin.get(f"/api/kic/v1/partijen/{partij['id']}").headers["etag"]
    answer = plugin.patch(f"/api/kic/v1/digitaaladressen/{id}", json={"adres": "nieuw@example.nl"})
    assert answer.status_code == 200
    after = plugin.get(f"/api/kic/v1/partijen/{partij['id']}", headers={"if-none-match": before})
    assert after.status_code == 200
    assert "nieuw@example.nl" in [a["adres"] for a in after.json()["embedded"]["verstrekteAdressen"]]


@pytest.mark.parametrize("base", ["", "https://kic.example.nl"])
@pytest.mark.parametrize("resource", ["betrokkenenbijklantcontact", "berichten"])
def test_lists_what_belongs_to_a_partij(
    plugin: httpx2.Client, partij: dict[str, Any], register: Register, resource: str, base: str
) -> None:
    """The filter takes the partij's path, alone or behind the plugin's own idea of the host."""
    if resource == "berichten":
        body: dict[str, Any] = {"onderwerp": "Welkom", "partij": partij["id"]}
    else:
        contact = plugin.post(
            "/api/kic/v1/klantcontacten", json={"onderwerp": "x", **register.contact}
        ).json()["id"]
        body = {"klantcontact": contact, "partij": partij["id"], "rol": "klant"}
    made = plugin.post(f"/api/kic/v1/{resource}", json=body)
    assert made.status_code == 201, made.text
    found = plugin.get(f"/api/kic/v1/{resource}?partij={base}{partij['_self']['self']}").json()
    assert made.json()["id"] in [result["id"] for result in found["results"]]
    assert all(result["partij"] == partij["id"] for result in found["results"])


def test_an_old_token_is_refused(server: Server) -> None:
    """Freshness is judged on ``iat``: a token of yesterday opens nothing."""
    headers = token(iat=int(time.time()) - 86_400)
    assert httpx2.get(f"{server.url}/api/kic/v1/partijen", headers=headers).status_code == 401


def test_a_token_with_an_expiry_is_held_to_it(server: Server) -> None:
    """KISS sends ``exp`` and ``nbf``; an expired token is refused, a fresh one accepted."""
    now = int(time.time())
    fresh = token(iat=now - 60, nbf=now - 60, exp=now + 3600)
    stale = token(iat=now - 600, exp=now - 300)
    assert httpx2.get(f"{server.url}/api/kic/v1/partijen", headers=fresh).status_code == 200
    assert httpx2.get(f"{server.url}/api/kic/v1/partijen", headers=stale).status_code == 401
