"""The schema of the database: numbered migrations, done by one process while others may serve.

``NUMBER.sql`` may begin with a line ``-- oldest: N``: the oldest migration whose program can still
work with the result. Without it that is the one before: a program of the last release goes on
serving while a newer one starts.
"""

from __future__ import annotations

import re
from importlib import resources

from psycopg import sql

from gateway_core.errors import StoreError
from gateway_core.store.postgresql import texts
from gateway_core.store.postgresql.connections import Connection
from gateway_core.store.postgresql.dialect import FOLD, fold_definition

LOCK = 7_305_515_001
"""The advisory lock of who changes the schema. (Any number; the next ones are in ``indexes``.)"""

_STATE = "SELECT coalesce(max(number), 0), coalesce(max(oldest), 0) FROM migration"
_OLDEST = re.compile(r"-- oldest: (\d+)")


def migrate(connection: Connection, place: str) -> None:
    """Bring the schema up to date, or raise ``StoreError`` when the database is too new, or not ours."""
    if _encoding(connection) != "UTF8":
        hint = "Create one with: createdb --encoding UTF8 --template template0 NAME"
        raise StoreError(f"The database of the store {place} is not encoded in UTF-8.", hint=hint)
    migrations = _migrations()
    if _done(connection, place, max(migrations)):
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migration (number bigint PRIMARY KEY, oldest bigint NOT NULL)"
        )
        row = connection.execute(_STATE).fetchone() or (0, 0)
        for number in range(row[0] + 1, max(migrations) + 1):
            connection.execute(sql.SQL(migrations[number]))
            found = _OLDEST.match(migrations[number])
            oldest = int(found[1]) if found else max(number - 1, 1)
            connection.execute("INSERT INTO migration (number, oldest) VALUES (%s, %s)", (number, oldest))
        connection.execute(sql.SQL(fold_definition()))
        connection.execute(sql.SQL(texts.definition(FOLD)))


def _done(connection: Connection, place: str, newest: int) -> bool:
    """Whether there is nothing to do; asked first, so that a user without the right to may serve."""
    found = connection.execute(
        "SELECT to_regclass('migration') IS NOT NULL, to_regprocedure(%s) IS NOT NULL", (f"{FOLD}(text)",)
    ).fetchone()
    if found is None or not found[0]:
        return False
    number, oldest = connection.execute(_STATE).fetchone() or (0, 0)
    if oldest > newest:
        hint = "Upgrade the program, or give the name of another database."
        raise StoreError(f"The store {place} was written by a newer version of this program.", hint=hint)
    return bool(found[1]) and number >= newest


def _encoding(connection: Connection) -> str:
    row = connection.execute("SELECT getdatabaseencoding()").fetchone()
    return str(row[0]) if row else ""


def _migrations() -> dict[int, str]:
    folder = resources.files(__package__).joinpath("migrations")
    scripts = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return {int(entry.name.removesuffix(".sql")): entry.read_text(encoding="utf-8") for entry in scripts}
