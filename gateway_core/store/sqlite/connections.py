"""Connections to one database file: their settings, a pool for reading, the numbered migrations."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from gateway_core.errors import NotAtOnce, StoreError
from gateway_core.query.patterns import Matchers

CACHED_STATEMENTS = 512
BRIEF = 40_000  # steps of the virtual machine: some milliseconds
COUNTED = 5_000
JOURNAL_PAGES = 4000  # so often the journal is written back: less often than by default, for speed
JOURNAL_BYTES = 64 * 1024 * 1024  # a journal that a burst made larger is cut to this afterwards


class Connections:
    """Opens connections to ``path`` (a file, or the URI of a shared database in memory)."""

    def __init__(self, path: str, *, synchronous: str, busy_seconds: float) -> None:
        self.path = path
        self._synchronous = synchronous
        self._busy_seconds = busy_seconds
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False
        self._of_thread = threading.local()

    def open(self) -> sqlite3.Connection:
        """A new connection in autocommit mode, usable from any one thread at a time."""
        connection = sqlite3.connect(
            self.path,
            timeout=self._busy_seconds,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=CACHED_STATEMENTS,
            uri=self.path.startswith("file:"),
        )
        try:
            connection.create_function("casefold", 1, _casefold, deterministic=True)
            connection.create_function("has_match", 2, Matchers().matches, deterministic=True)
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {JOURNAL_PAGES}")
            connection.execute(f"PRAGMA journal_size_limit = {JOURNAL_BYTES}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection whose statements all see the same state.

        Whatever else the thread reads meanwhile goes through it and sees that state too.
        """
        held = getattr(self._of_thread, "connection", None)
        if held is not None:
            yield held
            return
        connection = self.take()
        try:
            connection.execute("BEGIN")
            self._of_thread.connection = connection
            yield connection
        finally:
            self._of_thread.connection = None
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self.give(connection)

    def take(self) -> sqlite3.Connection:
        """A connection for reading; hand it back with ``give``."""
        held: sqlite3.Connection | None = getattr(self._of_thread, "connection", None)
        if held is not None:
            return held
        try:
            return self._idle.pop()
        except IndexError:
            if self._closed:
                raise StoreError(f"The store {self.path} is closed.") from None
            return self.open()

    def give(self, connection: sqlite3.Connection) -> None:
        if getattr(self._of_thread, "connection", None) is connection:
            return
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()


@contextlib.contextmanager
def briefly(connection: sqlite3.Connection) -> Iterator[None]:
    """Interrupt what takes more than ``BRIEF`` steps of SQLite's machine in all; raises ``NotAtOnce``."""
    left = BRIEF

    def count() -> bool:
        nonlocal left
        left -= COUNTED
        return left <= 0

    connection.set_progress_handler(count, COUNTED)
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise NotAtOnce from None
        raise
    finally:
        connection.set_progress_handler(None, 0)


def _casefold(text: str | None) -> str | None:
    return text.casefold() if isinstance(text, str) else None


def create_file(path: Path) -> None:
    """Have the file, readable for its owner only from the first moment."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def patiently(connection: sqlite3.Connection, statement: str, busy_seconds: float) -> None:
    """Execute a statement that needs a lock; waits for other processes, ``busy_seconds`` or so."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            # SQLite itself waits, but not where it suspects a deadlock or recovers a journal.
            busy = error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
            if not busy or time.monotonic() >= deadline:
                raise
            time.sleep(0.005)
        else:
            return


def migrate(connection: sqlite3.Connection, busy_seconds: float, place: str) -> None:
    """Bring the schema up to date; ``user_version`` is the number of the last migration."""
    migrations = _migrations()
    newest = max(migrations)
    if _version(connection) < newest:
        patiently(connection, "PRAGMA journal_mode = WAL", busy_seconds)
        patiently(connection, "BEGIN IMMEDIATE", busy_seconds)
        try:
            for number in range(_version(connection) + 1, newest + 1):
                for statement in _statements(migrations[number]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    if _version(connection) > newest:
        raise StoreError(
            f"The store {place} was written by a newer version of this program.",
            hint="Upgrade the program, or give the path of another file.",
        )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrations() -> dict[int, str]:
    folder = resources.files(__package__).joinpath("migrations")
    scripts = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return {int(entry.name.removesuffix(".sql")): entry.read_text(encoding="utf-8") for entry in scripts}


def _statements(script: str) -> Iterator[str]:
    """The statements of a script (``executescript`` would commit between them)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
