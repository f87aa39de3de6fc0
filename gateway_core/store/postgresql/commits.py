"""Transactions that are tried again where that is safe, and found out about where it is not."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import psycopg
from psycopg_pool import PoolTimeout

from gateway_core.errors import OutcomeUnknown, VersionConflict
from gateway_core.store.postgresql.connections import Connection, Connections
from gateway_core.store.postgresql.failures import NOT_APPLIED, lost, store_error

T = TypeVar("T")
LONGEST_PAUSE = 0.5
_RANDOM = secrets.SystemRandom()


class _Again(Exception):
    """The attempt did not succeed, and another one may."""

    def __init__(self, error: psycopg.Error) -> None:
        super().__init__()
        self.error = error


class Commits:
    """Runs work in transactions; ``patience`` is in seconds, ``place`` names the store."""

    def __init__(self, connections: Connections, *, patience: float, place: str) -> None:
        self._connections, self._patience, self._place = connections, patience, place

    def run(self, work: Callable[[Connection], T], was_made: Callable[[Connection, T], bool | None]) -> T:
        """Do the work in a transaction, which it begins itself, and return its result once that is
        committed.

        What PostgreSQL rolled back (a deadlock, say), and what was lost with its connection before
        the commit, is done again. When a connection is lost while it commits, ``was_made`` tells
        whether the result is there (None: that cannot be told, and ``OutcomeUnknown`` says so).
        """
        attempt = _Attempt(self._connections, self._place, work, was_made)
        deadline, pause = time.monotonic() + self._patience, 0.01
        while True:
            try:
                return attempt.run()
            except _Again as again:
                if time.monotonic() > deadline:
                    raise attempt.failure(again.error) from None
                time.sleep(_RANDOM.uniform(pause / 2, pause))
                pause = min(2 * pause, LONGEST_PAUSE)

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads: within the thread's snapshot, or, done again as long as its
        connection is lost, on a connection of its own."""
        held = self._connections.held
        if held is not None:
            return work(held)
        deadline = time.monotonic() + self._patience
        while True:
            with self._connections.lent() as connection:
                try:
                    return work(connection)
                except psycopg.Error as error:
                    again = lost(error, connection) and time.monotonic() < deadline
                    if not again:
                        raise
                finally:
                    _roll_back(connection)
            self._connections.mend()


class _Attempt(Generic[T]):
    """One piece of work, tried once or more often."""

    def __init__(
        self,
        connections: Connections,
        place: str,
        work: Callable[[Connection], T],
        was_made: Callable[[Connection, T], bool | None],
    ) -> None:
        self._connections, self._place, self._work, self._was_made = connections, place, work, was_made
        self._unsure: list[T] = []

    def run(self) -> T:
        try:
            with self._connections.lent() as connection:
                try:
                    return self._found_out(connection) if self._unsure else self._once(connection)
                except psycopg.Error as error:
                    if lost(error, connection) or error.sqlstate in NOT_APPLIED:
                        raise _Again(error) from None
                    raise
                finally:
                    _roll_back(connection)
        except PoolTimeout as error:
            if self._unsure:
                raise _Again(error) from None
            raise
        except _Again as again:
            if again.error.sqlstate not in NOT_APPLIED:
                self._connections.mend()
            raise

    def failure(self, error: psycopg.Error) -> Exception:
        """What to raise when there is no more time."""
        return self._unknown() if self._unsure else store_error(error, self._place)

    def _once(self, connection: Connection) -> T:
        result = self._work(connection)
        try:
            connection.execute("COMMIT")
        except psycopg.Error as error:
            if lost(error, connection):
                self._unsure.append(result)
            raise
        return result

    def _found_out(self, connection: Connection) -> T:
        result = self._unsure[-1]
        if self._made(connection, result):
            return result
        try:
            return self._once(connection)
        except VersionConflict:
            # The first attempt may have been under way still: its locks made the second one wait.
            _roll_back(connection)
            if self._made(connection, result):
                return result
            raise

    def _made(self, connection: Connection, result: T) -> bool:
        made = self._was_made(connection, result)
        if made is None:
            raise self._unknown()
        return made

    def _unknown(self) -> OutcomeUnknown:
        detail = "The connection to the store broke off: whether the change was made is unknown."
        return OutcomeUnknown(detail, hint="Read the object again before trying once more.")


def _roll_back(connection: Connection) -> None:
    if not connection.closed:
        with contextlib.suppress(psycopg.Error):
            if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                connection.execute("ROLLBACK")
