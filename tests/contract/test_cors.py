"""Web pages of other origins, and the methods that only ask what may be done."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from gateway_process import Server, StartServer
from pydantic import ValidationError

from gateway_core.settings import Settings

PARTIJEN = "/api/kic/v1/partijen"
KISS, OTHER = "https://kiss.example.nl", "https://kiss.example.nl.evil.example"
PREFLIGHT = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "content-type"}


@pytest.fixture(scope="module")
def browser(server_factory: StartServer) -> Iterator[httpx2.Client]:
    """A gateway that wants credentials and lets the pages of one origin call."""
    server = server_factory(cors_origins=f"{KISS}, https://other.example.nl:8443", durability="fast")
    with httpx2.Client(base_url=server.url, timeout=30) as client:
        yield client


def test_a_page_of_an_allowed_origin_may_call_with_credentials(browser: httpx2.Client) -> None:
    """The preflight names the origin, the method, the header, and that credentials may come along."""
    answer = browser.options(f"{PARTIJEN}/x", headers={"Origin": KISS, **PREFLIGHT})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == KISS
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"]


def test_refusals_can_be_read_by_the_page(browser: httpx2.Client) -> None:
    """A 401 carries the headers too, and ETag and Location are exposed."""
    answer = browser.get(PARTIJEN, headers={"Origin": KISS})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == KISS
    assert "Origin" in answer.headers["vary"]
    assert {"ETag", "Location"} <= set(answer.headers["access-control-expose-headers"].split(", "))


@pytest.mark.parametrize("origin", [OTHER, "null", "http://kiss.example.nl", f"{KISS}:444", ""])
def test_other_origins_may_not(browser: httpx2.Client, origin: str) -> None:
    """What only looks like an allowed origin is told nothing."""
    for answer in (
        browser.options(PARTIJEN, headers={"Origin": origin, **PREFLIGHT}),
        browser.get(PARTIJEN, headers={"Origin": origin}),
    ):
        assert "access-control-allow-origin" not in answer.headers


def test_no_origin_is_allowed_by_default(demo_server: Server, server_factory: StartServer) -> None:
    """Without the setting no page of another origin may read anything."""
    closed = server_factory(bundles="Petstore", durability="fast")
    for url, status in ((f"{closed.url}/readyz", 200), (f"{closed.url}/api/petstore/pets", 401)):
        answer = httpx2.get(url, headers={"Origin": KISS})
        assert answer.status_code == status
        assert not [name for name in answer.headers if name.startswith("access-control")]
    answer = httpx2.get(f"{demo_server.url}{PARTIJEN}", headers={"Origin": KISS})
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("value", ["*", "https://a.example/", "a.example", "https://a.example/x", "null"])
def test_what_is_no_origin_is_refused_at_the_start(value: str) -> None:
    """An origin that would never be met, or every origin, is a fault of the setting."""
    with pytest.raises(ValidationError, match="an origin is written https://host"):
        Settings(cors_origins=f"https://good.example,{value}")


def test_options_names_the_methods(api: httpx2.Client) -> None:
    """OPTIONS needs no credentials and lists what the path answers to, HEAD beside GET."""
    assert api.options(PARTIJEN).headers["allow"] == "GET, POST, HEAD, OPTIONS"
    one = api.options(f"{PARTIJEN}/00000000-0000-4000-8000-000000000000")
    assert one.status_code == 204
    assert one.headers["allow"] == "DELETE, GET, PATCH, HEAD, OPTIONS"


def test_head_answers_as_get_without_a_body(api: httpx2.Client) -> None:
    """Status, length and tag are those of GET, for a collection, an object, and what is not there."""
    made = api.post(PARTIJEN, json={"interneNotitie": "head"}).json()["id"]
    for path in (f"{PARTIJEN}?interneNotitie=head", f"{PARTIJEN}/{made}", f"{PARTIJEN}/{made}?x=1", "/api/x"):
        get, head = api.get(path), api.head(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        for name in ("content-type", "etag", "content-length"):
            if path != "/api/x" and get.status_code == 200:
                assert head.headers.get(name) == get.headers.get(name)
