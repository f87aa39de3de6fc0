"""The published register's own action: what an identificator stands for is fetched from its register when a
client asks for it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import stub_server
from gateway_process import ROOT, StartServer
from stub_server import Heard, Said, serving

SHARED = Path(os.environ.get("GATEWAY_SHARED") or ROOT.parent / "shared")
ORIGINAL = SHARED / "corpus" / "bundles" / "CustomerInteractionBundle"
PARTIJEN = "/api/kic/v1/partijen"

pytestmark = pytest.mark.skipif(
    not ORIGINAL.is_dir(),
    reason=f"THE ORIGINAL BUNDLE IS NOT TESTED: {ORIGINAL} is not there; set GATEWAY_SHARED",
)


@pytest.fixture(scope="module")
def stub() -> Iterator[stub_server.Stub]:
    def register(heard: Heard) -> Said:
        return Said(200, {"naam": "Moulin"}) if heard.path.endswith("/42") else Said(404, {})

    with serving(register) as server:
        yield server


@pytest.fixture(scope="module")
def api(
    stub: stub_server.Stub, server_factory: StartServer, tmp_path_factory: pytest.TempPathFactory
) -> httpx2.Client:
    """The bundle as it was published, beside a source that its action knows nothing of."""
    folder = tmp_path_factory.mktemp("register")
    source = {"$id": "https://example.nl/personen.source.json", "title": "Personen", "url": f"{stub.url}/brp"}
    (folder / "sources").mkdir()
    (folder / "sources" / "personen.json").write_text(json.dumps({**source, "retries": 0}))
    (folder / "installation.json").write_text(json.dumps({"name": "Register"}))
    server = server_factory(
        demo="true",
        durability="fast",
        bundles=f"{ORIGINAL},{folder}",
        outgoing_allow=f"127.0.0.1:{stub.port}",
    )
    return server.client()


def known(number: str, register: str) -> dict[str, Any]:
    identificator = {
        "objecttype": "personen",
        "soortObjectId": "integer",
        "objectId": number,
        "register": register,
    }
    return {"partijIdentificator": identificator}


def test_an_identificator_is_filled_from_its_register(api: httpx2.Client, stub: stub_server.Stub) -> None:
    """With ``_extend`` the object is asked for at ``<register>/<objecttype>/<objectId>`` and shown beside the
    number; without it nobody is asked, and what cannot be had leaves the answer as it is."""
    registers = (("42", f"{stub.url}/brp"), ("43", f"{stub.url}/brp"), ("42", "https://elders.example/brp"))
    body = {
        "nummer": "1",
        "interneNotitie": "geen",
        "soortPartij": "natuurlijk_persoon",
        "indicatieActief": True,
        "indicatieGeheimhouding": False,
        "externeIdentificaties": [known(*each) for each in registers],
    }
    made = api.post(PARTIJEN, json=body)
    assert made.status_code == 201, made.text
    place = f"{PARTIJEN}/{made.json()['id']}"
    plain = api.get(place)
    assert (plain.status_code, stub.heard) == (200, [])
    assert "Moulin" not in plain.text
    answer = api.get(place, params={"_extend[]": "externeIdentificaties.partijIdentificator"})
    assert answer.status_code == 200, answer.text
    assert sorted(each.path for each in stub.heard) == ["/brp/personen/42", "/brp/personen/43"]
    shown = json.dumps(answer.json())
    assert shown.count('"naam": "Moulin"') == 1
