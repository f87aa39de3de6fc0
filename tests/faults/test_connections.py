"""Clients that are slow, huge or malformed on the level of bytes, while another client is served."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Callable, Iterator

import httpx2
import pytest
from gateway_process import Server, StartServer

PARTIJEN = "/api/kic/v1/partijen"
HEADER_SECONDS, BODY_SECONDS, MANY = 1, 2, 60
PATIENCE = 20  # an upper bound for anything that has to end by itself


@pytest.fixture(scope="module")
def server(server_factory: StartServer) -> Server:
    """A gateway whose deadlines are short."""
    return server_factory(
        demo="true",
        durability="fast",
        header_timeout=str(HEADER_SECONDS),
        read_timeout=str(BODY_SECONDS),
        send_timeout=str(BODY_SECONDS),
        keep_alive="1",
        max_connections="100",
    )


@contextlib.contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        yield connection


def rest(connection: socket.socket) -> bytes:
    """All that still comes; the gateway must end it."""
    received = bytearray()
    with contextlib.suppress(ConnectionError):
        while chunk := connection.recv(65_536):
            received += chunk
    return bytes(received)


def exchange(server: Server, request: bytes) -> bytes:
    """The answer to bytes as they are, read until the gateway closes."""
    with connected(server) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(request)
        return rest(connection)


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def trickle(connection: socket.socket, piece: Callable[[int], bytes]) -> bytes:
    """Send a piece every tenth of a second until the gateway has enough of it; what it answered."""
    connection.settimeout(0.1)
    received = b""
    for number in range(PATIENCE * 10):
        try:
            connection.sendall(piece(number))
            chunk = connection.recv(65_536)
        except TimeoutError:
            continue
        except ConnectionError:
            return received
        if not chunk:
            return received
        received += chunk
    raise AssertionError("the gateway still listens")


def other_client_is_served(server: Server) -> None:
    answer = httpx2.get(f"{server.url}{PARTIJEN}", timeout=PATIENCE)
    assert answer.status_code == 200


def post(length: str) -> bytes:
    head = f"POST {PARTIJEN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
    return f"{head}\r\n{length}\r\n\r\n".encode()


@pytest.mark.server
class TestDeadlines:
    def test_headers_that_trickle_in_end_in_408(self, server: Server) -> None:
        """Headers that never end are given up after the deadline, however often something comes."""
        with connected(server) as connection:
            connection.sendall(b"GET /api/kic/v1/partijen HTTP/1.1\r\nHost: localhost\r\n")
            other_client_is_served(server)
            assert statuses(trickle(connection, lambda n: b"X-%d: a\r\n" % n)) == [408]

    def test_empty_lines_do_not_hold_a_connection(self, server: Server) -> None:
        """What comes between requests and is none cannot postpone the end."""
        with connected(server) as connection:
            assert trickle(connection, lambda _: b"\r\n") == b""

    def test_a_connection_without_a_byte_ends(self, server: Server) -> None:
        """Half-open connections are closed, and others are served meanwhile."""
        with contextlib.ExitStack() as stack:
            silent = [stack.enter_context(connected(server)) for _ in range(MANY)]
            other_client_is_served(server)
            assert [rest(connection) for connection in silent] == [b""] * MANY

    def test_a_body_that_trickles_in_ends_in_408(self, server: Server) -> None:
        """Sixty bodies that never end are given up, and others are served meanwhile."""
        with contextlib.ExitStack() as stack:
            slow = [stack.enter_context(connected(server)) for _ in range(MANY)]
            for connection in slow:
                connection.sendall(post("Content-Length: 100000") + b'{"a":')
            other_client_is_served(server)
            assert statuses(trickle(slow[0], lambda _: b" ")) == [408]
            assert all(statuses(rest(connection)) == [408] for connection in slow[1:])

    def test_the_rest_of_a_refused_body_is_not_awaited(self, server: Server) -> None:
        """A body that nobody reads any more cannot hold the connection."""
        with connected(server) as connection:
            connection.sendall(post("Content-Length: 900000").replace(b"/partijen", b"/nothing"))
            assert statuses(trickle(connection, lambda _: b" ")) == [404]

    def test_an_idle_connection_ends(self, server: Server) -> None:
        """After an answer the connection stays open for the next request, and not for ever."""
        with connected(server) as connection:
            for _ in range(2):
                connection.sendall(b"HEAD /api/kic/v1/partijen HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert statuses(connection.recv(65_536)) == [200]
            assert rest(connection) == b""

    def test_a_client_that_does_not_read_is_cut_off(self, server: Server) -> None:
        """Answers that nobody takes are not kept: the connection is reset before all are sent."""
        request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with connected(server) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.settimeout(PATIENCE)
            started = time.monotonic()
            with pytest.raises(ConnectionError):  # noqa: PT012 - one of many sends fails
                for _ in range(PATIENCE * 10):
                    connection.sendall(request)
                    time.sleep(0.1)
            assert time.monotonic() - started < PATIENCE
        other_client_is_served(server)


@pytest.mark.server
class TestBounds:
    def test_more_connections_than_allowed_are_refused(self, server: Server) -> None:
        """The connection beyond the bound hears 503 at once; when others end, there is room again."""
        with contextlib.ExitStack() as stack:
            opened = [stack.enter_context(connected(server)) for _ in range(140)]
            answers = [rest(connection) for connection in opened]
            refused = [answer for answer in answers if statuses(answer) == [503]]
            assert 40 <= len(refused) < 140
        other_client_is_served(server)

    @pytest.mark.parametrize(
        "headers",
        [
            b"X-Giant: " + b"a" * 200_000 + b"\r\n",
            b"X-Giant: " + b"a" * 200_000,
            b"".join(b"X-%d: a\r\n" % number for number in range(5_000)),
            b"".join(b"X-%d: a\r\n" % number for number in range(101)),
            b"a" * 200_000,
        ],
        ids=["giant", "giant, unfinished", "bomb", "one too many", "giant name"],
    )
    def test_too_many_or_too_large_headers(self, server: Server, headers: bytes) -> None:
        """Headers beyond the bounds are answered 431 and not collected (a reset may hide the answer)."""
        request = b"GET /api/kic/v1/partijen HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n"
        assert statuses(exchange(server, request)) in ([431], [400], [])
        other_client_is_served(server)

    def test_the_answer_to_a_header_too_many(self, server: Server) -> None:
        """It is a problem document that names the bounds."""
        headers = b"".join(b"X-%d: a\r\n" % number for number in range(100))
        answer = exchange(server, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"application/problem+json" in head
        assert json.loads(body)["status"] == 431
        assert "100 headers" in json.loads(body)["detail"]

    def test_trailers_are_no_headers(self, server_factory: StartServer) -> None:
        """What stands behind a chunked body cannot pass for a header, so not for credentials either."""
        closed = server_factory()
        trailer = b"0\r\nX-Api-Key: a\r\nContent-Type: text/html\r\n\r\n"
        request = post("Transfer-Encoding: chunked\r\nConnection: close") + b"2\r\n{}\r\n" + trailer
        answer = exchange(closed, request)
        assert statuses(answer) == [401]
        assert b"carries no credentials" in answer
        endless = post("Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\nX: " + b"a" * 500_000
        assert statuses(exchange(closed, endless)) in ([401, 400], [401], [])

    def test_chunks_that_say_more_than_the_body(self, server: Server) -> None:
        """Chunk extensions do not count as a body, and are bounded all the same."""
        chunk = b"1;" + b"x" * 10_000 + b"\r\n \r\n"
        answer = exchange(server, post("Transfer-Encoding: chunked") + chunk * 100)
        assert statuses(answer) in ([400], [])

    def test_a_body_over_the_limit_in_chunks(self, server: Server) -> None:
        """A body that does not announce its size is refused when it passes the limit."""
        chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
        answer = exchange(server, post("Transfer-Encoding: chunked\r\nConnection: close") + chunk * 20)
        assert statuses(answer) in ([413], [])


GET = b"GET /api/kic/v1/partijen HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
HIDDEN = b"GET /api/kic/v1/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
SHAPES = {
    "both lengths": (
        post("Content-Length: 4\r\nTransfer-Encoding: chunked") + b"0\r\n\r\n" + HIDDEN,
        {400},
    ),
    "two lengths": (post("Content-Length: 2\r\nContent-Length: 40") + b"{}" + HIDDEN, {400}),
    "equal lengths": (post("Content-Length: 2\r\nContent-Length: 2\r\nConnection: close") + b"{}", {400}),
    "a length with a sign": (post("Content-Length: +2") + b"{}", {400}),
    "a length of another alphabet": (post("Content-Length: ٢") + b"{}", {400}),
    "a negative length": (post("Content-Length: -1") + b"{}", {400}),
    "a length beyond 64 bit": (post("Content-Length: 99999999999999999999999999"), {400}),
    "an unknown coding": (post("Transfer-Encoding: xchunked"), {400}),
    "chunked, but not last": (post("Transfer-Encoding: chunked, identity"), {400}),
    "a chunk size that is none": (post("Transfer-Encoding: chunked\r\nConnection: close") + b"zz\r\n", {400}),
    "a space before the colon": (GET.replace(b"Host:", b"Host :"), {400}),
    "a folded header": (GET.replace(b"Host: localhost", b"Host: localhost\r\nX-A: b\r\n c"), {200, 400}),
    "a bare line feed": (GET.replace(b"\r\n", b"\n"), {200, 400}),
    "NUL in a header": (GET.replace(b"Host: localhost", b"Host: localhost\0y"), {400}),
    "NUL in the path": (GET.replace(b"/partijen", b"/partijen\0"), {400}),
    "NUL in the path, encoded": (GET.replace(b"/partijen", b"/partijen%00"), {404}),
    "NUL in a value": (GET.replace(b"/partijen", b"/partijen?nummer=%00"), {400}),
    "bad percent-encoding in the path": (GET.replace(b"/partijen", b"/%zz%c3%28"), {404}),
    "bad percent-encoding in the query": (GET.replace(b"/partijen", b"/partijen?nummer=%zz%c3%28"), {400}),
    "raw bytes in the path": (GET.replace(b"/partijen", b"/parti\xffjen"), {400, 404}),
    "HTTP/1.0": (b"GET /api/kic/v1/partijen HTTP/1.0\r\n\r\n", {200}),
    "HTTP/0.9": (b"GET /api/kic/v1/partijen\r\n\r\n", {200, 400}),
    "HTTP/2 without asking": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "HTTP/9.9": (GET.replace(b"HTTP/1.1", b"HTTP/9.9"), {400}),
    "no host": (GET.replace(b"Host: localhost\r\n", b""), {400}),
    "two hosts": (GET.replace(b"Host: localhost", b"Host: localhost\r\nHost: y"), {400}),
    "an absolute target": (GET.replace(b"/api", b"http://elsewhere.example/api"), {200}),
    "an absolute target without a path": (GET.replace(b"/api/kic/v1/partijen", b"http://elsewhere"), {400}),
    "an asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", {400, 404}),
    "CONNECT": (b"CONNECT x:443 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", {400, 404, 405}),
    "TRACE": (GET.replace(b"GET", b"TRACE"), {405}),
    "a method of nobody": (GET.replace(b"GET", b"BREW"), {400, 405}),
    "a method in small letters": (GET.replace(b"GET", b"get"), {400}),
    "an upgrade": (
        GET.replace(b"Connection: close", b"Connection: close, Upgrade\r\nUpgrade: websocket"),
        {200},
    ),
    "an expectation": (post("Content-Length: 2\r\nConnection: close\r\nExpect: x") + b"{}", {201, 417}),
    "10,000 parameters": (GET.replace(b"/partijen", b"/partijen?" + b"&".join([b"a=1"] * 5_000)), {400}),
    "a very long parameter": (GET.replace(b"/partijen", b"/partijen?nummer=" + b"1" * 20_000), {400}),
    "a very long path": (GET.replace(b"/partijen", b"/a" * 10_000), {404}),
    "a URL beyond the bound": (GET.replace(b"/partijen", b"/" + b"a" * 60_000), {431}),
    "TLS": (bytes.fromhex("16030100a5010000a10303") + b"\x01" * 160, {400}),
    "noise": (bytes(range(256)) * 8, {400}),
}


@pytest.mark.server
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_requests(server: Server, shape: str) -> None:
    """No shape of a request leads to a 5xx or smuggles a second request in, and the next client is served."""
    request, allowed = SHAPES[shape]
    answer = exchange(server, request)
    assert len(statuses(answer)) == 1, answer[:300]
    assert set(statuses(answer)) <= allowed, answer[:300]
    other_client_is_served(server)
