"""The log of calls to sources: one JSON object a line, without anything that was sent or answered."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from gateway_core.outgoing.protocol import CallSeen


class CallLog:
    """Writes to a descriptor, each line whole, so that threads and processes may share it."""

    def __init__(self, descriptor: int, now: Callable[[], datetime]) -> None:
        self._descriptor, self._now = descriptor, now

    def __call__(self, seen: CallSeen) -> None:
        line: dict[str, Any] = {
            "time": self._now(),
            "call": seen.source,
            "method": seen.method,
            "status": seen.status,
            "ms": round(seen.seconds * 1000, 1),
            "attempts": seen.attempts,
        }
        if seen.fault:
            line["fault"] = seen.fault
        with contextlib.suppress(OSError):  # a log that cannot be written stops nobody
            os.write(self._descriptor, orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
