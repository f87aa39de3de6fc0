"""A PostgreSQL server of our own, from installed binaries, for tests to use and to mistreat."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from gateway_process import free_port

TABLES = "object, history, link, counter, index_spec, text_index, order_index, term, sequence"
TABLES += (
    ", unique_spec, claim, installation, earlier, artifact, application, event, delivery, dead_letter, lease"
)
START_SECONDS = 60


class NoPostgresql(Exception):
    """There are no binaries, and they could not be installed."""


@dataclass
class PostgresqlServer:
    """A cluster in a folder of its own, on a loopback port, run by a user without privileges.

    ``durable``: with fsync, as where it matters that it was killed.
    """

    durable: bool = False
    port: int = field(default_factory=free_port)
    folder: Path = field(init=False)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gateway-postgresql-"))
        self._binaries = binaries()
        self._user = _unprivileged()
        if self._user is not None:
            shutil.chown(self.folder, self._user)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://gateway@127.0.0.1:{self.port}/{database}"

    def create(self) -> PostgresqlServer:
        """Make the cluster and start it."""
        command = ["initdb", "-D", str(self.folder / "data"), "-U", "gateway", "-A", "trust", "-E", "UTF8"]
        self._run([*command, "--locale", "C.UTF-8", "--no-sync"])
        return self.start()

    def start(self) -> PostgresqlServer:
        """Start the server and wait until it answers."""
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "on" if self.durable else "off",
            "max_connections": 100,
            "log_statement": "none",
        }
        flags = [flag for name, value in options.items() for flag in ("-c", f"{name}={value}")]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self.folder / "data", *flags],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=self._user,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.Error:
                time.sleep(0.05)
            else:
                return self
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'server.log').read_text()[-4000:]}")

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """SIGQUIT is an immediate shutdown (as after a crash), SIGINT a fast one."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    def database(self, name: str) -> str:
        """The URL of a new, empty database."""
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def _run(self, command: list[str]) -> None:
        command[0] = str(self._binaries / command[0])
        done = subprocess.run(command, cwd=self.folder, user=self._user, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed:\n{done.stderr.decode()}")


def emptied(url: str) -> str:
    """The same URL, when whatever a store kept there is gone."""
    with psycopg.connect(url, autocommit=True, options="-c lock_timeout=20s") as connection:
        found = connection.execute("SELECT to_regclass('object') IS NOT NULL").fetchone()
        if found == (True,):
            names = connection.execute(
                "SELECT relname FROM pg_class"
                " WHERE relkind = 'i' AND relname ~ '^(member|order|texts)_[0-9a-f]{16}$'"
            ).fetchall()
            for (name,) in names:
                connection.execute(f'DROP INDEX "{name}"')
            connection.execute(f"TRUNCATE {TABLES} RESTART IDENTITY")
            connection.execute("UPDATE revision SET value = 0")
    return url


def binaries() -> Path:
    """The folder that holds ``postgres`` and ``initdb``; they are installed where that is possible."""
    found = _installed()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-q", "postgresql"], check=False, capture_output=True)
        found = _installed()
    if found is None:
        raise NoPostgresql(
            "the binaries of a PostgreSQL server (initdb, postgres) are neither on PATH nor in "
            "/usr/lib/postgresql; install the package postgresql"
        )
    return found


def _installed() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent, *folders] if on_path else folders
    whole = [each for each in folders if (each / "initdb").exists() and (each / "postgres").exists()]
    return whole[-1] if whole else None


def _unprivileged() -> str | None:
    """The user to run as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NoPostgresql("there is no user without privileges to run PostgreSQL as")


StartPostgresql = Callable[..., PostgresqlServer]
