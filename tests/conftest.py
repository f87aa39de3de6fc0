"""Fixtures for tests that talk to a real gateway process."""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx2
import hypothesis
import pytest
from gateway_process import Server, StartServer, free_port
from postgresql_server import NoPostgresql, PostgresqlServer, StartPostgresql

# Continuous integration repeats the same examples; at a desk each run looks for new ones.
# No deadline: how long an example takes tells more of the machine's other work than of the code.
hypothesis.settings.register_profile("desk", deadline=None)
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.load_profile("desk")
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


@pytest.fixture(scope="session")
def start_postgresql() -> Iterator[StartPostgresql]:
    """Start PostgreSQL servers (``durable=True``: with fsync); all are removed at the end.

    Where there is none to be had, continuous integration fails and a desk skips, and says so.
    """
    started: list[PostgresqlServer] = []

    def start(**settings: bool) -> PostgresqlServer:
        try:
            server = PostgresqlServer(**settings)
        except NoPostgresql as error:
            missing = f"PostgreSQL IS NOT TESTED: {error}"
            if os.environ.get("CI"):
                pytest.fail(missing)
            pytest.skip(missing)
        started.append(server)
        return server.create()

    yield start
    for server in started:
        server.remove()


@pytest.fixture(scope="session")
def postgresql_database(start_postgresql: StartPostgresql) -> str:
    """The URL of a database that the tests of one worker share, one after the other."""
    return start_postgresql().database("shared")


@pytest.fixture(scope="session")
def server_factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Start gateways with settings given as keywords (``demo="true"``); all are stopped at the end."""
    started: list[Server] = []

    def start(**settings: str) -> Server:
        folder = tmp_path_factory.mktemp("gateway")
        environment = {
            k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_") or k == "GATEWAY_SHARED"
        }
        port = free_port()
        given = {"store": f"sqlite:///{folder}/test.db", "port": str(port), **settings}
        environment |= {f"GATEWAY_{name.upper()}": value for name, value in given.items()}
        server = Server(port, environment, folder / "server.log")
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def demo_server(server_factory: StartServer) -> Server:
    """A gateway without credentials, with the CustomerInteraction bundle, shared by many tests."""
    return server_factory(demo="true", durability="fast")


@pytest.fixture
def api(demo_server: Server) -> Iterator[httpx2.Client]:
    """A client of the shared gateway."""
    with httpx2.Client(base_url=demo_server.url, timeout=30) as client:
        yield client
