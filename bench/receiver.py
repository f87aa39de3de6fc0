"""A subscriber that counts what it is told."""

from __future__ import annotations

from typing import Any

_seen = [0]


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    status, body = 204, b""
    if scope["path"] == "/count":
        status, body = 200, str(_seen[0]).encode()
    else:
        _seen[0] += 1
    headers = [(b"content-length", str(len(body)).encode())] if body else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
