"""The package as it is published: built, unpacked somewhere else, and run from there."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx2
import pytest
from gateway_process import ROOT, Server, free_port


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the package from its wheel, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "packages")
    return folder


def environment(folder: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    given = {f"GATEWAY_{name.upper()}": value for name, value in settings.items()}
    return {**kept, **given, "PYTHONPATH": str(folder / "packages"), "PYTHONSAFEPATH": "1"}


def test_runs_from_where_it_was_installed(installed: Path) -> None:
    """What is imported is the unpacked package, not the checkout."""
    program = "import gateway_core; print(gateway_core.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=installed,
        env=environment(installed),
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()).is_relative_to(installed / "packages")


@pytest.mark.server
@pytest.mark.parametrize(
    ("bundles", "path"),
    [
        ("CustomerInteraction,CustomerInteractionDemo", "/api/kic/v1/klanten"),
        ("Petstore", "/api/petstore/pets"),
    ],
)
def test_serves_the_bundles_that_it_carries(installed: Path, tmp_path: Path, bundles: str, path: str) -> None:
    """``gateway serve`` in an empty folder serves each bundle by its name, with pages and documentation."""
    port = free_port()
    settings = {
        "store": f"sqlite:///{tmp_path / 'store.db'}",
        "bundles": bundles,
        "demo": "true",
        "port": str(port),
    }
    server = Server(port, environment(installed, **settings), tmp_path / "log", folder=tmp_path)
    try:
        server.start()
        client = server.client()
        answers = [client.get(each) for each in (path, "/", "/docs", "/openapi.json")]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 200]
        assert path in answers[-1].json()["paths"]
        asset = httpx2.get(f"{server.url}/assets/swagger-ui/swagger-ui.css", timeout=10)
        assert asset.status_code == 200
    finally:
        server.stop()
