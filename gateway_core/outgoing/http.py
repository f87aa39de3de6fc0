"""The client: one request over HTTP, to an address that was checked, within bounds."""

from __future__ import annotations

import asyncio
import re
import socket
import zlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from gateway_core.errors import UpstreamError, UpstreamForbidden, UpstreamTimeout
from gateway_core.outgoing.addresses import Allowed
from gateway_core.outgoing.encryption import Contexts
from gateway_core.outgoing.protocol import Answer, Bounds, Request

_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_BAD_VALUE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BAD_URL: Final = re.compile(r"[\x00-\x20\x7f\\]")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_CHUNK: Final = 65_536
_PORTS: Final = {"http": 80, "https": 443}


class _ForbiddenAddress(OSError):
    """The name of a host led to an address that may not be reached."""


class HttpClient:
    """Sends requests of one event loop; made inside it.

    Addresses are checked where the connection is made, on the address really connected to: neither
    names that lead inside nor addresses in odd spellings get past. There are no cookies, no proxies of the
    environment, no credentials in URLs, and no redirects to other hosts.
    """

    def __init__(self, allowed: Allowed, resolver: AbstractResolver | None = None) -> None:
        self._allowed = allowed
        self._contexts = Contexts()
        self._guarded = _session(self._checked_socket, resolver)
        # For hosts that the administrator lists by name: wherever the name leads is right.
        self._trusting = _session(None, resolver)

    async def send(self, request: Request) -> Answer:
        """Send it, and follow redirects on the same host where the bounds have some.

        Raises as ``Outgoing`` says.
        """
        try:
            async with asyncio.timeout(request.bounds.total):
                return await self._follow(request)
        except (TimeoutError, aiohttp.ServerTimeoutError):
            raise UpstreamTimeout("the other system did not answer in time", cause=_place(request)) from None
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, _ForbiddenAddress):
                raise _forbidden(request) from None
            raise UpstreamError("the other system cannot be reached", cause=_cause(request, error)) from None
        except aiohttp.InvalidURL:
            raise _forbidden(request) from None
        except (aiohttp.ClientError, ConnectionError, ValueError) as error:
            raise UpstreamError(
                "the other system gave no answer that can be read", cause=_cause(request, error)
            ) from None

    async def close(self) -> None:
        await self._guarded.close()
        await self._trusting.close()

    def _checked_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        host, port = str(address[0]), int(address[1])
        if not self._allowed.permits(host, port):
            raise _ForbiddenAddress("the address may not be reached")
        return socket.socket(family=family, type=kind, proto=protocol)

    async def _follow(self, request: Request) -> Answer:
        home = checked(request.url)
        url = request.url
        for _ in range(request.bounds.redirects + 1):
            answer = await self._once(request, url)
            target = answer.header("location")
            followed = answer.status in _REDIRECTS and request.method in ("GET", "HEAD") and target
            if not followed or not request.bounds.redirects:
                return answer
            url = urljoin(url, target)
            if _origin(checked(url)) != _origin(home):
                raise UpstreamError("the other system redirects to another host", cause=_place(request))
        raise UpstreamError("the other system redirects without an end", cause=_place(request))

    async def _once(self, request: Request, url: str) -> Answer:
        parts = checked(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        session = self._trusting if self._allowed.names(host, port) else self._guarded
        async with session.request(
            request.method,
            URL(url, encoded=url.isascii()),
            headers={"Accept-Encoding": "gzip", **_headers(request.headers)},
            data=request.body,
            allow_redirects=False,
            ssl=self._contexts.of(request.identity),
            timeout=aiohttp.ClientTimeout(total=None, connect=request.bounds.connect),
        ) as response:
            body = await _read(response, request.bounds)
            headers = tuple((name.lower(), value) for name, value in response.headers.items())
            return Answer(response.status, headers, body)


def checked(url: str) -> SplitResult:
    """The parts of a URL that may be called. Raises ``UpstreamForbidden``."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UpstreamForbidden("the address of the other system cannot be read") from None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        raise UpstreamForbidden("the address of the other system is none of http or https")
    if _BAD_URL.search(url) or "@" in parts.netloc:
        raise UpstreamForbidden("the address of the other system holds what an address may not")
    return parts


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or _PORTS[parts.scheme]


def _session(
    factory: aiohttp.SocketFactoryType | None, resolver: AbstractResolver | None
) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        socket_factory=factory,
        resolver=resolver,
        limit=100,
        limit_per_host=20,
        use_dns_cache=False,
        keepalive_timeout=15,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        skip_auto_headers=("User-Agent",),
        headers={"User-Agent": "schema-gateway"},
        read_bufsize=_CHUNK,
    )


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or _BAD_VALUE.search(value):
            raise UpstreamError("a header for the other system holds a character that a header may not")
    return dict(headers)


async def _read(response: aiohttp.ClientResponse, bounds: Bounds) -> bytes:
    """The whole body, unpacked; both forms of it are bounded."""
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip", "x-gzip", "deflate"):
        raise UpstreamError("the other system packs its answer in a way that is not known here")
    unpacker = None if packing == "identity" else zlib.decompressobj(wbits=47)
    chunks: list[bytes] = []
    received = size = 0
    async for chunk in response.content.iter_chunked(_CHUNK):
        received += len(chunk)
        plain = chunk
        if unpacker is not None:
            try:
                plain = unpacker.decompress(chunk, bounds.answer - size + 1)
            except zlib.error:
                raise UpstreamError("the other system sent a packed answer that is broken") from None
        size += len(plain)
        if max(size, received) > bounds.answer:
            raise UpstreamError(f"the other system sent more than {bounds.answer} bytes")
        chunks.append(plain)
    if unpacker is not None and received and not unpacker.eof:
        raise UpstreamError("the other system sent a packed answer that is broken")
    return b"".join(chunks)


def _forbidden(request: Request) -> UpstreamForbidden:
    return UpstreamForbidden(
        "the other system is at an address that may not be called",
        cause=f"{_place(request)}: places inside the own network are listed in GATEWAY_OUTGOING_ALLOW",
    )


def _cause(request: Request, error: Exception) -> str:
    """For the log: the place, and what went wrong in one word. Texts of errors may repeat the URL."""
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return f"{_place(request)}: {type(inner).__name__}"


def _place(request: Request) -> str:
    """Host and port of a request, which are configuration."""
    parts = urlsplit(request.url)
    return f"{parts.hostname}:{parts.port or _PORTS.get(parts.scheme, 0)}"
