"""What a gateway without credentials answers: this machine, and its own pages."""

from __future__ import annotations

import httpx2
import pytest
from gateway_process import Server, StartServer

PATHS = ("/", "/docs", "/openapi.json", "/healthz", "/nothing", "/api/klanten", "/api/kic/v1/partijen")


def status(server: Server, path: str, **headers: str) -> int:
    return httpx2.get(f"{server.url}{path}", headers=headers, timeout=30).status_code


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.2",
        "[::2]:80",
        "localhost:80:80",
        "localhost:port",
        "",
    ],
)
def test_another_name_is_refused(demo_server: Server, path: str, host: str) -> None:
    """A name that somebody made lead here reaches neither pages nor endpoints."""
    answer = httpx2.get(f"{demo_server.url}{path}", headers={"host": host}, timeout=30)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Host" in answer.json()["detail"]
    assert "localhost" in answer.json()["detail"]
    assert host == "" or host not in answer.text or host in "localhost"


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8765", "[::1]", "[::1]:80"]
)
def test_the_names_of_this_machine_are_answered(demo_server: Server, host: str) -> None:
    """Each name of the loopback address will do, with any port."""
    for path in ("/", "/healthz", "/api/klanten"):
        assert status(demo_server, path, host=host) == 200


def test_another_site_is_refused(demo_server: Server) -> None:
    """A form or script of another site can neither read nor write, whatever it declares its body to be."""
    for origin in (
        "https://evil.example",
        "http://localhost:1",
        "null",
        f"https://127.0.0.1:{demo_server.port}",
    ):
        headers = {"origin": origin, "content-type": "text/plain"}
        answer = httpx2.post(f"{demo_server.url}/api/klanten", content=b"{}", headers=headers, timeout=30)
        assert answer.status_code == 403
        assert "Origin" in answer.json()["detail"]
        assert all(status(demo_server, path, origin=origin) == 403 for path in PATHS)


def test_its_own_pages_are_answered(demo_server: Server) -> None:
    """What /docs tries out carries the origin of the page itself."""
    for host in (f"127.0.0.1:{demo_server.port}", f"localhost:{demo_server.port}"):
        headers = {"origin": f"http://{host}", "host": host}
        made = httpx2.post(f"{demo_server.url}/api/klanten", json={}, headers=headers, timeout=30)
        assert made.status_code == 201


def test_a_site_that_the_administrator_names_is_answered(server_factory: StartServer) -> None:
    """Origins of GATEWAY_CORS_ORIGINS may call a demonstration; others still may not."""
    server = server_factory(
        demo="true", bundles="Petstore", durability="fast", cors_origins="https://a.example"
    )
    assert status(server, "/api/petstore/pets", origin="https://a.example") == 200
    assert status(server, "/api/petstore/pets", origin="https://b.example") == 403


def test_with_credentials_any_name_will_do(server_factory: StartServer) -> None:
    """A gateway that asks for credentials may be reached under the name that it is given."""
    server = server_factory(bundles="Petstore", durability="fast")
    assert status(server, "/", host="register.example") == 200
    assert status(server, "/api/petstore/pets", host="register.example") == 401
