"""What PostgreSQL reports → errors of ours in clear words.

PostgreSQL's own text is never repeated, nor kept as a cause: it may quote values of a document.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout

from gateway_core.errors import BadRequest, GatewayError, StoreError

NOT_APPLIED = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: the transaction was rolled back, and may be tried again."""

# By the beginning of the SQLSTATE; the first that fits.
_CAUSES = (
    ("55P03", "is busy: a lock was not to be had in time", "Try again."),
    ("57014", "took too long and was stopped", "Try again, or ask for less."),
    ("57P", "is being stopped or started", "Try again in a moment."),
    ("53100", "cannot grow: the disk is full", "Free some space; nothing was half written."),
    ("53", "has no resources left", "Look at its memory and its number of connections."),
    ("28", "refuses the credentials", "Check the user and the password in the URL of the store."),
    ("3D000", "does not exist", "Create the database, or give the name of another."),
    ("42501", "does not allow this to its user", "Let the user own the database or its schema."),
    ("25006", "is read-only", "Give the address of the primary server."),
    ("XX", "is damaged", "Restore it from a backup."),
    ("40", "was busy with changes of others", "Try again."),
)
_TOO_LONG = ("54000", "54001")


def lost(error: psycopg.Error, connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    """Whether the connection is gone, and with it the answer to what was asked."""
    return connection.closed or (error.sqlstate or "").startswith(("57P", "08"))


def store_error(error: psycopg.Error, place: str) -> GatewayError:
    """The error in words; ``place`` names the store, without credentials."""
    state = error.sqlstate
    if isinstance(error, PoolClosed):
        return StoreError(f"The store {place} is closed.")
    if isinstance(error, PoolTimeout):
        return StoreError(f"The store {place} cannot be reached, or is busy.", hint="Try again in a moment.")
    if state is None and not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreError(f"The store {place} failed ({type(error).__name__}).")
    if state is None:
        return StoreError(f"The store {place} cannot be reached.", hint="Try again in a moment.")
    if state in _TOO_LONG:
        return BadRequest("The request holds an identifier that is too long to be kept.")
    for start, problem, hint in _CAUSES:
        if state.startswith(start):
            return StoreError(f"The store {place} {problem} ({state}).", hint=hint)
    return StoreError(f"The store {place} failed ({state}).")


@contextlib.contextmanager
def translated(place: str) -> Iterator[None]:
    """Raise what PostgreSQL reports inside as errors of ours."""
    try:
        yield
    except psycopg.Error as error:
        raise store_error(error, place) from None
    except UnicodeEncodeError:
        raise BadRequest("The request holds text that is not valid Unicode.") from None
