"""Headers that a client may write as it likes: none of them decides more than it should."""

from __future__ import annotations

import subprocess
import sys
import time

import httpx2
import pytest
from gateway_process import ROOT, START_SECONDS, Server, StartServer

PARTIJEN, CONTACTMOMENTEN = "/api/kic/v1/partijen", "/api/contactmomenten"
FORWARDED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-For": "10.0.0.1",
    "X-Original-URL": "/evil",
    "X-HTTP-Method-Override": "DELETE",
    "Forwarded": "host=evil.example;proto=https",
    "X-Request-ID": "evil",
}


def known(server: Server) -> httpx2.Client:
    """A client with credentials: a gateway without them answers the names of this machine only."""
    command = [sys.executable, "-m", "gateway_core.cli.main", "app", "add", "tester"]
    done = subprocess.run(
        command, cwd=ROOT, env=server.environment, capture_output=True, text=True, check=True
    )
    made = server.client(headers={"x-api-key": done.stdout.split("api key:")[1].split()[0]})
    deadline = time.monotonic() + START_SECONDS
    while made.get(PARTIJEN).status_code == 401 and time.monotonic() < deadline:
        time.sleep(0.1)
    return made


@pytest.fixture(scope="module")
def client(server_factory: StartServer) -> httpx2.Client:
    """A client of a gateway that asks for credentials."""
    return known(server_factory(durability="fast"))


def test_forwarding_headers_are_not_believed(demo_server: Server, api: httpx2.Client) -> None:
    """Anybody can send them: addresses in answers are made of the Host that was really asked."""
    made = api.post(PARTIJEN, json={"soortPartij": "persoon"}, headers=FORWARDED)
    assert made.json()["_self"]["uri"] == f"{demo_server.url}{PARTIJEN}/{made.json()['id']}"
    read = api.get(f"{PARTIJEN}/{made.json()['id']}", headers=FORWARDED)
    assert read.status_code == 200
    assert "evil" not in read.text + str(made.headers) + str(read.headers)


@pytest.mark.parametrize(
    "host", ['x"><script>', "x y", "x/../y", "x?a=b", "x#y", "user@x", "x\\y", "é", "", "a" * 300, "x,y"]
)
def test_a_host_that_is_none_stands_in_no_address(client: httpx2.Client, host: str) -> None:
    """A Host header that could break out of an address is left out of it."""
    made = client.post(PARTIJEN, json={"soortPartij": "persoon"}, headers={"Host": host.encode("latin-1")})
    assert made.status_code == 201
    assert made.json()["_self"]["uri"] == f"{PARTIJEN}/{made.json()['id']}"
    assert made.headers["location"] == f"{PARTIJEN}/{made.json()['id']}"


def test_a_host_of_one_client_is_not_shown_to_another(client: httpx2.Client) -> None:
    """Addresses are made for each answer: what one client's Host was is not kept with the object."""
    body = {"bronorganisatie": "999990639", "todo": {"name": "x", "attendees": ["a@example.nl"]}}
    made = client.post(CONTACTMOMENTEN, json=body, headers={"Host": "evil.example"})
    assert "http://evil.example/" in made.text
    for path in (f"{CONTACTMOMENTEN}/{made.json()['id']}", "/api/kic/v1/internetaken", "/openapi.json", "/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "evil.example" not in answer.text


def test_the_public_url_counts_before_the_host(server_factory: StartServer) -> None:
    """With the origin configured, no Host header changes any address."""
    server = server_factory(durability="fast", public_url="https://klanten.example.nl/")
    made = known(server).post(PARTIJEN, json={"soortPartij": "persoon"}, headers={"Host": "evil.example"})
    expected = f"https://klanten.example.nl{PARTIJEN}/{made.json()['id']}"
    assert made.json()["_self"]["uri"] == expected
