"""The log of requests: one JSON object a line, without anything that a client sent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from gateway_core.errors import StoreError, UpstreamError
from gateway_core.web.asgi import Observation

LOG_SECONDS = 0.2
LOG_LINES = 16  # some 3 kB: below what a pipe takes as a whole (PIPE_BUF)


class AccessLog:
    """One JSON object a line, written whole, so that processes may share the descriptor.

    It holds nothing that a client sent: no id, query, body or message. (The logging module
    would cost as much as reading an object does.) Lines are written together, at the latest
    after ``LOG_SECONDS``; a fault at once, with all that came before it.
    """

    def __init__(self, descriptor: int, now: Callable[[], datetime]) -> None:
        self._descriptor, self._now = descriptor, now
        self._lines: list[bytes] = []

    def __call__(self, seen: Observation) -> None:
        line: dict[str, Any] = {
            "time": self._now(),
            "method": seen.method,
            "route": seen.route,
            "status": seen.status,
            "ms": round(seen.seconds * 1000, 1),
            "application": seen.application,
            "request": seen.request_id,
        }
        if seen.fault is not None:
            line["fault"] = type(seen.fault).__name__
            if isinstance(seen.fault, StoreError):  # its words are ours: the store, and what ails it
                line["detail"] = seen.fault.detail
            if isinstance(seen.fault, UpstreamError):  # as are these: the source, its host and port
                line["detail"] = f"{seen.fault.detail} ({seen.fault.cause})".removesuffix(" ()")
            line["trace"] = [
                f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(seen.fault.__traceback__)
            ]
        self._lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        if seen.fault is not None or len(self._lines) >= LOG_LINES:
            self.flush()
        elif len(self._lines) == 1:
            asyncio.get_running_loop().call_later(LOG_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what waits. A log that cannot be written stops nobody."""
        lines, self._lines = self._lines, []
        if lines:
            with contextlib.suppress(OSError):
                os.write(self._descriptor, b"".join(lines))
