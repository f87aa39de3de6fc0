"""Who may talk to a gateway that asks for no credentials: this machine, and its own pages.

A browser on this machine can be sent here by any page of the web: by a name that the page's
owner makes lead to the loopback address, or by a form. Both show in the headers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from gateway_core.catalog.endpoints import ErrorShape
from gateway_core.errors import Forbidden
from gateway_core.web.dialects import error_response

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

SAYS_WHERE: Final = frozenset({b"host", b"origin"})
KNOWN: Final = 64  # pairs of a Host and an Origin that are remembered
LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")


class LoopbackOnly:
    """Stands before an application and answers 403 to what was not meant for this machine.

    ``Host``, which every browser sends, must be a name of the loopback address, with any port.
    ``Origin``, where it is sent, must be the one that the request goes to, or one of ``origins``.
    """

    def __init__(self, application: Application, origins: tuple[str, ...] = ()) -> None:
        self._application = application
        self._origins = frozenset(origins)
        # Clients are few, and say the same with each request.
        self._judged = lru_cache(KNOWN)(self._judge)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = None
        if scope["type"] == "http":
            said = tuple((name, value) for name, value in scope["headers"] if name in SAYS_WHERE)
            refused = self._judged(scope["scheme"], said)
        if refused is None:
            await self._application(scope, receive, send)
            return
        answer = error_response(refused, ErrorShape.PROBLEM, "", "")
        length = (b"content-length", str(len(answer.body)).encode("ascii"))
        headers = [*answer.headers, length]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body if scope["method"] != "HEAD" else b""})

    def _judge(self, scheme: str, said: tuple[tuple[bytes, bytes], ...]) -> Forbidden | None:
        hosts, origins = _values(said, b"host"), _values(said, b"origin")
        if not all(map(_is_loopback, hosts)):
            return Forbidden(
                "a demonstration answers on this machine only, and the Host header names another",
                hint=f"Use http://localhost or http://127.0.0.1, or serve without --demo. "
                f"The names are: {', '.join(LOOPBACK)}.",
            )
        own = {f"{scheme}://{host}".lower() for host in hosts}
        if any(origin.lower() not in own and origin not in self._origins for origin in origins):
            return Forbidden(
                "a demonstration answers its own pages only, and the Origin header names another site",
                hint="GATEWAY_CORS_ORIGINS may name that site, or serve without --demo.",
            )
        return None


def _values(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in headers if name == wanted]


def _is_loopback(host: str) -> bool:
    name, colon, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not colon:
        name = host
    return name.lower() in LOOPBACK and (not colon or (port.isascii() and port.isdigit()))
