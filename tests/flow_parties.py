"""Those who take part in the flows: programs that speak HTTP, with a log of who called whom."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

KIC = "/api/kic/v1"
BSN = "999993653"
NAMES = {
    "ZS": "Zaaksysteem",
    "KR": "KlantenRegister",
    "AC": "Afhandelcomponent",
    "MO": "Mijn omgeving",
    "K": "Klant",
}
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Calls:
    """Who called whom, in order; without ids and without anything about a person."""

    listed: list[tuple[str, str, str]] = field(default_factory=list)

    def note(self, who: str, whom: str, method: str, path: str) -> None:
        place = _ID.sub("{id}", urlsplit(path).path.removeprefix(KIC))
        self.listed.append((who, whom, f"{method} {place}".strip()))

    def diagram(self) -> str:
        """A sequence diagram in Mermaid's language."""
        taking_part = dict.fromkeys(party for who, whom, _ in self.listed for party in (who, whom))
        lines = ["sequenceDiagram", *(f"    participant {key} as {NAMES[key]}" for key in taking_part)]
        lines += [f"    {who}->>{whom}: {text}" for who, whom, text in self.listed]
        return "\n".join(lines)


class Client:
    """A party that calls the register."""

    def __init__(self, name: str, url: str, calls: Calls) -> None:
        self._name, self._calls = name, calls
        self._http = httpx2.Client(base_url=url, timeout=30)

    def call(self, method: str, path: str, expected: int, body: Any = None, **query: str) -> Any:
        self._calls.note(self._name, "KR", method, path)
        answer = self._http.request(method, path, json=body, params=query or None)
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else None

    def close(self) -> None:
        self._http.close()


class Zaaksysteem:
    """Answers for its zaken and the roles in them."""

    def __init__(self, calls: Calls) -> None:
        self.documents: dict[str, Any] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                calls.note("AC", "ZS", "GET", self.path)
                found = outer.documents.get(urlsplit(self.path).path)
                content = json.dumps(found).encode()
                self.send_response(200 if found is not None else 404)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def section(page: Path, title: str) -> str:
    """The diagram below a heading of a page."""
    pattern = rf"^## {re.escape(title)}\n.*?```mermaid\n(.*?)\n```"
    found = re.search(pattern, page.read_text(), re.DOTALL | re.MULTILINE)
    return found[1] if found else ""
