"""What a client sends about people stands in no line that the gateway writes, and in no error."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from gateway_process import Server, StartServer

from gateway_core.app import now
from gateway_core.web.asgi import Observation
from gateway_core.web.log import AccessLog

BSN, MAIL, NAME = "999990019", "noor.geheim@example.nl", "Geheimenaar"
PARTIJEN, KLANTEN, TAKEN = "/api/kic/v1/partijen", "/api/kic/v1/klanten", "/api/kic/v1/taken"
SECRETS = (BSN, MAIL, NAME)


@pytest.fixture(scope="module")
def server(server_factory: StartServer) -> Server:
    """A gateway whose log is its own."""
    return server_factory(demo="true", durability="fast", header_timeout="1")


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url, timeout=30) as made:
        yield made


QUERIES = [
    f"{PARTIJEN}?externeIdentificaties.partijIdentificator.objectId={BSN}",
    f"{PARTIJEN}?externeIdentificaties.partijIdentificator.objectId[regex]=({BSN}",
    f"{PARTIJEN}?verstrekteAdressen={MAIL}",
    f"{PARTIJEN}?indicatieActief={MAIL}",
    f"{PARTIJEN}?_order={MAIL}",
    f"{PARTIJEN}?_fields={NAME}",
    f"{PARTIJEN}?_extend={NAME}",
    f"{PARTIJEN}?_limit={BSN}&_page={BSN}",
    f"{PARTIJEN}?_search[{NAME}]=x",
    f"{PARTIJEN}/{BSN}",
    f"{PARTIJEN}/{BSN}/{MAIL}",
    f"{PARTIJEN}/{BSN}/voorkeurskanaal?taak={MAIL}",
    f"{PARTIJEN}/00000000-0000-4000-8000-000000000000/voorkeurskanaal?taak={MAIL}&zaak={NAME}",
    f"{KLANTEN}?embedded.subjectIdentificatie.inpBsn={BSN}",
    f"{KLANTEN}?embedded.emails.email[{NAME}]={MAIL}",
    f"{KLANTEN}?_order[achternaam]={NAME}",
    f"{KLANTEN}/{MAIL}",
    f"{TAKEN}?identificatie.value={BSN}&verloopdatum={BSN}",
    f"/api/{NAME}?{BSN}={MAIL}",
    f"/{NAME}/{BSN}",
    f"/docs?{MAIL}",
]
BODIES = [
    {"persoon": {"achternaam": NAME}, "soortPartij": BSN, "verstrekteAdressen": [MAIL]},
    {"persoon": NAME, "indicatieActief": MAIL, "nummer": {"a": BSN}},
    {
        "externeIdentificaties": [{"partijIdentificator": {"soortObjectId": "bsn", "objectId": f"{BSN}0"}}],
        "bezoekadres": {"postcode": MAIL},
    },
    {"persoon": {"voornaam": NAME * 500}, "voorkeurskanaal": {"adres": MAIL, "soortDigitaalAdres": NAME}},
    {"voornaam": [NAME], "subjectIdentificatie": {"inpBsn": f"{BSN}1"}, "emails": MAIL},
    {"embedded": {"emails": [{"email": NAME}], "subjectIdentificatie": BSN}},
    {"identificatie": {"type": "bsn", "value": f"{BSN}2"}, "title": {"x": NAME}, "verloopdatum": MAIL},
]
RAW = [
    f"GET /api/kic/v1/partijen?x={BSN} HTTP/9.9\r\nHost: x\r\n\r\n",
    f"GET /{BSN} HTTP/1.1\r\nHost: {MAIL}\r\nX: {NAME}\0\r\n\r\n",
    f"{NAME} {MAIL} {BSN}\r\n\r\n",
    (
        f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {BSN}.{NAME}.x\r\nX-Request-ID: {BSN}\r\n"
        f"X-Forwarded-For: {MAIL}\r\nContent-Length: {BSN}\r\nTransfer-Encoding: chunked\r\n\r\n"
    ),
    (
        f"POST {PARTIJEN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n"
        f'{{"a": "{BSN}"'
    ),
]


def test_the_log_and_the_errors(server: Server, client: httpx2.Client) -> None:
    """Whatever is asked or sent, refused or stored: no value of it is in the log or in an error."""
    for url in QUERIES:
        answer = client.get(url)
        if answer.status_code >= 400:
            told = answer.text.replace(f"'{BSN}'", "").replace(f"[{NAME}]", "")  # names of parameters
            assert not [word for word in SECRETS if word in told], (url, answer.text)
    for body in BODIES:
        for path in (PARTIJEN, KLANTEN, TAKEN):
            answer = client.post(path, json=body)
            assert answer.status_code in (201, 400)
            if answer.status_code == 400:
                assert not [word for word in SECRETS if word in answer.text], (path, answer.text)
    for content in (f'{{"a": {MAIL}}}', f'{{"{NAME}": 1, "{NAME}": 2}}', f'["{BSN}"', f'"{BSN}"'):
        answer = client.post(PARTIJEN, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        assert BSN not in answer.text
        assert MAIL not in answer.text
    for request in RAW:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.sendall(request.encode())
            connection.shutdown(socket.SHUT_WR)
            assert not [word for word in SECRETS if word.encode() in connection.recv(65_536)]
    time.sleep(1)  # lines are written together
    log = server.log.read_text()
    assert log.count('"status":400') > len(BODIES)
    assert not [word for word in SECRETS if word in log]


@pytest.mark.slow
def test_a_store_that_fails_is_told_to_the_administrator_only(
    server_factory: StartServer, tmp_path: Path
) -> None:
    """While another process holds the store a write ends in 503 without a word of files; the log has them."""
    store = tmp_path / "locked.db"
    locked = server_factory(demo="true", durability="fast", store=f"sqlite:///{store}")
    holder = sqlite3.connect(store, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        answers = [httpx2.post(f"{locked.url}{path}", json={}, timeout=60) for path in (PARTIJEN, KLANTEN)]
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    sentence = "What is kept cannot be reached at this moment. Try again later."
    assert [answer.status_code for answer in answers] == [503, 503]
    assert (answers[0].json()["detail"], answers[1].json()["message"]) == (sentence, sentence)
    assert all("retry-after" in answer.headers and str(store) not in answer.text for answer in answers)
    assert f"The store {store} is locked by another process" in locked.log.read_text()
    assert httpx2.post(f"{locked.url}{PARTIJEN}", json={}, timeout=60).status_code == 201


def test_a_fault_of_ours_is_logged_without_its_message(tmp_path: Path) -> None:
    """An exception may carry a value of a request: its type and place are written, its text is not."""
    file = tmp_path / "log"
    with pytest.raises(ValueError, match=BSN) as caught:
        raise ValueError(f"cannot handle {BSN}") from KeyError(MAIL)
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY)
    AccessLog(descriptor, now)(Observation("GET", "/api/x", 500, 0.1, "r-1", "app", caught.value))
    os.close(descriptor)
    line = json.loads(file.read_text())
    assert line["fault"] == "ValueError"
    assert line["trace"][-1].startswith("test_personal_data.py:")
    assert not [word for word in SECRETS if word in file.read_text()]
