"""Group commit: changes that wait at the same time share one transaction, and so one flush to disk.

There is no thread of its own: of the callers that wait, one is the leader and writes for
all (a caller that is alone writes without any hand-over). The next leader is chosen when a
group is done. Each piece of work is isolated by a savepoint: what fails takes nothing else
with it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from gateway_core.errors import GatewayError, StoreError
from gateway_core.store.sqlite.connections import begin
from gateway_core.store.sqlite.failures import store_error

T = TypeVar("T")
MAX_GROUP = 64


class _Job(Generic[T]):
    """A piece of work and the gate at which its caller waits."""

    __slots__ = ("done", "error", "gate", "leads", "result", "work")

    def __init__(self, work: Callable[[sqlite3.Connection], T]) -> None:
        self.work = work
        self.result: T
        self.error: BaseException | None = None
        self.done = False
        self.leads = False
        self.gate = threading.Lock()


class Commits:
    """Runs work on the one connection that writes."""

    def __init__(self, connection: sqlite3.Connection, *, busy_seconds: float, place: str) -> None:
        self._connection = connection
        self._busy_seconds = busy_seconds
        self._place = place
        self._mutex = threading.Lock()
        self._waiting: list[_Job[Any]] = []
        self._busy = False
        self._closed = False

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the work in a transaction and return its result once that is committed.

        Raises what the work raises (its writes are undone), or ``StoreError``.
        """
        job = _Job(work)
        self._enter(job)
        if not job.leads:
            try:
                job.gate.acquire()
            except BaseException:
                self._leave(job)
                raise
        if job.leads:
            self._lead(job)
        if job.error is not None:
            raise job.error
        return job.result

    def close(self) -> None:
        """Refuse further work, wait for what runs, and close the connection."""
        with self._mutex:
            self._closed = True
            busy = self._busy
        if busy:
            self._drain()
        self._connection.close()
