"""The generated endpoints without a server: requests to the ASGI application of an opened store."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway_core.app import context_of
from gateway_core.catalog.build import BuildSettings
from gateway_core.catalog.snapshot import Catalog
from gateway_core.operations.access import TokenSettings
from gateway_core.operations.install import Installed, install
from gateway_core.operations.live import Live
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Store
from gateway_core.types import Bundle
from gateway_core.web.asgi import ApiOptions, GatewayApi, Observation


@dataclass(frozen=True)
class Answer:
    """What came back. ``body`` is JSON, or None when there is none."""

    status: int
    headers: dict[str, str]
    body: Any


class InProcess:
    """A gateway on a store in memory that holds these bundles; ``demo`` asks for no credentials."""

    def __init__(self, bundles: Iterable[Bundle], *, demo: bool = True) -> None:
        self.store: Store = open_store("sqlite:///:memory:")
        self.installed: list[Installed] = [
            install(self.store, bundle, BuildSettings(), context_of) for bundle in bundles
        ]
        self.live = Live(self.store, BuildSettings(), TokenSettings())
        self.faults: list[BaseException] = []
        self._pool = ThreadPoolExecutor(2)
        self._runner = asyncio.Runner()
        self._api = GatewayApi(
            self.live,
            ApiOptions(demo=demo),
            self._pool,
            now=lambda: datetime.now(UTC),
            clock=time.monotonic,
            work_clock=time.thread_time,
            new_id=lambda: str(uuid.uuid4()),
            observe=self._observe,
        )

    @property
    def catalog(self) -> Catalog:
        return self.live.moment.catalog

    def close(self) -> None:
        self._runner.close()
        self._pool.shutdown()
        self.store.close()

    def _observe(self, seen: Observation) -> None:
        if seen.fault is not None:
            self.faults.append(seen.fault)

    def __call__(self, method: str, url: str, body: Any = None, **headers: str) -> Answer:
        """Send a request. Header names are written with underscores."""
        return self._runner.run(self._send(method, url, body, headers))

    async def _send(self, method: str, url: str, body: Any, headers: dict[str, str]) -> Answer:
        path, _, query = url.partition("?")
        sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        content = b"" if body is None else json.dumps(body).encode()
        if body is not None and "content_type" not in headers:
            sent.append((b"content-type", b"application/json"))
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "scheme": "http",
            "headers": [(b"host", b"gateway.test"), *sent],
        }
        messages: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        await self._api(scope, receive, send)
        start, end = messages
        known = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], known, json.loads(end["body"]) if end["body"] else None)
