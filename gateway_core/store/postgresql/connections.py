"""A pool of connections to one database, their settings, and snapshots."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg_pool import ConnectionPool

from gateway_core.store.postgresql.failures import lost

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@dataclass(frozen=True, slots=True)
class Options:
    """Limits, in connections and seconds.

    ``pool_size``: most connections of this process; ``pool_wait``: for one of them;
    ``statement_timeout`` and ``lock_timeout``: how long PostgreSQL works on one statement and
    waits for one lock; ``retry``: how long a change that is known not to have been made is
    tried again. ``flush``: an acknowledged write is on disk.
    """

    pool_size: int = 16
    pool_wait: int = 5
    statement_timeout: int = 30
    lock_timeout: int = 5
    retry: int = 10
    flush: bool = True


class Connections:
    """Lends connections in autocommit mode. ``target`` holds the parameters of libpq."""

    def __init__(self, target: Mapping[str, Any], options: Options) -> None:
        self._settings = _settings(target, options)
        self._options = options
        self._of_thread = threading.local()
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            kwargs={**self._settings, "autocommit": True},
            min_size=0,
            max_size=options.pool_size,
            timeout=options.pool_wait,
            reconnect_timeout=options.pool_wait,
            max_idle=300,
            configure=_configure,
            reset=_reset,
            open=False,
            name="gateway",
        )

    def open(self) -> None:
        # The driver logs errors in PostgreSQL's words, which may quote rows.
        logging.getLogger("psycopg").setLevel(logging.CRITICAL)
        self._pool.open()

    def close(self) -> None:
        self._pool.close()

    def apart(self) -> Connection:
        """A new connection outside the pool, without limits of time: for maintenance, which may have
        to wait for the longest transaction that reads."""
        options = f"{self._settings.get('options', '')} -c statement_timeout=0 -c lock_timeout=0"
        connection = psycopg.connect(**{**self._settings, "options": options}, autocommit=True)
        _configure(connection)
        return connection

    @property
    def held(self) -> Connection | None:
        """The connection of this thread's snapshot."""
        held: Connection | None = getattr(self._of_thread, "connection", None)
        return held

    @contextlib.contextmanager
    def lent(self) -> Iterator[Connection]:
        """A connection for the moment; one that broke does not come back."""
        connection = self._pool.getconn()
        try:
            yield connection
        finally:
            self._pool.putconn(connection)

    def mend(self) -> None:
        """Throw out idle connections that are broken: after a restart of the server all are."""
        self._pool.check()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection whose statements all see the same state; whatever else the thread reads
        meanwhile goes through it."""
        if self.held is not None:
            yield self.held
            return
        connection = self._beginning()
        self._of_thread.connection = connection
        try:
            yield connection
        finally:
            self._of_thread.connection = None
            if not connection.closed:
                with contextlib.suppress(psycopg.Error):
                    connection.execute("ROLLBACK")
            self._pool.putconn(connection)

    def _beginning(self) -> Connection:
        """A connection in a transaction that reads; one that proves to be broken is replaced."""
        deadline = time.monotonic() + self._options.retry
        while True:
            connection = self._pool.getconn()
            try:
                connection.execute(BEGIN_READING)
            except BaseException as error:
                again = isinstance(error, psycopg.Error) and lost(error, connection)
                self._pool.putconn(connection)
                if not again or time.monotonic() > deadline:
                    raise
                self.mend()
            else:
                return connection


class _DecimalDumper(Dumper):
    """A float as the decimal that its text says: PostgreSQL would cut a double to 15 digits."""

    oid = psycopg.adapters.types["numeric"].oid

    def dump(self, obj: float) -> Buffer:
        return repr(obj).encode()


def _configure(connection: Connection) -> None:
    connection.adapters.register_dumper(float, _DecimalDumper)


def _reset(connection: Connection) -> None:
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.execute("ROLLBACK")


def _settings(target: Mapping[str, Any], options: Options) -> dict[str, Any]:
    limits = {
        "statement_timeout": options.statement_timeout * 1000,
        "lock_timeout": options.lock_timeout * 1000,
        "idle_in_transaction_session_timeout": 600_000,  # an export may have a slow reader
        "jit": "off",  # a long condition takes longer to compile than most requests to answer
        # Starting workers takes longer than most requests, and other requests want those processors.
        "max_parallel_workers_per_gather": "0",
    }
    flags = [f"-c {name}={value}" for name, value in limits.items()]
    if not options.flush:
        flags.append("-c synchronous_commit=off")
    defaults = {
        "connect_timeout": 5,
        "application_name": "gateway",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,  # milliseconds that something sent may stay unacknowledged
        "client_encoding": "UTF8",
    }
    return {**defaults, **target, "options": " ".join([*flags, str(target.get("options") or "")]).strip()}
