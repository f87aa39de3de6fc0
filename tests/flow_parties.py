"""Those who take part in the flows: programs that listen and speak HTTP, and a log of who called whom."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt
import orjson
from gateway_process import ROOT, Server

KIC = "/api/kic/v1"
NAMES = {
    "T": "Wie klanten registreert",
    "ZS": "Zaaksysteem",
    "KR": "KlantenRegister",
    "AC": "Afhandelcomponent",
    "MO": "Mijn omgeving",
    "K": "Klant",
}
FROM = "x-party"
SOON = 60.0
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def numbers() -> Iterator[str]:
    """Numbers that pass the eleven-test, none twice."""
    for head in range(99_999_365, 10_000_000, -7):
        rest = sum(int(digit) * weight for digit, weight in zip(str(head), range(9, 1, -1), strict=True)) % 11
        if rest < 10:
            yield f"{head}{rest}"


@dataclass(frozen=True)
class Called:
    """One call: who called whom, how, and where; without ids and without a query."""

    who: str
    whom: str
    what: str


@dataclass
class Calls:
    """Every call of a flow, in the order in which they were made."""

    listed: list[Called] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, who: str, whom: str, method: str, path: str) -> None:
        place = _ID.sub("{id}", urlsplit(path).path.removeprefix(KIC))
        with self._lock:
            self.listed.append(Called(who, whom, f"{method} {place}"))

    def diagram(self) -> str:
        """A sequence diagram in Mermaid's language."""
        taking_part = dict.fromkeys(party for call in self.listed for party in (call.who, call.whom))
        lines = ["sequenceDiagram", *(f"    participant {key} as {NAMES[key]}" for key in taking_part)]
        lines += [f"    {call.who}->>{call.whom}: {call.what}" for call in self.listed]
        return "\n".join(lines)


@dataclass(frozen=True)
class Heard:
    """A request that a party received: its query and headers (names in small letters) beside its body."""

    who: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


Answer = tuple[int, Any]


class Party:
    """A program that listens on the loopback address, and calls others by name.

    ``register`` is a client of the register with the party's own credentials. What arrives is noted, and
    answered by ``handle``; when that fails the answer is 500, as that of any program would be.
    """

    name = ""

    def __init__(self, calls: Calls, register: httpx2.Client) -> None:
        self.calls, self._register = calls, register
        self.heard: list[Heard] = []
        self.failures = 0
        self._http = httpx2.Client(timeout=30, headers={FROM: self.name})
        party = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, body = party._answered(self, content)
                sent = b"" if body is None else orjson.dumps(body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_GET = do_POST = answer  # noqa: N815 - named by the library

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _answered(self, request: BaseHTTPRequestHandler, content: bytes) -> Answer:
        parts = urlsplit(request.path)
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        body = orjson.loads(content) if content else None
        heard = Heard(headers.get(FROM, "KR"), request.command, parts.path, query, headers, body)
        self.calls.note(heard.who, self.name, heard.method, heard.path)
        self.heard.append(heard)
        try:
            return self.handle(heard)
        except Exception as fault:  # noqa: BLE001 - a program that fails answers so, and the caller decides
            self.failures += 1
            return 500, {"fault": type(fault).__name__}

    def handle(self, heard: Heard) -> Answer:
        """The answer to a request; of a party that only listens, nothing."""
        return 204, None

    def ask(self, method: str, path: str, expected: int, body: Any = None, **query: str) -> Any:
        """Call the register, which answers with this status."""
        self.calls.note(self.name, "KR", method, path)
        answer = self._register.request(method, path, json=body, params=query or None)
        assert answer.status_code == expected, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def call(self, method: str, url: str, body: Any = None, **query: str) -> Any:
        """Call another party, which notes that it was called."""
        answer = self._http.request(method, url, json=body, params=query or None)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def subscribe(self, naam: str, **filters: str) -> str:
        channel = {"naam": naam, "filters": filters} if filters else {"naam": naam}
        body = {"callbackUrl": f"{self.url}/notificaties", "kanalen": [channel]}
        made: str = self.ask("POST", f"{KIC}/abonnement", 201, body)["id"]
        return made

    def told(self, count: int = 1) -> list[Heard]:
        """What the register told this party, once it is so much."""
        until(
            lambda: len(self._told()) >= count, f"{self.name} was told {len(self._told())} of {count} things"
        )
        return self._told()

    def _told(self) -> list[Heard]:
        return [heard for heard in self.heard if heard.path == "/notificaties"]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._http.close()


class Zaaksysteem(Party):
    """Keeps zaken and who initiated them, asks for tasks, and takes what residents upload."""

    name = "ZS"

    def __init__(self, calls: Calls, register: httpx2.Client) -> None:
        super().__init__(calls, register)
        self.zaken: dict[str, dict[str, Any]] = {}
        self.initiators: dict[str, dict[str, Any]] = {}
        self.uploads: list[Any] = []

    def handle(self, heard: Heard) -> Answer:
        match heard.method, heard.path.strip("/").split("/"):
            case "POST", ["zaken"]:
                return 201, self.open(heard.body["identificatie"], heard.body["initiator"])
            case "GET", ["zaken", number]:
                return 200, self.zaken[number]
            case "GET", ["rollen"]:
                assert heard.query["omschrijvingGeneriek"] == "initiator"
                return 200, {"results": [self.initiators[heard.query["zaak"]]]}
            case "POST", ["uploads", _]:
                if heard.body not in self.uploads:
                    self.uploads.append(heard.body)
                number = self.uploads.index(heard.body) + 1
                return 201, {"document": f"{self.url}/documenten/{number}"}
        return 204, None

    def open(self, identificatie: str, initiator: str) -> dict[str, Any]:
        """A new zaak of a person, who wants to be told of it by telephone."""
        url = f"{self.url}/zaken/{identificatie}"
        zaak = self.zaken[identificatie] = {"url": url, "identificatie": identificatie}
        self.initiators[url] = {
            "omschrijvingGeneriek": "initiator",
            "betrokkeneIdentificatie": {"inpBsn": initiator},
        }
        return zaak

    def task(self, bsn: str, partij: str, zaak: str, **members: Any) -> dict[str, Any]:
        """S2: ask something of a person."""
        person = {
            "betrokkeneType": "natuurlijk_persoon",
            "rolType": "initiator",
            "betrokkene": {"inpBsn": bsn},
        }
        body = {
            "title": "Lever extra document aan",
            "onderwerp": "Aanvulling",
            "toelichting": "Loonstrook",
            "status": "open",
            "zaak": f"{self.url}/zaken/{zaak}",
            "type": "https://typen.example.nl/aanvulling",
            "actie": {"type": "url", "value": f"https://mijn.example.nl/upload/{zaak}"},
            "verloopdatum": "2026-02-01T00:00:00Z",
            "identificatie": {"type": "bsn", "value": bsn},
            "betrokkenen": [{**person, "partij": partij}],
            **members,
        }
        made: dict[str, Any] = self.ask("POST", f"{KIC}/taken", 201, body)
        return made

    def notify_status(self, zaak: str, moment: str = "2026-01-05T12:00:00Z") -> None:
        """Tell that a zaak has a new status."""
        body = {
            "kanaal": "zaken",
            "actie": "create",
            "resource": "status",
            "hoofdObject": f"{self.url}/zaken/{zaak}",
            "resourceUrl": f"{self.url}/statussen/{zaak}-1",
            "kenmerken": {"bronorganisatie": "999990639"},
            "aanmaakdatum": moment,
        }
        self.ask("POST", "/api/notifications", 204, body)


class Afhandelcomponent(Party):
    """Sends what residents are to be told, and writes down what it sent.

    What comes again under an id that it has worked on is passed over. ``down``: so many requests are
    refused before it works again. ``deaf``: so many are worked on, and the answer is lost.
    """

    name = "AC"

    def __init__(self, calls: Calls, register: httpx2.Client, inbox: str) -> None:
        super().__init__(calls, register)
        self._inbox, self._done = inbox, set[str]()
        self.down = self.deaf = 0

    def handle(self, heard: Heard) -> Answer:
        if self.down:
            self.down -= 1
            return 503, None
        event = heard.headers["x-event-id"]
        if event not in self._done:
            work = self._on_status if heard.body["kanaal"] == "zaken" else self._on_task
            work(heard.body)
            self._done.add(event)
        if self.deaf:
            self.deaf -= 1
            return 502, None
        return 204, None

    def _on_task(self, told: dict[str, Any]) -> None:
        """S4 to S7: read the task, choose the channel, send, and write down what was sent."""
        taak = self.ask("GET", urlsplit(told["hoofdObject"]).path, 200)
        if taak["status"] != "open":
            return
        partij, bsn = taak["embedded"]["betrokkenen"][0]["partij"], taak["embedded"]["identificatie"]["value"]
        wishes = taak["extraData"] if isinstance(taak["extraData"], list) else [taak["extraData"]]
        wish = next((each["voorkeurskanaal"] for each in wishes if each and "voorkeurskanaal" in each), None)
        about = taak["zaak"].rpartition("/")[2]
        if isinstance(wish, dict) and wish.get("adres"):
            channel = "sms" if "telefoon" in wish["soortDigitaalAdres"].lower() else "email"
            self._send(partij, bsn, channel, wish["adres"], "taak-aangemaakt", about)
            return
        partij = self._find(bsn)
        rule = self.ask("GET", f"{KIC}/partijen/{partij}/voorkeurskanaal", 200, taak=taak["id"])
        if rule["kanaal"] != "geen":
            address = rule["adres"] or rule["postadres"]
            self._send(partij, bsn, rule["kanaal"], address, "taak-aangemaakt", about)

    def _on_status(self, told: dict[str, Any]) -> None:
        """A zaak has a new status: tell its initiator, and write down the contact."""
        zaak = self.call("GET", told["hoofdObject"])
        place = f"{told['hoofdObject'].partition('/zaken/')[0]}/rollen"
        (initiator,) = self.call("GET", place, zaak=zaak["url"], omschrijvingGeneriek="initiator")["results"]
        bsn = initiator["betrokkeneIdentificatie"]["inpBsn"]
        partij = self._find(bsn)
        rule = self.ask("GET", f"{KIC}/partijen/{partij}/voorkeurskanaal", 200, zaak=zaak["identificatie"])
        self._send(partij, bsn, rule["kanaal"], rule["adres"], "zaak-status", zaak["identificatie"])
        number = {"objecttype": "zaak", "soortObjectId": "url", "objectId": zaak["url"]}
        contact = {"onderwerp": "Nieuwe status", "gaatOver": {"objectIdentificator": number}}
        made = self.ask("POST", f"{KIC}/klantcontacten", 201, contact)["id"]
        person = {"klantcontact": made, "rol": "klant", "partij": partij}
        self.ask("POST", f"{KIC}/betrokkenenbijklantcontact", 201, person)

    def _find(self, bsn: str) -> str:
        """S5: the partij of a number; fails while there is none."""
        kind = "externeIdentificaties.partijIdentificator"
        asked = {f"{kind}.soortObjectId": "bsn", f"{kind}.objectId": bsn}
        (found,) = self.ask("GET", f"{KIC}/partijen", 200, **asked)["results"]
        id: str = found["id"]
        return id

    def _send(self, partij: str, bsn: str, channel: str, to: Any, kind: str, referentie: str) -> None:
        self.call("POST", f"{self._inbox}/{channel}", {"to": to})
        body = {
            "berichtType": kind,
            "aanmaakDatum": "2026-01-05T12:00:00Z",
            "publicatieDatum": "2026-01-05T12:00:00Z",
            "onderwerp": "Er is iets van u nodig",
            "berichttekst": "Kijk in uw omgeving.",
            "referentie": referentie,
            "gebruikerID": bsn,
            "soortGebruiker": "Burger",
            "partij": partij,
        }
        self.ask("POST", f"{KIC}/berichten", 201, body)


class MijnOmgeving(Party):
    """Where a resident who has logged in applies, sees what is asked of her, and hands it in. The register is
    asked with a token that says who she is."""

    name = "MO"

    def __init__(self, calls: Calls, token: Callable[[str], httpx2.Client], zaaksysteem: str) -> None:
        super().__init__(calls, token(""))
        self._token, self._zaaksysteem = token, zaaksysteem

    def as_user(self, bsn: str) -> None:
        """Who logs in now."""
        self._register = self._token(bsn)
        self._bsn = bsn

    def handle(self, heard: Heard) -> Answer:
        match heard.method, heard.path.strip("/").split("/"):
            case "POST", ["aanvragen"]:
                zaak = {"identificatie": heard.body["nummer"], "initiator": self._bsn}
                return 201, self.call("POST", f"{self._zaaksysteem}/zaken", zaak)
            case "GET", ["taken"]:
                return 200, self.ask("GET", f"{KIC}/taken", 200, **heard.query)["results"]
            case "POST", ["taken", task, "documenten"]:
                place = f"{self._zaaksysteem}/uploads/{heard.body['zaak']}"
                sent = self.call("POST", place, {"inhoud": heard.body["inhoud"]})
                done = {"status": "gesloten", "verzonden_data": [{"document": sent["document"]}]}
                return 200, self.ask("PATCH", f"{KIC}/taken/{task}", 200, done)
        return 404, None


class Klant(Party):
    """Has a telephone, a mailbox and a letter box, and a browser."""

    name = "K"

    @property
    def messages(self) -> list[tuple[str, Any]]:
        """What arrived, with the channel."""
        return [(heard.path.strip("/"), heard.body["to"]) for heard in self.heard]


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something that happens soon."""
    deadline = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@dataclass(frozen=True)
class Credentials:
    """Those of one application."""

    key: str
    client_id: str
    secret: str

    @classmethod
    def made(cls, server: Server, name: str, *options: str) -> Credentials:
        """Those of a new application, which the server knows by then."""
        command = [sys.executable, "-m", "gateway_core.cli.main", "app", "add", name, *options]
        done = subprocess.run(
            command, env=server.environment, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60
        )
        told = {
            key: value.strip() for key, _, value in (each.partition(":") for each in done.stdout.splitlines())
        }
        own = cls(told["api key"], told["client id"], told["secret"])
        client = server.client(headers=own.headers())
        until(lambda: client.get(f"{KIC}/taken").status_code != 401, f"the server does not know {name}")
        return own

    def headers(self, **claims: str) -> dict[str, str]:
        """With claims a token that says them, else the key."""
        if not claims:
            return {"x-api-key": self.key}
        told = {"client_id": self.client_id, "iat": int(time.time()), **claims}
        return {"authorization": f"Bearer {jwt.encode(told, self.secret, algorithm='HS256')}"}


def section(page: Path, title: str) -> str:
    """The diagram below a heading of a page."""
    pattern = rf"^## {re.escape(title)}\n.*?```mermaid\n(.*?)\n```"
    found = re.search(pattern, page.read_text(), re.DOTALL | re.MULTILINE)
    return found[1] if found else ""
