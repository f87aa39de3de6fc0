"""One connection: deadlines and bounds where uvicorn has none.

uvicorn (0.54) waits for ever for headers that trickle in, for the rest of a body that nobody
reads any more, and for a client that does not read its answer; its parser has no limit on
headers. Here each of these ends, so that no client can hold what another needs.
"""

from __future__ import annotations

from asyncio import Protocol, TimerHandle, Transport
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import orjson
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway_core.web.transport import GatheringProtocol

LEAST_PROGRESS = 4_096  # bytes that a client reads within a period, or it is not reading
CHUNK_OVERHEAD = 8  # framing for each byte of a body in chunks of one byte, rounded up
FRAMING = 65_536  # what chunk extensions and trailers may add to that


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a connection: seconds, bytes of the request line and headers together, headers,
    and connections of one process."""

    header_timeout: float = 10.0
    send_timeout: float = 30.0
    max_header: int = 32_768
    max_headers: int = 100
    max_connections: int = 500


class Phase(Enum):
    """What of a request is being received."""

    HEADERS = auto()
    BODY = auto()
    NOTHING = auto()


_HEADERS, _NOTHING = Phase.HEADERS, Phase.NOTHING  # looked up with each request


class _Refused(Exception):
    """Stops the parser; the status is with the connection."""


class Connection(GatheringProtocol):
    """uvicorn's protocol with ``limits``. At any time one of these is true: headers are awaited
    under a deadline; the application is at work (it has a deadline for bodies); the answer is
    sent and the rest of the body has a deadline; the connection is idle under uvicorn's own."""

    def __init__(self, *args: Any, limits: Limits, **options: Any) -> None:
        super().__init__(*args, **options)
        self._limits = limits
        self._phase = Phase.NOTHING
        self._deadline: TimerHandle | None = None
        self._sending: TimerHandle | None = None
        self._unsent = 0
        self._received = self._body = 0
        self._status = 400

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wire = transport
        if len(self.connections) > self._limits.max_connections:
            self._refuse(503, "too many connections are open; try again later")
            return
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_deadline()
        if self._sending is not None:
            self._sending.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle
        if self._phase is not _NOTHING or cycle is None or cycle.response_complete:
            self._judge()

    def _judge(self) -> None:
        """What to think of a client of which a request has begun to arrive, or nothing that is one."""
        if self._wire.is_closing():
            return
        if self._phase is Phase.HEADERS and self._received > self._limits.max_header:
            self._refuse(431, f"the request line and headers are larger than {self._limits.max_header} bytes")
        elif self._phase is Phase.BODY and self._received > self._body * CHUNK_OVERHEAD + FRAMING:
            self._refuse(400, "the body is framed in chunks that say more than the body itself")
        elif self._deadline is None and (self._phase is Phase.HEADERS or not self._at_work):
            self._set_deadline()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._phase = _HEADERS

    def on_headers_complete(self) -> None:
        limits, headers = self._limits, self.headers
        if len(headers) > limits.max_headers or (
            self._received > limits.max_header and self._header_size() > limits.max_header
        ):
            self._status = 431
            raise _Refused
        hosts = [name for name, _ in headers].count(b"host")
        if hosts != 1 and (hosts or self.parser.get_http_version() == "1.1"):  # RFC 9112, section 3.2
            raise _Refused
        self._phase = Phase.BODY
        self._received = self._body = 0
        if self._deadline is not None:
            self._unset_deadline()
        super().on_headers_complete()
        self.headers = []  # takes up trailers, which must not pass for headers

    def _header_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._phase = _NOTHING
        self._received = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._wire.is_closing():
            self._watch_sending()
        elif self._phase is Phase.BODY and self._deadline is None:
            self._set_deadline()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_sending()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._watch_sending()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says it in all cases
        """What the parser refused; uvicorn's sentence gives way to ours."""
        detail = "the request is not HTTP as it should be written"
        if self._status == 431:
            limits = self._limits
            detail = f"at most {limits.max_headers} headers are read, of {limits.max_header} bytes together"
        self._refuse(self._status, detail)

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: a client that asks for another protocol is answered in this one."""

    @property
    def _at_work(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _set_deadline(self) -> None:
        self._deadline = self.loop.call_later(self._limits.header_timeout, self._too_late)

    def _unset_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if self._at_work:  # a next request trickles in while this one is answered
            self._set_deadline()
        elif self._phase is Phase.HEADERS:
            self._refuse(408, "the headers did not arrive in time")
        else:
            self.transport.close()
            self._watch_sending()

    def _refuse(self, status: int, detail: str) -> None:
        """Answer without the application, and close."""
        title = HTTPStatus(status).phrase
        content = orjson.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
        head = (
            f"HTTP/1.1 {status} {title}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(content)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + content)
        self.transport.close()
        self._watch_sending()

    def _watch_sending(self) -> None:
        """Cut the connection when what was written is not being read."""
        if self._sending is None:
            self._unsent = self.transport.get_write_buffer_size()
            if self._unsent:
                self._sending = self.loop.call_later(self._limits.send_timeout, self._check_sending)

    def _check_sending(self) -> None:
        self._sending = None
        if self._unsent - self.transport.get_write_buffer_size() < min(LEAST_PROGRESS, self._unsent):
            self.transport.abort()
        else:
            self._watch_sending()


def protocol(limits: Limits) -> type[Protocol]:
    """What uvicorn makes a connection with; it can be sent to other server processes."""
    made: Callable[..., Connection] = partial(Connection, limits=limits)
    return cast("type[Protocol]", made)
