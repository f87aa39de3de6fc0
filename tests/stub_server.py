"""Other systems for tests: servers on loopback that answer as a test says, and remember what they heard."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass(frozen=True)
class Heard:
    """A request as it arrived; ``path`` has its query."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Said:
    """What to answer. ``wire`` is written to the connection instead, when it is given."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    wire: Callable[[BaseHTTPRequestHandler, threading.Event], None] | None = None


Script = Callable[[Heard], Said]


class Stub:
    """A running server. ``heard`` are the requests so far; ``script`` may be changed at any time."""

    def __init__(self, script: Script, context: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.heard: list[Heard] = []
        self.connections = 0
        self.stopping = threading.Event()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                stub.connections += 1
                super().setup()

            def log_message(self, format: str, *args: object) -> None:
                """Tests print nothing."""

            def handle_one_request(self) -> None:
                with contextlib.suppress(ConnectionError, ValueError):
                    super().handle_one_request()
                    return
                self.close_connection = True

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                heard = Heard(self.command, self.path, headers, self.rfile.read(length))
                stub.heard.append(heard)
                said = stub.script(heard)
                if said.wire is not None:
                    said.wire(self, stub.stopping)
                    self.close_connection = True
                    return
                body = said.body
                if not isinstance(body, bytes):
                    body = b"" if body is None else orjson.dumps(body)
                self.send_response(said.status)
                for name, value in {"Content-Type": "application/json", **said.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815 - named by the library

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@contextlib.contextmanager
def serving(script: Script, context: ssl.SSLContext | None = None) -> Iterator[Stub]:
    """A stub for as long as the block runs."""
    stub = Stub(script, context)
    try:
        yield stub
    finally:
        stub.close()


def always(status: int = 200, body: Any = None, **headers: str) -> Script:
    """The same answer to everything."""
    said = Said(status, body, {name.replace("_", "-"): value for name, value in headers.items()})
    return lambda _: said
