"""The client for other systems, against real servers that behave and that do not."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
import stub_server
from aiohttp.abc import AbstractResolver, ResolveResult
from stub_server import Heard, Said, always, serving

from gateway_core.errors import UpstreamError, UpstreamForbidden, UpstreamTimeout
from gateway_core.outgoing.addresses import Allowed
from gateway_core.outgoing.http import HttpClient
from gateway_core.outgoing.protocol import Bounds, Request
from gateway_core.outgoing.thread import OutgoingThread

BRIEF = Bounds(connect=1.0, total=1.0, answer=10_000, redirects=2)


class Names(AbstractResolver):
    """A resolver of tests: each name leads to the addresses that are said, in turn."""

    def __init__(self, **names: list[str]) -> None:
        self.names = {name.replace("_", "."): list(found) for name, found in names.items()}

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        found = self.names[host]
        address = found.pop(0) if len(found) > 1 else found[0]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)]

    async def close(self) -> None:
        pass


def client(allow: str = "", **names: list[str]) -> OutgoingThread:
    resolver = Names(**names) if names else None
    return OutgoingThread(lambda: HttpClient(Allowed.parse(allow), resolver))


@pytest.fixture
def stub() -> Iterator[stub_server.Stub]:
    with serving(always(200, {"fine": True})) as server:
        yield server


@pytest.fixture
def outgoing(stub: stub_server.Stub) -> Iterator[OutgoingThread]:
    made = client(f"127.0.0.1:{stub.port}")
    yield made
    made.close()


class TestSending:
    def test_a_request_arrives_and_its_answer_comes_back(
        self, stub: stub_server.Stub, outgoing: OutgoingThread
    ) -> None:
        """Method, path, headers and body arrive; status, headers and body come back."""
        stub.script = always(201, {"made": 1}, X_Other="yes")
        answer = outgoing.send(Request("POST", f"{stub.url}/a%2Fb?c=d%20e", {"X-One": "1"}, b"hello"))
        (heard,) = stub.heard
        assert (heard.method, heard.path, heard.body) == ("POST", "/a%2Fb?c=d%20e", b"hello")
        assert heard.headers["x-one"] == "1"
        assert "cookie" not in heard.headers
        assert (answer.status, answer.body, answer.header("x-other")) == (201, b'{"made":1}', "yes")

    def test_a_loop_may_send_too(self, stub: stub_server.Stub, outgoing: OutgoingThread) -> None:
        """The asynchronous face answers the same, many at a time."""

        async def many() -> list[int]:
            sent = [outgoing.send_async(Request("GET", f"{stub.url}/{n}")) for n in range(20)]
            return [answer.status for answer in await asyncio.gather(*sent)]

        assert asyncio.run(many()) == [200] * 20
        assert len(stub.heard) == 20

    def test_cookies_are_not_kept(self, stub: stub_server.Stub, outgoing: OutgoingThread) -> None:
        """A cookie that a server sets is not sent back to it."""
        stub.script = always(200, {}, Set_Cookie="session=1")
        for _ in range(2):
            outgoing.send(Request("GET", stub.url))
        assert "cookie" not in stub.heard[1].headers

    def test_a_packed_answer_is_unpacked(self, stub: stub_server.Stub, outgoing: OutgoingThread) -> None:
        """Gzip is asked for and read."""
        stub.script = always(200, gzip.compress(b"plain"), Content_Encoding="gzip")
        assert outgoing.send(Request("GET", stub.url)).body == b"plain"
        assert stub.heard[0].headers["accept-encoding"] == "gzip"

    def test_nothing_is_sent_after_the_end(self, stub: stub_server.Stub) -> None:
        """Once closed, a call is an error of ours."""
        made = client(f"127.0.0.1:{stub.port}")
        made.send(Request("GET", stub.url))
        made.close()
        with pytest.raises(UpstreamError, match="stopping"):
            made.send(Request("GET", stub.url))

    def test_a_header_cannot_smuggle_another(self, stub: stub_server.Stub, outgoing: OutgoingThread) -> None:
        """A line break in a header is refused before anything is sent."""
        for headers in ({"X": "a\r\nY: b"}, {"X\nY": "a"}, {"X": "a\0"}):
            with pytest.raises(UpstreamError, match="header"):
                outgoing.send(Request("GET", stub.url, headers))
        assert stub.connections == 0


LITERALS = [
    "http://127.0.0.1",
    "http://127.1",
    "http://2130706433",
    "http://0x7f000001",
    "http://0177.0.0.1",
    "http://0",
    "http://0.0.0.0",
    "http://[::1]",
    "http://[::]",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]",
    "http://[64:ff9b::7f00:1]",
    "http://localhost",
    "http://LOCALHOST.",
    "http://127.0.0.1.",
    "http://①②⑦.0.0.1",
]


class TestPlaces:
    @pytest.mark.parametrize("url", LITERALS)
    def test_this_machine_is_not_reached_in_any_spelling(self, url: str, stub: stub_server.Stub) -> None:
        """No spelling of the loopback address gets a connection to what listens there."""
        made = client()
        try:
            with pytest.raises(UpstreamError):
                made.send(Request("GET", f"{url}:{stub.port}/", bounds=BRIEF))
        finally:
            made.close()
        assert stub.connections == 0

    @pytest.mark.parametrize(
        "url",
        [
            "file:///etc/passwd",
            "ftp://example.org/",
            "gopher://127.0.0.1/",
            "//127.0.0.1/",
            "http:///x",
            "http://user:secret@example.org/",
            "http://example.org\\@127.0.0.1/",
            "http://example.org/\r\nX: y",
            "http://exam ple.org/",
            "http://[::1/",
            "http://example.org:0/",
            "http://example.org:99999/",
        ],
    )
    def test_what_is_no_plain_web_address_is_refused(self, url: str) -> None:
        """Other schemes, credentials and odd characters in an address are refused without a connection."""
        made = client()
        try:
            with pytest.raises(UpstreamForbidden):
                made.send(Request("GET", url, bounds=BRIEF))
        finally:
            made.close()

    @pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "::1"])
    def test_a_name_that_leads_inside_is_not_followed(self, address: str, stub: stub_server.Stub) -> None:
        """What counts is the address that a name leads to."""
        made = client(api_example_org=[address])
        try:
            with pytest.raises(UpstreamForbidden, match="may not be called"):
                made.send(Request("GET", f"http://api.example.org:{stub.port}/", bounds=BRIEF))
        finally:
            made.close()
        assert stub.connections == 0

    def test_a_name_that_changes_its_mind_is_not_followed(self, stub: stub_server.Stub) -> None:
        """A name that leads outside first and inside then is checked at each connection."""
        made = client(api_example_org=["203.0.113.1", "127.0.0.1"])
        try:
            for _ in range(2):
                with pytest.raises(UpstreamForbidden):
                    made.send(Request("GET", f"http://api.example.org:{stub.port}/", bounds=BRIEF))
        finally:
            made.close()
        assert stub.connections == 0

    def test_a_host_that_is_listed_by_name_is_reached(self, stub: stub_server.Stub) -> None:
        """A host may be listed by name, for one port; another name of the same machine stays closed."""
        made = client(f"intranet:{stub.port}", intranet=["127.0.0.1"], other=["127.0.0.1"])
        try:
            assert made.send(Request("GET", f"http://intranet:{stub.port}/")).status == 200
            with pytest.raises(UpstreamForbidden):
                made.send(Request("GET", f"http://other:{stub.port}/"))
        finally:
            made.close()

    def test_proxies_of_the_environment_are_not_asked(
        self, stub: stub_server.Stub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A proxy in the environment would connect to anything for us: it is passed over."""
        monkeypatch.setenv("http_proxy", stub.url)
        made = client(f"127.0.0.1:{stub.port}")
        try:
            with pytest.raises(UpstreamForbidden):
                made.send(Request("GET", "http://127.0.0.2/", bounds=BRIEF))
        finally:
            made.close()
        assert stub.connections == 0


class TestRedirects:
    def test_on_the_same_host_they_are_followed(
        self, stub: stub_server.Stub, outgoing: OutgoingThread
    ) -> None:
        """A redirect to another path is followed, as often as the bounds say."""

        def script(heard: Heard) -> Said:
            return Said(302, headers={"Location": "/there"}) if heard.path == "/" else Said(200, {"path": 1})

        stub.script = script
        assert outgoing.send(Request("GET", f"{stub.url}/", bounds=BRIEF)).body == b'{"path":1}'

    def test_without_an_end_they_are_an_error(self, stub: stub_server.Stub, outgoing: OutgoingThread) -> None:
        """A ring of redirects ends where the bounds say."""
        stub.script = always(302, None, Location="/")
        with pytest.raises(UpstreamError, match="without an end"):
            outgoing.send(Request("GET", f"{stub.url}/", bounds=BRIEF))
        assert len(stub.heard) == 3

    @pytest.mark.parametrize(
        "target", ["http://127.0.0.1:1/", "https://127.0.0.1/", "http://169.254.169.254/"]
    )
    def test_to_another_host_they_are_refused(
        self, target: str, stub: stub_server.Stub, outgoing: OutgoingThread
    ) -> None:
        """Another host, port or scheme is not followed: credentials were meant for the configured one."""
        stub.script = always(302, None, Location=target)
        with pytest.raises(UpstreamError, match="another host"):
            outgoing.send(Request("GET", f"{stub.url}/", bounds=BRIEF))

    def test_without_bounds_they_are_an_answer(
        self, stub: stub_server.Stub, outgoing: OutgoingThread
    ) -> None:
        """Who asks for no redirects gets the answer as it is."""
        stub.script = always(307, None, Location="http://127.0.0.1:1/")
        assert outgoing.send(Request("POST", stub.url, body=b"x")).status == 307


def _wait(_: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
    stopping.wait(30)


def _drip(handler: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    while not stopping.wait(0.05):
        handler.wfile.write(b"x")


def _drip_headers(handler: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not stopping.wait(0.05):
        handler.wfile.write(b"x")


def _huge(handler: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not stopping.is_set():
        handler.wfile.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")


def _bomb(handler: BaseHTTPRequestHandler, _: threading.Event) -> None:
    packed = gzip.compress(bytes(50_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    handler.wfile.write(head.encode() + packed)


def _short(handler: BaseHTTPRequestHandler, _: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")


def _nonsense(handler: BaseHTTPRequestHandler, _: threading.Event) -> None:
    handler.wfile.write(b"\x00\x01\x02 not http\r\n\r\n")


def _silence(handler: BaseHTTPRequestHandler, _: threading.Event) -> None:
    handler.wfile.flush()


def _long_header(handler: BaseHTTPRequestHandler, _: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n")


def _many_headers(handler: BaseHTTPRequestHandler, _: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000 + b"\r\n")


def _broken_packing(handler: BaseHTTPRequestHandler, _: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain")


def _unknown_packing(handler: BaseHTTPRequestHandler, _: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 5\r\n\r\nplain")


class TestFaults:
    @pytest.mark.parametrize(
        ("wire", "error"),
        [
            (_wait, UpstreamTimeout),
            (_drip, UpstreamTimeout),
            (_drip_headers, UpstreamTimeout),
            (_huge, UpstreamError),
            (_bomb, UpstreamError),
            (_short, UpstreamError),
            (_nonsense, UpstreamError),
            (_silence, UpstreamError),
            (_long_header, UpstreamError),
            (_many_headers, UpstreamError),
            (_broken_packing, UpstreamError),
            (_unknown_packing, UpstreamError),
        ],
    )
    def test_a_server_that_misbehaves_is_an_error(
        self, wire: object, error: type[UpstreamError], stub: stub_server.Stub, outgoing: OutgoingThread
    ) -> None:
        """Slow, dripping, huge, broken off and nonsensical answers each end in an error of the family."""
        stub.script = lambda _: Said(wire=wire)
        with pytest.raises(UpstreamError) as caught:
            outgoing.send(Request("GET", f"{stub.url}/999993653", bounds=BRIEF))
        assert type(caught.value) is error
        assert "999993653" not in f"{caught.value} {caught.value.cause}"
        stub.script = always(200, {"fine": True})
        assert outgoing.send(Request("GET", stub.url)).status == 200

    def test_nobody_there_is_an_error(self) -> None:
        """A port where nobody listens cannot be reached."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            made = client("127.0.0.1")
            try:
                with pytest.raises(UpstreamError, match="cannot be reached") as caught:
                    made.send(Request("GET", f"http://127.0.0.1:{port}/", bounds=BRIEF))
            finally:
                made.close()
        assert type(caught.value) is UpstreamError


def test_nothing_that_is_printed_tells_what_was_sent() -> None:
    """The values of a call print without address, headers and bodies: they end up in traces of faults."""
    request = Request("GET", "http://x/999993653", {"Authorization": "secret"}, b"999993653")
    assert repr(request) == "Request(GET)"
