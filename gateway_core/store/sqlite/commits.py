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

from gateway_core.errors import StoreError
from gateway_core.store.sqlite.connections import patiently
from gateway_core.store.sqlite.failures import store_error

T = TypeVar("T")
MAX_GROUP = 64


class _Job(Generic[T]):
    """A piece of work and the gate at which its caller waits."""

    __slots__ = ("error", "gate", "leads", "result", "work")

    def __init__(self, work: Callable[[sqlite3.Connection], T]) -> None:
        self.work = work
        self.result: T
        self.error: BaseException | None = None
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
        self._ended = threading.Event()

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
        """Refuse further work, wait for what is under way, and close the connection."""
        with self._mutex:
            self._closed = True
            if not self._busy:
                self._end()
        self._ended.wait()

    def _end(self) -> None:
        self._connection.close()
        self._ended.set()

    # -- who leads

    def _enter(self, job: _Job[Any]) -> None:
        with self._mutex:
            if self._closed:
                raise StoreError(f"The store {self._place} is closed.")
            self._waiting.append(job)
            if self._busy:
                job.gate.acquire()  # opened by the leader: the job is done, or leads the next group
            else:
                self._busy = job.leads = True

    def _leave(self, job: _Job[Any]) -> None:
        """The caller was interrupted while it waited: nobody may wait for it."""
        with self._mutex:
            if job in self._waiting:
                self._waiting.remove(job)
        if job.leads:
            self._pass_on()

    def _lead(self, job: _Job[Any]) -> None:
        with self._mutex:
            group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
        try:
            self._commit(group)
        finally:
            for other in group:
                if other is not job:
                    other.gate.release()
            self._pass_on()

    def _pass_on(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].gate.release()
            else:
                self._busy = False
                if self._closed:
                    self._end()

    # -- the transaction

    def _commit(self, group: list[_Job[Any]]) -> None:
        """Commit the group as one; when that fails as a whole, each of it alone."""
        try:
            patiently(self._connection, "BEGIN IMMEDIATE", self._busy_seconds)
            if len(group) == 1:
                self._alone(group[0])
                return
            for job in group:
                self._isolated(job)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            self._retry(group, error)
        except BaseException as error:
            self._roll_back()
            _fail(group, error)
            raise

    def _alone(self, job: _Job[Any]) -> None:
        """The whole transaction is the job's: it needs no savepoint."""
        try:
            job.result = job.work(self._connection)
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 - raised where the caller waits
            job.error = error
            self._connection.execute("ROLLBACK")
        else:
            self._connection.execute("COMMIT")

    def _isolated(self, job: _Job[Any]) -> None:
        connection = self._connection
        connection.execute("SAVEPOINT job")
        try:
            job.result = job.work(connection)
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 - raised where the caller waits
            job.error = error
            connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")

    def _retry(self, group: list[_Job[Any]], error: sqlite3.Error) -> None:
        locked = error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
        if len(group) == 1 or locked:
            _fail(group, store_error(error, self._place))
            return
        for job in group:
            job.error = None
            self._commit([job])

    def _roll_back(self) -> None:
        # A full disk may have made SQLite roll back already.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _fail(group: list[_Job[Any]], error: BaseException) -> None:
    for job in group:
        job.error = error
