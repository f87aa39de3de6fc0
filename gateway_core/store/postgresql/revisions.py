"""The revision of the configuration, told by NOTIFY instead of asked for again and again."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import psycopg

from gateway_core.store.postgresql.connections import Connection, Connections

CHANNEL = "gateway_configuration"
TRUST_SECONDS = 2.0
"""So long a revision is believed without a notification: one may be lost with its connection, and
some poolers and databases deliver none."""


class Revisions:
    """Answers the revision from memory for as long as nobody told of a change.

    ``read`` asks the database. Who changes configuration executes ``announce`` in the same
    transaction and calls ``forget`` after it.
    """

    def __init__(self, connections: Connections, read: Callable[[], int]) -> None:
        self._connections, self._read = connections, read
        self._mutex = threading.Lock()
        self._listening: Connection | None = None
        self._known: int | None = None
        self._asked = self._tried = float("-inf")
        self._closed = False

    def current(self) -> int:
        with self._mutex:
            now = time.monotonic()
            if self._told(now) or self._known is None or now - self._asked > TRUST_SECONDS:
                self._known = None
                self._known, self._asked = self._read(), now
            return self._known

    def forget(self) -> None:
        with self._mutex:
            self._known = None

    def close(self) -> None:
        with self._mutex:
            self._closed = True
            self._drop()

    def _told(self, now: float) -> bool:
        """Whether the revision may have changed since it was last asked for."""
        if self._listening is None:
            if not self._closed and now - self._tried > TRUST_SECONDS:
                self._tried = now
                self._listen()
            return True
        try:
            return any(True for _ in self._listening.notifies(timeout=0))
        except psycopg.Error:
            self._drop()
            return True

    def _listen(self) -> None:
        try:
            self._listening = self._connections.apart()
            self._listening.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error:
            self._drop()

    def _drop(self) -> None:
        if self._listening is not None:
            with contextlib.suppress(psycopg.Error):
                self._listening.close()
            self._listening = None


def announce(connection: Connection) -> None:
    """Count the change and tell it to all who listen, when the transaction commits."""
    connection.execute("UPDATE revision SET value = value + 1 WHERE name = 'configuration'")
    connection.execute(f"SELECT pg_notify('{CHANNEL}', '')")
