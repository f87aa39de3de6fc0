"""``postgresql:`` URLs: ``postgresql://user:password@host:port/database?…``.

Beside what libpq knows (``sslmode``, ``connect_timeout``, …) the URL may hold what ``Options`` has.
"""

from __future__ import annotations

from dataclasses import fields
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from gateway_core.errors import StoreError
from gateway_core.store.open import Durability
from gateway_core.store.postgresql.connections import Options
from gateway_core.store.postgresql.store import PostgresqlStore

_HINT = "Write postgresql://user:password@host:5432/database."


def open_url(url: str, *, durability: Durability) -> PostgresqlStore:
    """Open the database that the URL names; its tables are made when absent."""
    parts = urlsplit(url)
    names = {each.name for each in fields(Options)} - {"flush"}
    given = parse_qsl(parts.query, keep_blank_values=True)
    own = {name: _number(name, value) for name, value in given if name in names}
    rest = urlencode([(name, value) for name, value in given if name not in names])
    try:
        target = conninfo_to_dict(urlunsplit(parts._replace(query=rest)))
    except psycopg.Error:
        # The cause would repeat the URL, and with it the password.
        known = ", ".join(sorted(names))
        hint = f"{_HINT} Parameters are those of libpq and {known}."
        raise StoreError("The URL of the store cannot be read.", hint=hint) from None
    if "dbname" not in target:
        raise StoreError("The URL of the store names no database.", hint=_HINT)
    return PostgresqlStore(target, Options(flush=durability == "full", **own))


def _number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 100_000:
        raise StoreError(f"The parameter {name} in the URL of the store is no number from 1 on.", hint=_HINT)
    return int(text)
